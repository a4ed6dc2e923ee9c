/* SPDX-License-Identifier: MIT
 *
 * A seccomp filter that ends the process at any system call that shunt would like to make. Nothing
 * of ours makes one: not here, not in threads that were there before, not in a child or the image
 * that it becomes.
 *
 *   sandboxed threads     the filter is put on all threads at once
 *   sandboxed one         ... on one thread of several
 *   sandboxed child       a fork child goes on under it
 *   sandboxed exec        another image is started under it
 *   sandboxed second      what is started
 */
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define READS 40

static const char *shape;
static int zero;
static pthread_barrier_t filtered;
static atomic_int finished;

#define KILL(number)                                   \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

/* What a C program with the loader of glibc 2.36 does not need. */
static void install(unsigned flags)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        KILL(SYS_madvise),
        KILL(SYS_fstat),
        KILL(SYS_readlink),
        KILL(SYS_prctl),
        KILL(SYS_getpid),
        KILL(SYS_gettid),
        KILL(SYS_sigaltstack),
        KILL(SYS_getsockopt),
        KILL(SYS_getpeername),
        KILL(SYS_getsockname),
        KILL(SYS_ftruncate),
        KILL(SYS_unlink),
        KILL(SYS_faccessat),
        KILL(SYS_fgetxattr),
        KILL(SYS_kill),
        KILL(SYS_fallocate),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    truth_check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    truth_check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) == 0);
}

static __attribute__((noinline)) void calls_before(void)
{
    char byte;
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
}

/* From places whose chains are new, and blocking. */
static __attribute__((noinline)) void calls_afterwards(void)
{
    struct timespec moment = {0, 500000};
    char byte;
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    truth_check(nanosleep(&moment, NULL) == 0);
}

/* Never ends: the end of a thread takes calls of libc's that the filter forbids. */
static void *make_calls(void *arg)
{
    calls_before();
    pthread_barrier_wait(&filtered);
    pthread_barrier_wait(&filtered);
    calls_afterwards();
    finished++;
    for (;;)
        pause();
    return arg;
}

static void with_threads(unsigned flags)
{
    struct timespec moment = {0, 1000000};
    pthread_t thread;
    pthread_barrier_init(&filtered, NULL, 4);
    for (int i = 0; i < 3; i++)
        truth_check(pthread_create(&thread, NULL, make_calls, NULL) == 0);
    pthread_barrier_wait(&filtered);
    install(flags);
    pthread_barrier_wait(&filtered);
    calls_afterwards();
    while (finished < 3)
        nanosleep(&moment, NULL);
}

static void in_child(void)
{
    int status = -1;
    install(0);
    pid_t child = fork();
    if (child == 0) {
        calls_before();
        calls_afterwards();
        _exit(3);
    }
    truth_check(waitpid(child, &status, 0) == child && WIFEXITED(status));
}

static void in_image(void)
{
    char self[256] = "";
    int status = -1;
    truth_check(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    install(0);
    pid_t child = vfork();
    if (child == 0)
        _exit(execl(self, self, "second", (char *)NULL));
    truth_check(waitpid(child, &status, 0) == child && WIFEXITED(status));
    fflush(stdout);
    (void)!system("exit 4"); /* whatever a shell makes of it */
}

int main(int argc, char **argv)
{
    shape = argc > 1 ? argv[1] : "threads";
    zero = open("/dev/zero", O_RDONLY);
    calls_before();
    if (!strcmp(shape, "second")) {
        puts("second");
        return 3;
    }
    truth_expect("calls read >= %d", READS);
    truth_expect("losses >= 0");
    truth_expect("traces == 1");
    fflush(stdout);
    if (!strcmp(shape, "child"))
        in_child();
    else if (!strcmp(shape, "exec"))
        in_image();
    else
        with_threads(strcmp(shape, "one") ? SECCOMP_FILTER_FLAG_TSYNC : 0);
    puts("alive");
    fflush(stdout);
    _exit(0);
}
