/* SPDX-License-Identifier: MIT
 *
 * Many threads wait in reads, and the writes that would let them go are calls as well: with a bound
 * number of workers and a queue nobody ever gets on.
 *
 *   all_workers_blocked_writer_waits THREADS
 */
#include "parity.h"

#define MOST 400

static int pipes[MOST][2];
static pid_t reader[MOST];
static unsigned done;

static void *wait_for_byte(void *ends)
{
    char byte;
    long number = (int(*)[2])ends - pipes;
    __atomic_store_n(&reader[number], (pid_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
    if (read(pipes[number][0], &byte, 1) == 1)
        __atomic_fetch_add(&done, 1, __ATOMIC_RELAXED);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[MOST];
    int count = argc > 1 ? atoi(argv[1]) : 0;
    pthread_attr_t small;
    truth_check(count > 0 && count <= MOST);
    parity_warm_up();
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 << 10);
    for (int i = 0; i < count; i++) {
        truth_check(pipe(pipes[i]) == 0);
        truth_check(pthread_create(&threads[i], &small, wait_for_byte, &pipes[i]) == 0);
    }
    for (int i = 0; i < count; i++) {
        while (!__atomic_load_n(&reader[i], __ATOMIC_ACQUIRE))
            parity_pause();
        parity_await_sleep(reader[i]);
    }
    for (int i = 0; i < count; i++)
        truth_check(write(pipes[i][1], "x", 1) == 1);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("read: %u of %d\n", done, count);
    return 0;
}
