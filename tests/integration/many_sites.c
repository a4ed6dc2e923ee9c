/* SPDX-License-Identifier: MIT
 *
 * Calls read from a great many chains, by random recursion through sixteen functions, on several
 * threads: more than a small trace has room for. Prints what it read.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS 6
#define PATHS   20000

static int zero;

static long go(uint64_t path, int depth);

#define BRANCH(n)                                                              \
    static long __attribute__((noinline)) branch_##n(uint64_t path, int depth) \
    {                                                                          \
        long sum = go(path >> 4, depth - 1);                                   \
        __asm__ volatile("");                                                  \
        return sum + n;                                                        \
    }
BRANCH(0)
BRANCH(1)
BRANCH(2)
BRANCH(3)
BRANCH(4)
BRANCH(5)
BRANCH(6)
BRANCH(7)
BRANCH(8)
BRANCH(9)
BRANCH(10)
BRANCH(11)
BRANCH(12)
BRANCH(13)
BRANCH(14)
BRANCH(15)
#undef BRANCH

static long (*const branches[])(uint64_t, int) = {
    branch_0, branch_1, branch_2,  branch_3,  branch_4,  branch_5,  branch_6,  branch_7,
    branch_8, branch_9, branch_10, branch_11, branch_12, branch_13, branch_14, branch_15};

static long __attribute__((noinline)) go(uint64_t path, int depth)
{
    char byte;
    if (depth == 0)
        return read(zero, &byte, 1);
    return branches[path & 15](path, depth);
}

static void *work(void *arg)
{
    uint64_t state = (uint64_t)(uintptr_t)arg * 0x9e3779b97f4a7c15ull + 1;
    long sum = 0;
    for (int i = 0; i < PATHS; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        sum += go(state >> 20, 8);
    }
    return (void *)(intptr_t)sum;
}

int main(void)
{
    pthread_t threads[THREADS];
    long sum = 0;
    zero = open("/dev/zero", O_RDONLY);
    for (uintptr_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
            return 1;
    for (int i = 0; i < THREADS; i++) {
        void *one;
        pthread_join(threads[i], &one);
        sum += (long)(intptr_t)one;
    }
    printf("%ld\n", sum);
    return zero < 0;
}
