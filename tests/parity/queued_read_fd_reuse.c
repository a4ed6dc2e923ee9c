/* SPDX-License-Identifier: MIT
 *
 * A thread reads from a descriptor; another closes it meanwhile and gets the number again for
 * another pipe. The read began with the first pipe and gets the first pipe's byte. A read that is
 * still queued when the number changes hands gets the other's.
 */

#include "parity.h"

#define BUSY 16 /* threads that wait in reads: more than a small pool has workers */

static int busy[BUSY][2];
static int subject;

static void *wait_for_byte(void *fd)
{
    char byte;
    truth_check(read(*(int *)fd, &byte, 1) == 1);
    return NULL;
}

static void *read_subject(void *unused)
{
    char byte = '-';
    (void)unused;
    long result = read(subject, &byte, 1);
    parity_say("read", result);
    printf("byte: %c\n", byte);
    return NULL;
}

int main(void)
{
    pthread_t threads[BUSY];
    int first[2], second[2];
    truth_check(pipe(first) == 0 && pipe(second) == 0);
    for (int i = 0; i < BUSY; i++) {
        truth_check(pipe(busy[i]) == 0);
        threads[i] = parity_start(wait_for_byte, &busy[i][0]);
    }
    subject = first[0];
    truth_check(parity_raw(SYS_dup, subject, 0, 0, 0) >
                0); /* nobody's, lest the writer gets SIGPIPE */
    pthread_t reader = parity_start(read_subject, NULL);
    parity_await(SYS_read, subject);
    truth_check(parity_raw(SYS_dup2, second[0], subject, 0, 0) == subject);
    truth_check(parity_raw(SYS_write, second[1], (long)"2", 1, 0) == 1);
    truth_check(parity_raw(SYS_write, first[1], (long)"1", 1, 0) == 1);
    for (int i = 0; i < BUSY; i++)
        truth_check(parity_raw(SYS_write, busy[i][1], (long)"x", 1, 0) == 1);
    pthread_join(reader, NULL);
    for (int i = 0; i < BUSY; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
