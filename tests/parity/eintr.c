/* SPDX-License-Identifier: MIT
 *
 * A handler runs while its thread waits in a call: without SA_RESTART the call ends with EINTR;
 * with it a read is made again, and what the kernel always ends is ended. What the call waited for
 * comes when the handler has run.
 *
 *   eintr CALL plain | restart      CALL: read recv poll nanosleep msgrcv
 */
#include "parity.h"

#include <poll.h>
#include <signal.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/time.h>

static int ends[2], sockets[2], queue;
static pthread_t waiter;
static volatile sig_atomic_t handled;
static const char *what;

static const struct wait {
    const char *name;
    long number;
} waits[] = {{"read", SYS_read},
             {"recv", SYS_recvfrom},
             {"poll", SYS_poll},
             {"nanosleep", SYS_clock_nanosleep},
             {"msgrcv", SYS_msgrcv}};

struct message {
    long type;
    char text[8];
};

static void on_signal(int number)
{
    handled += number == SIGUSR1;
}

/* Where the call waits, then the signal, then, when the handler has run, what it waits for. */
static void *disturb(void *number)
{
    struct message message = {1, "late"};
    long wanted = *(const long *)number;
    truth_check(parity_await(wanted, wanted == SYS_read       ? ends[0]
                                     : wanted == SYS_recvfrom ? sockets[0]
                                                              : -1));
    truth_check(pthread_kill(waiter, SIGUSR1) == 0);
    for (int i = 0; i < PARITY_LOOKS && !handled; i++)
        parity_pause();
    parity_raw(SYS_write, ends[1], (long)"late", 4, 0);
    parity_raw(SYS_write, sockets[1], (long)"late", 4, 0);
    parity_raw(SYS_msgsnd, queue, (long)&message, sizeof message.text, IPC_NOWAIT);
    return NULL;
}

static long make_call(void)
{
    char text[8];
    struct message message;
    struct pollfd set = {.fd = ends[0], .events = POLLIN};
    struct timespec span = {20, 0}, left = {0, 0};
    if (!strcmp(what, "read"))
        return read(ends[0], text, sizeof text);
    if (!strcmp(what, "recv"))
        return recv(sockets[0], text, sizeof text, 0);
    if (!strcmp(what, "poll"))
        return poll(&set, 1, 5000);
    if (!strcmp(what, "msgrcv"))
        return msgrcv(queue, &message, sizeof message.text, 0, 0);
    long result = nanosleep(&span, &left);
    int error = errno;
    printf("left: %s\n", left.tv_sec >= 10 ? "most" : "not most");
    errno = error;
    return result;
}

int main(int argc, char **argv)
{
    struct timeval limit = {5, 0};
    int restart = argc > 2 && !strcmp(argv[2], "restart");
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = restart ? SA_RESTART : 0};
    const long *number = NULL;
    what = argc > 1 ? argv[1] : "read";
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        if (!strcmp(what, waits[i].name))
            number = &waits[i].number;
    waiter = pthread_self();
    truth_check(number && pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0);
    truth_check(setsockopt(sockets[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    truth_check((queue = msgget(IPC_PRIVATE, 0600)) >= 0);
    truth_check(sigaction(SIGUSR1, &action, NULL) == 0);
    pthread_t thread = parity_start(disturb, (void *)number);
    parity_say(what, make_call());
    printf("handled: %d\n", (int)handled);
    pthread_join(thread, NULL);
    msgctl(queue, IPC_RMID, NULL);
    return 0;
}
