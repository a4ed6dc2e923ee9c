/* SPDX-License-Identifier: MIT
 *
 * Threads that read what another wrote, and know what they must get, while somebody replaces the
 * policy: ends with 0 when a file says so and no read went wrong. Prints the number of reads.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THREADS = 3, SIZE = 256 };

static int file, over;
static long reads[THREADS], wrong;

static void *work(void *data)
{
    long *count = data;
    while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
        unsigned char byte = 0;
        unsigned at = (unsigned)(*count * 31) % SIZE;
        if (pread(file, &byte, 1, at) != 1 || byte != at)
            __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
        ++*count;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread[THREADS];
    long all = 0;
    struct stat st;
    if (argc != 3 || (file = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600)) < 0)
        return 2;
    for (unsigned i = 0; i < SIZE; i++)
        if (write(file, &(unsigned char){(unsigned char)i}, 1) != 1)
            return 2;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, work, &reads[i]) != 0)
            return 2;
    while (stat(argv[2], &st) != 0)
        usleep(1000);
    __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        all += reads[i];
    }
    printf("%ld\n", all);
    return wrong != 0;
}
