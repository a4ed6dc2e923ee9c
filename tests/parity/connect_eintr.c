/* SPDX-License-Identifier: MIT
 *
 * A handler interrupts a connect that waits for room in the listener's queue.
 *
 *   connect_eintr tcp
 *     without SA_RESTART: EINTR; the connection goes on being made, and a second connect waits for
 *     its end
 *   connect_eintr unix
 *     the same on a Unix socket, where nothing goes on
 *   connect_eintr unix_restart
 *     with SA_RESTART: the same connect goes on and succeeds
 */
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "parity.h"

static const char *shape;
static int listener;
static int subject;
static struct sockaddr_storage address;
static socklen_t length;
static volatile pid_t caller;
static volatile sig_atomic_t handled_on;

static void handle(int signal)
{
    (void)signal;
    handled_on = gettid();
}

static void listen_at(int family)
{
    listener = socket(family, SOCK_STREAM, 0);
    if (family == AF_UNIX) {
        struct sockaddr_un *name = (void *)&address;
        name->sun_family = AF_UNIX;
        snprintf(name->sun_path, sizeof name->sun_path, "socket");
        length = sizeof *name;
    } else {
        struct sockaddr_in *name = (void *)&address;
        name->sin_family = AF_INET;
        name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        length = sizeof *name;
    }
    truth_check(bind(listener, (void *)&address, length) == 0 && listen(listener, 0) == 0);
    length = sizeof address;
    truth_check(getsockname(listener, (void *)&address, &length) == 0);
}

/* Clients until one would have to wait. */
static void fill_queue(int family)
{
    for (int i = 0; i < 8; i++) {
        int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        long error;
        if ((error = parity_raw(SYS_connect, fd, (long)&address, length, 0)) == 0)
            continue;
        if (error == -EAGAIN || parity_raw(SYS_poll, (long)&ready, 1, 50, 0) == 0)
            return;
    }
}

static void *connect_subject(void *unused)
{
    (void)unused;
    caller = gettid();
    parity_say("connect", connect(subject, (void *)&address, length));
    printf("handler ran on the caller: %d\n", handled_on == caller);
    if (!strcmp(shape, "tcp"))
        parity_say("again", connect(subject, (void *)&address, length));
    return NULL;
}

static void accept_all(void)
{
    struct pollfd ready = {.fd = listener, .events = POLLIN};
    while (parity_raw(SYS_poll, (long)&ready, 1, 200, 0) == 1)
        parity_raw(SYS_accept, listener, 0, 0, 0);
}

int main(int argc, char **argv)
{
    shape = argc > 1 ? argv[1] : "";
    int family = !strcmp(shape, "tcp") ? AF_INET : AF_UNIX;
    struct sigaction action = {.sa_handler = handle,
                               .sa_flags = !strcmp(shape, "unix_restart") ? SA_RESTART : 0};
    sigaction(SIGUSR1, &action, NULL);
    listen_at(family);
    fill_queue(family);
    subject = socket(family, SOCK_STREAM, 0);
    pthread_t thread = parity_start(connect_subject, NULL);
    truth_check(parity_await(SYS_connect, subject));
    parity_await_sleep(caller);
    pthread_kill(thread, SIGUSR1);
    for (int i = 0; i < PARITY_LOOKS && !handled_on; i++)
        parity_pause();
    for (int i = 0; i < 20 && pthread_tryjoin_np(thread, NULL) != 0; i++)
        accept_all();
    return 0;
}
