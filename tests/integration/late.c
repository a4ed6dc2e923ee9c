/* SPDX-License-Identifier: MIT
 *
 * Calls that would wait for ever, or nearly so, under a rule with a deadline: what they say,
 * whether they came back in time, whether anything is written to their buffers afterwards, and
 * whether the input that came too late is there for the next call.
 *
 * late CALL...       of `calls`, one after the other; the deadline is DEADLINE_MS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DEADLINE_MS = 100, SURELY_MS = 20000 };

static int pair[2], other[2];
static char buffer[64];
static const char pattern = 0x5a;

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- the calls: -1 with errno, or what they return ---- */

static long wait_poll(void)
{
    struct pollfd set = {pair[0], POLLIN, 0};
    return poll(&set, 1, -1);
}

static long wait_select(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(pair[0], &set);
    long r = select(pair[0] + 1, &set, NULL, NULL, NULL);
    return FD_ISSET(pair[0], &set) ? r : -2;
}

static long wait_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int fd = epoll_create1(0);
    epoll_ctl(fd, EPOLL_CTL_ADD, pair[0], &event);
    return epoll_wait(fd, (struct epoll_event *)buffer, 1, -1);
}

static long wait_read(void)
{
    return read(pair[0], buffer, sizeof buffer);
}

static long wait_recv(void)
{
    return recv(pair[0], buffer, sizeof buffer, 0);
}

static long wait_recvmsg(void)
{
    struct iovec part = {buffer, sizeof buffer};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    return recvmsg(pair[0], &message, 0);
}

/* Nobody accepts, and the queue is full. */
static long wait_connect(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(server, (struct sockaddr *)&address, length) || listen(server, 0) ||
        getsockname(server, (struct sockaddr *)&address, &length))
        return -3;
    for (int i = 0; i < 4; i++)
        connect(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), (struct sockaddr *)&address,
                length);
    return connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&address, length);
}

static long wait_accept(void)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (listen(server, 1) != 0)
        return -3;
    return accept(server, NULL, NULL);
}

static long wait_nanosleep(void)
{
    struct timespec long_time = {100, 0}, left = {7, 7};
    long r = nanosleep(&long_time, &left);
    return r;
}

static long wait_clock_nanosleep(void)
{
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){100, 0}, NULL);
    return errno ? -1 : 0;
}

static long wait_flock(void)
{
    char path[] = "/tmp/late.XXXXXX";
    int one = mkstemp(path), two = open(path, O_RDWR);
    unlink(path);
    flock(one, LOCK_EX);
    return flock(two, LOCK_EX);
}

static long wait_semop(void)
{
    int id = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf take = {0, -1, 0};
    long r = semop(id, &take, 1);
    int error = errno;
    semctl(id, 0, IPC_RMID);
    errno = error;
    return r;
}

static long wait_msgrcv(void)
{
    int id = msgget(IPC_PRIVATE, 0600);
    long r = msgrcv(id, buffer, 8, 0, 0);
    int error = errno;
    msgctl(id, IPC_RMID, NULL);
    errno = error;
    return r;
}

static long wait_waitpid(void)
{
    pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    long r = waitpid(child, NULL, 0);
    int error = errno;
    kill(child, SIGKILL);
    errno = error;
    return r;
}

/* A handler with SA_RESTART runs while it waits: the time goes on. */
static void nothing(int number)
{
    (void)number;
}

static void *interrupt(void *thread)
{
    for (int i = 0; i < 10; i++) {
        usleep(5000);
        pthread_kill(*(pthread_t *)thread, SIGUSR1);
    }
    return NULL;
}

static long wait_interrupted(void)
{
    pthread_t self = pthread_self(), thread;
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&thread, NULL, interrupt, &self);
    long r = read(pair[0], buffer, sizeof buffer);
    int error = errno;
    pthread_join(thread, NULL);
    errno = error;
    return r;
}

/* What comes in time is as ever. */
static void *write_soon(void *unused)
{
    (void)unused;
    usleep(1000);
    return write(other[1], "in time", 7) == 7 ? NULL : (void *)1;
}

static long wait_in_time(void)
{
    pthread_t thread;
    char got[16] = "";
    pthread_create(&thread, NULL, write_soon, NULL);
    long r = read(other[0], got, sizeof got);
    pthread_join(thread, NULL);
    return r == 7 && !memcmp(got, "in time", 7) ? 7 : -4;
}

static const struct {
    const char *name;
    long (*call)(void);
} calls[] = {
    {"poll", wait_poll},
    {"select", wait_select},
    {"epoll_wait", wait_epoll},
    {"read", wait_read},
    {"recv", wait_recv},
    {"recvmsg", wait_recvmsg},
    {"connect", wait_connect},
    {"accept", wait_accept},
    {"nanosleep", wait_nanosleep},
    {"clock_nanosleep", wait_clock_nanosleep},
    {"flock", wait_flock},
    {"semop", wait_semop},
    {"msgrcv", wait_msgrcv},
    {"waitpid", wait_waitpid},
    {"interrupted", wait_interrupted},
    {"in_time", wait_in_time},
};

static int tell(size_t i)
{
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) || pipe(other))
        return 2;
    memset(buffer, pattern, sizeof buffer);
    long begin = now_ms();
    errno = 0;
    long result = calls[i].call();
    int error = errno;
    long took = now_ms() - begin;
    /* The input comes too late for it, and is the next call's. */
    int lost = write(pair[1], "later", 5) != 5;
    usleep(20000);
    for (size_t at = 0; at < sizeof buffer; at++)
        lost |= buffer[at] != pattern;
    char next[16] = "";
    lost |= recv(pair[0], next, sizeof next, MSG_DONTWAIT) != 5 || memcmp(next, "later", 5) != 0;
    printf("%s: %ld %s, %s, %s\n", calls[i].name, result, error ? strerrorname_np(error) : "0",
           result > 0               ? "in time"
           : took < DEADLINE_MS - 1 ? "early"
           : took < SURELY_MS       ? "in time"
                                    : "late",
           lost ? "LOST" : "nothing lost");
    return fflush(stdout);
}

int main(int argc, char **argv)
{
    size_t count = sizeof calls / sizeof *calls;
    for (int word = 1; word < argc; word++) {
        size_t i = 0;
        while (i < count && strcmp(calls[i].name, argv[word]) != 0)
            i++;
        if (i == count || tell(i) != 0)
            return 2;
    }
    return 0;
}
