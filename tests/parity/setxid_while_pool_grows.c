/* SPDX-License-Identifier: MIT
 *
 * setresuid again and again on one thread, while others make their first calls that wait: for each
 * of them a thread is made. libc's setuid holds the lock of the list of stacks until every thread
 * has answered its signal, and whoever makes a thread wants that lock.
 */
#include "parity.h"

enum { READERS = 60 };

static int ends[READERS][2];
static int stop;

static void *change_user(void *unused)
{
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        truth_check(setresuid((uid_t)-1, (uid_t)-1, (uid_t)-1) == 0);
        parity_raw(SYS_sched_yield, 0, 0, 0, 0);
    }
    return NULL;
}

static void *read_one(void *fd)
{
    char byte;
    return (void *)(long)read(*(int *)fd, &byte, 1);
}

int main(void)
{
    pthread_t readers[READERS], changer = parity_start(change_user, NULL);
    long sum = 0;
    for (int i = 0; i < READERS; i++) {
        truth_check(pipe(ends[i]) == 0);
        readers[i] = parity_start(read_one, &ends[i][0]);
        parity_raw(SYS_sched_yield, 0, 0, 0, 0);
    }
    for (int i = 0; i < READERS; i++) {
        void *read_by_it;
        parity_raw(SYS_write, ends[i][1], (long)"x", 1, 0);
        pthread_join(readers[i], &read_by_it);
        sum += (long)read_by_it;
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    pthread_join(changer, NULL);
    parity_say("read", sum);
    return 0;
}
