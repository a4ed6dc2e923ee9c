/* SPDX-License-Identifier: MIT
 *
 * A handler that makes calls while one is in progress. Both are counted, and the time of the inner
 * one is explained once: it lies inside the outer.
 *
 *   nested plain            the handler runs on the same stack
 *   nested below | above    on an alternate stack that lies below or above the thread's own
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define STACK (256u << 10)

static int silent[2];
static char *other_stack; /* NULL: the same */

static void on_alarm(int signal)
{
    struct timespec long_time = {0, 300000000};
    int error = errno;
    (void)signal;
    truth_check(nanosleep(&long_time, NULL) == 0);
    errno = error;
}

static void install(void)
{
    stack_t alternate = {.ss_sp = other_stack, .ss_size = STACK};
    struct sigaction action = {.sa_handler = on_alarm};
    if (other_stack) {
        truth_check(sigaltstack(&alternate, NULL) == 0);
        action.sa_flags = SA_ONSTACK;
    }
    truth_check(sigaction(SIGALRM, &action, NULL) == 0);
}

/* Only this thread takes the signal. */
static void *wait_and_be_interrupted(void *arg)
{
    struct itimerval once = {{0, 0}, {0, 50000}};
    struct pollfd reply = {.fd = silent[0], .events = POLLIN};
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGALRM);
    install();
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    setitimer(ITIMER_REAL, &once, NULL);
    truth_check(poll(&reply, 1, 5000) == -1 && errno == EINTR);
    return arg;
}

/* The thread's stack and the alternate one in a single mapping, in the order that is wanted. */
static void run_thread(int alternate_above)
{
    pthread_t thread;
    pthread_attr_t attr;
    char *both = mmap(NULL, 2 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    truth_check(both != MAP_FAILED);
    other_stack = both + (alternate_above ? STACK : 0);
    pthread_attr_init(&attr);
    pthread_attr_setstack(&attr, both + (alternate_above ? 0 : STACK), STACK);
    truth_check(pthread_create(&thread, &attr, wait_and_be_interrupted, NULL) == 0);
    pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    const char *shape = argc > 1 ? argv[1] : "plain";
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, SIGALRM);
    sigprocmask(SIG_BLOCK, &one, NULL);
    truth_check(pipe(silent) == 0);
    if (!strcmp(shape, "plain"))
        wait_and_be_interrupted(NULL);
    else
        run_thread(!strcmp(shape, "above"));
    truth_expect("calls poll == 1");
    truth_expect("interrupted poll == 1");
    truth_expect("calls nanosleep == 1");
    /* The main thread, too, waits meanwhile: in pthread_join. */
    int waiting = strcmp(shape, "plain") ? 2 : 1;
    truth_expect("explained-ms >= %d", waiting * 345);
    truth_expect("explained-ms <= %d", waiting * 345 + 205);
    truth_expect("nested-ms >= 295");
    truth_expect("nested-ms <= 550");
    return 0;
}
