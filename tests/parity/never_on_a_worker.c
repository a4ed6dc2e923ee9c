/* SPDX-License-Identifier: MIT
 *
 * Calls that mean the thread that makes them: who owns a lock, whose signals, whose mask, who
 * traces, whose child, who waits for whom. No rule may move them.
 *
 *   never_on_a_worker mutex | rwlock | cond | sigtimedwait | ppoll | signalfd | ptrace | nothread |
 *                     join
 */
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "parity.h"

static void say_error(const char *what, int error)
{
    printf("%s: %s\n", what, error ? strerrorname_np(error) : "0");
}

static void init_checked(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(mutex, &kind);
}

static void with_mutex(void)
{
    pthread_mutex_t mutex;
    init_checked(&mutex);
    say_error("lock", pthread_mutex_lock(&mutex));
    say_error("lock again", pthread_mutex_lock(&mutex));
    say_error("unlock", pthread_mutex_unlock(&mutex));
}

static void with_rwlock(void)
{
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    say_error("write lock", pthread_rwlock_wrlock(&lock));
    say_error("read lock", pthread_rwlock_rdlock(&lock));
    say_error("unlock", pthread_rwlock_unlock(&lock));
}

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int ready;
} shared = {.cond = PTHREAD_COND_INITIALIZER};

static void *signal_ready(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&shared.mutex);
    shared.ready = 1;
    pthread_cond_signal(&shared.cond);
    pthread_mutex_unlock(&shared.mutex);
    return NULL;
}

static void with_cond(void)
{
    init_checked(&shared.mutex);
    say_error("lock", pthread_mutex_lock(&shared.mutex));
    pthread_t thread = parity_start(signal_ready, NULL);
    int error = 0;
    while (!shared.ready && !error)
        error = pthread_cond_wait(&shared.cond, &shared.mutex);
    say_error("wait", error);
    say_error("unlock", pthread_mutex_unlock(&shared.mutex));
    pthread_join(thread, NULL);
}

/* A signal that is pending for this thread alone. */
static sigset_t make_pending(int signal)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    pthread_kill(pthread_self(), signal);
    return set;
}

static void with_sigtimedwait(void)
{
    struct timespec none = {0, 0};
    sigset_t set = make_pending(SIGUSR1);
    parity_say("sigtimedwait", sigtimedwait(&set, NULL, &none));
}

static void with_signalfd(void)
{
    struct signalfd_siginfo info = {0};
    sigset_t set = make_pending(SIGUSR1);
    int fd = signalfd(-1, &set, SFD_NONBLOCK);
    parity_say("read", read(fd, &info, sizeof info));
    printf("signal: %u\n", info.ssi_signo);
}

static volatile pid_t handled_on;

static void handle(int signal)
{
    (void)signal;
    handled_on = gettid();
}

/* The mask is lifted for the length of the call, and the pending signal's handler runs here. */
static void with_ppoll(void)
{
    struct sigaction action = {.sa_handler = handle};
    struct timespec limit = {10, 0};
    sigset_t none;
    sigaction(SIGUSR1, &action, NULL);
    make_pending(SIGUSR1);
    sigemptyset(&none);
    parity_say("ppoll", ppoll(NULL, 0, &limit, &none));
    printf("handler ran on the caller: %d\n", handled_on == gettid());
}

static void with_ptrace(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* one that nobody lets go must not stay */
        parity_raw(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        _exit(7);
    }
    truth_check(waitpid(child, &status, 0) == child && WIFSTOPPED(status));
    parity_say("ptrace", ptrace(PTRACE_CONT, child, NULL, NULL));
    truth_check(waitpid(child, &status, 0) == child);
    printf("child: %d\n", WEXITSTATUS(status));
}

static void with_nothread(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0)
        _exit(7);
    parity_say("waitpid", waitpid(child, &status, __WNOTHREAD) == child ? 0 : -1);
    printf("child: %d\n", WEXITSTATUS(status));
}

static void with_join(void)
{
    say_error("join of itself", pthread_join(pthread_self(), NULL));
}

static const struct {
    const char *name;
    void (*run)(void);
} shapes[] = {{"mutex", with_mutex},   {"rwlock", with_rwlock},
              {"cond", with_cond},     {"sigtimedwait", with_sigtimedwait},
              {"ppoll", with_ppoll},   {"signalfd", with_signalfd},
              {"ptrace", with_ptrace}, {"nothread", with_nothread},
              {"join", with_join}};

int main(int argc, char **argv)
{
    parity_warm_up();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (argc > 1 && !strcmp(shapes[i].name, argv[1]))
            shapes[i].run();
    return 0;
}
