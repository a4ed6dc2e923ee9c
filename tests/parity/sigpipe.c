/* SPDX-License-Identifier: MIT
 *
 * The signals that the kernel sends to the thread that writes, while another does the writing:
 * they end the process, or their handler runs on the caller before the call returns.
 *
 *   sigpipe default | handler | ignored | blocked     a reader leaves while the writer waits
 *   sigpipe calling_handler                           ... with nothing written, and the handler
 *                                                     makes a call of its own
 *   sigpipe size | size_handler                       SIGXFSZ: a file grows past its limit
 */
#include "parity.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static int ends[2];
static volatile sig_atomic_t got, got_code, got_here;
static volatile int returned, calls;
static pid_t writer;

static void on_signal(int number, siginfo_t *info, void *context)
{
    got = number;
    got_code = info->si_code;
    got_here = gettid() == writer && !returned && context;
    if (calls)
        nanosleep(&(struct timespec){0, 1}, NULL);
}

static void *leave(void *unused)
{
    (void)unused;
    truth_check(parity_await(SYS_write, ends[1]));
    parity_raw(SYS_close, ends[0], 0, 0, 0);
    return NULL;
}

static void write_to_nobody(void)
{
    static char much[200000];
    if (calls)
        truth_check(parity_raw(SYS_write, ends[1], (long)much, 65536, 0) == 65536);
    pthread_t thread = parity_start(leave, NULL);
    ssize_t first = write(ends[1], much, sizeof much);
    /* What fits is written before the reader leaves. */
    printf("written: %s\n", first > 0 ? "some" : "none");
    pthread_join(thread, NULL);
    parity_say("write", write(ends[1], much, 1));
}

static void write_too_much(void)
{
    static char much[8192];
    struct rlimit limit = {4096, 4096};
    int fd = open("file", O_CREAT | O_RDWR, 0600);
    truth_check(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    printf("written: %zd\n", write(fd, much, sizeof much));
    parity_say("write", write(fd, much, 1));
}

static void play(const char *what)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    int number = !strncmp(what, "size", 4) ? SIGXFSZ : SIGPIPE;
    sigset_t set;
    writer = gettid();
    calls = !strcmp(what, "calling_handler");
    if (strstr(what, "handler"))
        truth_check(sigaction(number, &action, NULL) == 0);
    if (!strcmp(what, "ignored"))
        signal(number, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, number);
    if (!strcmp(what, "blocked"))
        sigprocmask(SIG_BLOCK, &set, NULL);
    if (number == SIGXFSZ)
        write_too_much();
    else
        write_to_nobody();
    returned = 1;
    sigpending(&set);
    printf("got %d code %d here %d, pending %d\n", (int)got, (int)got_code, (int)got_here,
           sigismember(&set, number));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int status;
    truth_check(pipe(ends) == 0);
    signal(SIGPIPE, SIG_DFL);
    pid_t child = fork();
    if (child == 0) {
        play(argc > 1 ? argv[1] : "default");
        _exit(0);
    }
    close(ends[0]);
    truth_check(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status))
        printf("killed by SIG%s\n", sigabbrev_np(WTERMSIG(status)));
    else
        printf("exit %d\n", WEXITSTATUS(status));
    return 0;
}
