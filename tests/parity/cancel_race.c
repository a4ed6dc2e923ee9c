/* SPDX-License-Identifier: MIT
 *
 * A thread that reads a byte is cancelled at the moment when the byte comes, 3,000 times: either it
 * returns with the byte, or it is cancelled and the byte is still there. (libc itself loses bytes
 * here, when the signal comes between the kernel's return and its own; so the program only runs
 * routed, and not bare.)
 */
#include "parity.h"

#include <sys/ioctl.h>

enum { ROUNDS = 3000 };

static int ends[2];
static int cleaned;

static void clean_up(void *unused)
{
    (void)unused;
    cleaned++;
}

static void *read_byte(void *unused)
{
    char byte;
    ssize_t got;
    (void)unused;
    pthread_cleanup_push(clean_up, NULL);
    got = read(ends[0], &byte, 1);
    pthread_cleanup_pop(0);
    return (void *)got;
}

static void wait_a_little(unsigned round)
{
    for (volatile unsigned i = 0; i < round * 7919 % 20000; i++)
        ;
}

int main(void)
{
    int returned = 0, cancelled = 0, lost = 0, extra = 0;
    truth_check(pipe(ends) == 0);
    for (unsigned i = 0; i < ROUNDS; i++) {
        void *result;
        int there = 0;
        pthread_t thread = parity_start(read_byte, NULL);
        wait_a_little(i * 3);
        if (i % 2)
            parity_raw(SYS_write, ends[1], (long)"x", 1, 0);
        pthread_cancel(thread);
        if (i % 2 == 0)
            parity_raw(SYS_write, ends[1], (long)"x", 1, 0);
        pthread_join(thread, &result);
        parity_raw(SYS_ioctl, ends[0], FIONREAD, (long)&there, 0);
        if (result == PTHREAD_CANCELED) {
            cancelled++;
            lost += there == 0;
        } else {
            returned++;
            extra += there != 0 || (long)result != 1;
        }
        if (there)
            parity_raw(SYS_read, ends[0], (long)&(char){0}, 1, 0);
    }
    printf("rounds %d, lost %d, extra %d, not cleaned up %d\n", returned + cancelled, lost, extra,
           cancelled - cleaned);
    return lost || extra || cancelled < 10;
}
