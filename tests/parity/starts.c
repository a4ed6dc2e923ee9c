/* SPDX-License-Identifier: MIT
 *
 * Starts another image under conditions that leave little room for help: it is started as bare, and
 * is either observed or recorded as a gap.
 *
 *   starts actions         posix_spawn that moves fds, changes directory, session and mask
 *   starts relative        by a path that begins in a directory that only the child enters
 *   starts small_stack     with a large environment, from a thread with the smallest stack
 *   starts no_environment  with a NULL environment
 *   starts proc_self_exe   by that name
 *   starts odd_name        with an argument list that begins with odd characters, or is a NULL
 *   starts daemon          two forks away, without fds, in another directory
 *   starts by_vfork        a child that shares memory and stack
 *   starts by_clone        ... by clone, on a stack of its own
 *   starts full_table      no fd is free
 *   starts unreadable      the image may be run and not read
 *   starts second          what is started
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

#define READS  10
#define LARGE  300
#define NOBODY 65534

extern char **environ;

static char self[256];
static char second[] = "second";
static char *arguments[] = {self, second, NULL};

static void read_times(int times)
{
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < times; i++)
        truth_check(read(zero, &byte, 1) == 1);
    close(zero);
}

static void await(pid_t child)
{
    int status = -1;
    truth_check(child > 0 && waitpid(child, &status, 0) == child);
    truth_check(WIFEXITED(status) && WEXITSTATUS(status) == 5);
}

static int be_second(int argc, char **argv)
{
    sigset_t blocked;
    char directory[256] = "";
    read_times(READS);
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    truth_check(getcwd(directory, sizeof directory) != NULL);
    printf("%d arguments, first %s, in %s, leader %d, blocks %d, fd 9 %d\n", argc, argv[0],
           strcmp(directory, "/") ? "." : "/", getsid(0) == getpid(),
           sigismember(&blocked, SIGUSR1), fcntl(9, F_GETFD));
    int entries = 0;
    for (char **entry = environ; *entry; entry++)
        entries++;
    printf("%d entries, last %s\n", entries, entries ? environ[entries - 1] : "none");
    return 5;
}

static void with_actions(void)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t mask;
    pid_t child = -1;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 9, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addchdir_np(&actions, "/");
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    char *environment[] = {"ONE=1", NULL};
    truth_check(posix_spawn(&child, self, &actions, &attributes, arguments, environment) == 0);
    await(child);
}

static void with_relative_path(void)
{
    posix_spawn_file_actions_t actions;
    pid_t child = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, "/");
    truth_check(posix_spawn(&child, self + 1, &actions, NULL, arguments, environ) == 0);
    await(child);
}

static void *in_small_thread(void *arg)
{
    pid_t child = -1;
    truth_check(posix_spawn(&child, self, NULL, NULL, arguments, arg) == 0);
    await(child);
    child = fork();
    if (child == 0)
        _exit(execve(self, arguments, arg));
    await(child);
    return NULL;
}

static void with_small_stack(void)
{
    static char *environment[LARGE + 1];
    pthread_t thread;
    pthread_attr_t attr;
    for (int i = 0; i < LARGE; i++)
        truth_check(asprintf(&environment[i], "VARIABLE_%d=some value of it", i) > 0);
    pthread_attr_init(&attr);
    truth_check(pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN) == 0);
    truth_check(pthread_create(&thread, &attr, in_small_thread, environment) == 0);
    pthread_join(thread, NULL);
}

static void without_environment(void)
{
    char **none = NULL;
    pid_t child = fork();
    if (child == 0)
        _exit(execve(self, arguments, none));
    await(child);
}

static void by_proc_self_exe(void)
{
    char *empty[] = {NULL};
    pid_t child = fork();
    if (child == 0)
        _exit(execve("/proc/self/exe", arguments, empty));
    await(child);
}

static void with_odd_names(void)
{
    static const char *const names[] = {"", "-rf *", "a/b\nc\001\t$(x) %s%n", ".."};
    char copy[] = "a name: with % and blanks";
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(execl(self, names[i], second, (char *)NULL));
        await(child);
    }
    truth_check(symlink(self, copy) == 0);
    pid_t child = fork();
    if (child == 0)
        _exit(execl(copy, copy, second, (char *)NULL));
    await(child);
    truth_check(unlink(copy) == 0);
}

static void by_daemon(void)
{
    int done[2];
    char byte;
    truth_check(pipe(done) == 0);
    pid_t child = fork();
    if (child == 0) {
        setsid();
        if (fork() != 0)
            _exit(5);
        truth_check(chdir("/") == 0);
        dup2(done[1], 1);
        closefrom(3);
        _exit(execl(self, self, second, (char *)NULL));
    }
    await(child);
    close(done[1]);
    while (read(done[0], &byte, 1) == 1)
        putchar(byte);
}

static void by_vfork(void)
{
    pid_t child = vfork();
    if (child == 0)
        _exit(execv(self, arguments));
    await(child);
}

static int replace(void *arg)
{
    return execv(self, arg);
}

static void by_clone(void)
{
    static char stack[64 << 10] __attribute__((aligned(16)));
    await(clone(replace, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, arguments));
}

static void with_full_table(void)
{
    struct rlimit few = {64, 64};
    truth_check(setrlimit(RLIMIT_NOFILE, &few) == 0);
    pid_t child = fork();
    if (child == 0) {
        while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
            ;
        _exit(execv(self, arguments));
    }
    await(child);
}

static void unreadable(void)
{
    char command[600];
    if (geteuid() != 0)
        truth_skip("needs root to drop");
    snprintf(command, sizeof command, "cp %s copy && chmod 711 . && chmod 111 copy", self);
    truth_check(system(command) == 0);
    pid_t child = fork();
    if (child == 0) {
        truth_check(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
        _exit(execl("./copy", self, second, (char *)NULL));
    }
    await(child);
    truth_check(unlink("copy") == 0);
}

static const struct way {
    const char *name;
    void (*start)(void);
    int images; /* observed, with one of this program */
    int gaps;
} ways[] = {
    {"actions", with_actions, 2, 0},
    {"relative", with_relative_path, 1, 1},
    {"small_stack", with_small_stack, 3, 0},
    {"no_environment", without_environment, 2, 0},
    {"proc_self_exe", by_proc_self_exe, 2, 0},
    {"odd_name", with_odd_names, 6, 0},
    {"daemon", by_daemon, 2, 0},
    {"by_vfork", by_vfork, 2, 0},
    {"by_clone", by_clone, 2, 0},
    {"full_table", with_full_table, 1, 1},
    {"unreadable", unreadable, 4, 1}, /* sh, cp and twice chmod: the last replaces sh */
};

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (!strcmp(name, second))
        return be_second(argc, argv);
    truth_check(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    read_times(READS);
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(name, ways[i].name) != 0)
            continue;
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
        truth_expect("traces >= %d", ways[i].images);
        truth_expect("gaps == %d", ways[i].gaps);
        truth_expect("calls read >= %d", ways[i].gaps ? READS : READS * ways[i].images);
        ways[i].start();
    }
    return 0;
}
