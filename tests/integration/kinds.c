/* SPDX-License-Identifier: MIT
 *
 * Two kinds of threads that make the same call through the same function: 3 copiers that read 100
 * times each, 2 scanners that read 70 times each, and the first thread reads 10 times.
 */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum {
    COPIERS = 3,
    COPIES = 100,
    SCANNERS = 2,
    SCANS = 70,
    OWN = 10,
    THREADS = COPIERS + SCANNERS
};

static int file, wrong;

__attribute__((noinline)) static void fetch(int times)
{
    char byte;
    for (int i = 0; i < times; i++)
        if (pread(file, &byte, 1, 0) != 1)
            __atomic_store_n(&wrong, 1, __ATOMIC_RELAXED);
}

__attribute__((noinline)) static void *copier(void *unused)
{
    fetch(COPIES);
    return unused;
}

__attribute__((noinline)) static void *scanner(void *unused)
{
    fetch(SCANS);
    return unused;
}

int main(void)
{
    pthread_t thread[THREADS];
    if ((file = open("/proc/self/exe", O_RDONLY)) < 0)
        return 2;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, i < COPIERS ? copier : scanner, NULL) != 0)
            return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    fetch(OWN);
    return wrong;
}
