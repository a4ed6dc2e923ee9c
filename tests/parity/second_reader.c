/* SPDX-License-Identifier: MIT
 *
 * Two threads read lines of one FILE: the second waits for the lock that the first one has. A
 * handler without SA_RESTART interrupts that wait, which libc goes on with: the handler runs at
 * once, and once only. When the second has got the lock, a signal ends its read.
 */
#include "parity.h"

#include <signal.h>

static FILE *file;
static pid_t tids[2];
static volatile sig_atomic_t handled;
static int ended[2];

static void on_signal(int number)
{
    handled += number == SIGUSR1;
}

static void *read_line(void *argument)
{
    long which = (long)argument;
    char line[32] = "";
    __atomic_store_n(&tids[which], gettid(), __ATOMIC_RELEASE);
    errno = 0;
    const char *got = fgets(line, sizeof line, file);
    printf("reader %ld: %s %s", which + 1, got ? "a line" : strerrorname_np(errno),
           got ? got : "\n");
    __atomic_store_n(&ended[which], 1, __ATOMIC_RELEASE);
    return NULL;
}

static pthread_t start_reader(long which)
{
    pthread_t reader = parity_start(read_line, (void *)which);
    while (!__atomic_load_n(&tids[which], __ATOMIC_ACQUIRE))
        parity_pause();
    for (int i = 0; i < 20; i++)
        parity_await_sleep(tids[which]);
    return reader;
}

static void wait_for(const volatile sig_atomic_t *what, int value)
{
    for (int i = 0; i < PARITY_LOOKS && *what < value; i++)
        parity_pause();
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    int ends[2];
    truth_check(pipe(ends) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    truth_check((file = fdopen(ends[0], "r")));
    pthread_t first = start_reader(0);
    truth_check(parity_await(SYS_read, ends[0]));
    pthread_t second = start_reader(1);
    for (int i = 0; i < 50; i++)
        parity_pause();
    pthread_kill(second, SIGUSR1);
    wait_for(&handled, 1);
    printf("handled: %d\n", (int)handled);
    parity_raw(SYS_write, ends[1], (long)"one\n", 4, 0);
    pthread_join(first, NULL);
    truth_check(parity_await(SYS_read, ends[0]));
    printf("second reader has ended: %d\n", __atomic_load_n(&ended[1], __ATOMIC_ACQUIRE));
    pthread_kill(second, SIGUSR1);
    pthread_join(second, NULL);
    printf("handled: %d\n", (int)handled);
    return 0;
}
