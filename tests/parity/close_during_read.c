/* SPDX-License-Identifier: MIT
 *
 * A descriptor is closed by one thread while another reads from it: the read goes on and gets its
 * byte, and the next one says EBADF.
 */

#include "parity.h"

static int ends[2];

static void *read_both(void *unused)
{
    char byte = '-';
    (void)unused;
    parity_say("read", read(ends[0], &byte, 1));
    printf("byte: %c\n", byte);
    parity_say("read after close", read(ends[0], &byte, 1));
    return NULL;
}

int main(void)
{
    truth_check(pipe(ends) == 0);
    pthread_t reader = parity_start(read_both, NULL);
    truth_check(parity_await(SYS_read, ends[0]));
    truth_check(close(ends[0]) == 0);
    truth_check(write(ends[1], "x", 1) == 1);
    pthread_join(reader, NULL);
    return 0;
}
