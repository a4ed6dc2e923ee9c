/* SPDX-License-Identifier: MIT
 *
 * A program that limits itself while it runs has as much room under the limit as bare: mappings of
 * ours that count against it become small.
 *
 *   limits_set as | as_by_prlimit | data     memory, then threads and blocks that fit bare
 *   limits_set nofile | nproc                another fd or task of ours would be one too many
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define READS   50
#define THREADS 8
#define NOBODY  65534
#define ROOM    (24u << 20)

static pthread_barrier_t all;
static int zero;

static void *make_calls(void *arg)
{
    char byte;
    struct timespec moment = {0, 200000};
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    truth_check(nanosleep(&moment, NULL) == 0);
    if (arg)
        pthread_barrier_wait(&all);
    return arg;
}

static void run_threads(void)
{
    pthread_t threads[THREADS];
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64u << 10);
    pthread_barrier_init(&all, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], &attr, make_calls, &all) != 0) {
            printf("wrong: no room for thread %d\n", i);
            exit(1);
        }
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_join(threads[i], NULL) == 0);
}

/* What is mapped here beyond ours is under 8 MB; the block and the threads fit into the rest. */
static void use_memory(void)
{
    run_threads();
    void *block = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    printf("a block of %u: %s\n", ROOM, block == MAP_FAILED ? strerrorname_np(errno) : "there");
    run_threads();
}

static void limit_memory(const char *what)
{
    struct rlimit most = {40u << 20, 40u << 20};
    if (!strcmp(what, "as"))
        truth_check(setrlimit(RLIMIT_AS, &most) == 0);
    else if (!strcmp(what, "as_by_prlimit"))
        truth_check(prlimit(0, RLIMIT_AS, &most, NULL) == 0);
    else {
        most.rlim_cur = most.rlim_max = ROOM + (4u << 20);
        truth_check(setrlimit(RLIMIT_DATA, &most) == 0);
    }
}

static void use_up_fds(void)
{
    struct rlimit few = {8, 8};
    int first = dup(0), last = -1;
    truth_check(setrlimit(RLIMIT_NOFILE, &few) == 0);
    for (int fd; (fd = open("/dev/null", O_RDONLY)) >= 0;)
        last = fd;
    printf("from %d to %d, then %s\n", first, last, strerrorname_np(errno));
    run_threads();
}

/* Two tasks for this user: this one, and one child. */
static void use_up_tasks(void)
{
    struct rlimit two = {2, 2};
    pthread_t thread;
    if (geteuid() != 0)
        truth_skip("needs root to drop");
    truth_check(setrlimit(RLIMIT_NPROC, &two) == 0);
    truth_check(setgid(NOBODY + 3) == 0 && setuid(NOBODY + 3) == 0);
    int error = pthread_create(&thread, NULL, make_calls, NULL);
    printf("a thread: %s\n", error ? strerrorname_np(error) : "started");
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(make_calls(NULL) != NULL);
        printf("child: %s\n", child < 0 ? strerrorname_np(errno) : "started");
        if (child > 0)
            waitpid(child, NULL, 0);
        if (!error)
            pthread_join(thread, NULL);
        error = 1;
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "as";
    zero = open("/dev/zero", O_RDONLY);
    make_calls(NULL);
    if (!strcmp(what, "nofile"))
        use_up_fds();
    else if (!strcmp(what, "nproc"))
        use_up_tasks();
    else {
        limit_memory(what);
        use_memory();
    }
    fflush(stdout);
    truth_expect("kept read >= %d", READS);
    truth_expect("losses >= 0");
    return 0;
}
