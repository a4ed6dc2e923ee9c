/* SPDX-License-Identifier: MIT
 *
 * For builds with a sanitizer: threads that read and block and share nothing wrongly; `sanitized
 * overflow` lets read write past a block, which AddressSanitizer reports.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 8
#define READS   200

static int zero;

static void *make_calls(void *arg)
{
    char *block = malloc(64);
    for (int i = 0; i < READS; i++)
        if (read(zero, block, 64) != 64)
            abort();
    usleep(300);
    free(block);
    return arg;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    zero = open("/dev/zero", O_RDONLY);
    if (argc > 1 && !strcmp(argv[1], "overflow")) {
        volatile size_t too_many = 20; /* the compiler need not see it */
        char *block = malloc(10);
        printf("%zd\n", read(zero, block, too_many));
        free(block);
    }
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, make_calls, NULL) != 0)
            return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    puts("done");
    return 3;
}
