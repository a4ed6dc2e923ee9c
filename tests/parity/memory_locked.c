/* SPDX-License-Identifier: MIT
 *
 * A program that locks all its memory, present and future. What it may lock is not used up by
 * mappings of ours, which are sparse and must stay so; calls of old and new threads are counted.
 *
 *   memory_locked root      without a limit: nothing of ours becomes resident for it
 *   memory_locked limited   as another user, within the limit that systems come with
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mappings.h"
#include "truth.h"

#define THREADS 4
#define READS   100
#define LIMIT   (8u << 20) /* Linux since 5.16 */
#define NOBODY  65534

static int zero;

static void *make_calls(void *arg)
{
    char byte;
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    return arg;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64u << 10);
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_create(&threads[i], &attr, make_calls, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_join(threads[i], NULL) == 0);
}

static void limit(void)
{
    struct rlimit most = {LIMIT, LIMIT};
    if (geteuid() != 0)
        truth_skip("needs root to drop");
    truth_check(setrlimit(RLIMIT_MEMLOCK, &most) == 0);
    truth_check(setresuid(NOBODY, NOBODY, NOBODY) == 0);
}

int main(int argc, char **argv)
{
    zero = open("/dev/zero", O_RDONLY);
    make_calls(NULL);
    if (argc > 1 && !strcmp(argv[1], "limited"))
        limit();
    else if (geteuid() != 0)
        truth_skip("needs root to lock without a limit");
    truth_check(mlockall(MCL_CURRENT | MCL_FUTURE) == 0);
    make_calls(NULL);
    run_threads();
    truth_check(mappings_resident() <= 4096);
    void *more = mmap(NULL, 1u << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    truth_check(more != MAP_FAILED);
    truth_check(munlockall() == 0);
    run_threads();
    truth_expect("calls read == %d", READS * (2 + 2 * THREADS));
    return 0;
}
