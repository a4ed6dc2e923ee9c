/* SPDX-License-Identifier: MIT
 *
 * Calls that would have blocked, and what becomes of them, known by construction.
 *
 *   pending succeeds   reads of five sockets that are tried again and again until each has data
 *   pending ends       waits that never succeed: the fd is closed, here or by another thread, or
 *                      the call fails; what is tried on the next file of that number is not theirs
 *   pending connects   connections under way: asked for again, used, refused
 *   pending limited    a blocking socket with a time limit says EAGAIN, too, and is not pending
 *   pending threads    100 threads, most of which are gone when the trace is read
 *   pending forks      a child does not go on with what its parent waits for
 *   pending turns      in a loop: waits that end in a later turn, and such that end in the same
 * one, which nobody else was served in pending many       more at once than a thread's table takes
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define PAIRS   5
#define THREADS 100
#define MOST    8192 /* entries that a table takes */
#define BEYOND  8
#define TURNS   100

struct pair {
    int ours, peer;
};

static struct pair pair_new(void)
{
    int fd[2] = {-1, -1};
    truth_check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
    return (struct pair){fd[0], fd[1]};
}

static void pair_close(struct pair pair)
{
    truth_check(close(pair.ours) == 0 && close(pair.peer) == 0);
}

static void would_block(int fd)
{
    char c;
    truth_check(read(fd, &c, 1) == -1 && errno == EAGAIN);
}

static void works(struct pair pair)
{
    char c = 'x';
    truth_check(send(pair.peer, &c, 1, 0) == 1);
    truth_check(read(pair.ours, &c, 1) == 1);
}

static void sleep_ms(int ms)
{
    struct timespec time = {0, ms * 1000000L};
    truth_check(nanosleep(&time, NULL) == 0);
}

static void succeeds(void)
{
    struct pair pair[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        pair[i] = pair_new();
        would_block(pair[i].ours);
    }
    sleep_ms(20);
    for (int i = 0; i < PAIRS; i++)
        would_block(pair[i].ours);
    for (int i = 0; i < PAIRS; i++)
        works(pair[i]);
    for (int i = 0; i < PAIRS; i++) {
        works(pair[i]); /* nothing was pending */
        pair_close(pair[i]);
    }
    truth_expect("again read == %d", 2 * PAIRS);
    truth_expect("pending done read == %d", PAIRS);
    truth_expect("pending unfinished read == 0");
    truth_expect("pending live read == 0");
    truth_expect("pending peak read == %d", PAIRS);
    truth_expect("pending ms read >= %d", 20 * PAIRS);
    truth_expect("pending done send == 0");
}

static void *closes(void *data)
{
    const struct pair *pair = data;
    pair_close(*pair);
    return NULL;
}

static void ends(void)
{
    struct pair pair = pair_new();
    would_block(pair.ours);
    pair_close(pair); /* 1: closed here */

    pair = pair_new();
    would_block(pair.ours);
    pthread_t thread;
    truth_check(pthread_create(&thread, NULL, closes, &pair) == 0);
    truth_check(pthread_join(thread, NULL) == 0); /* 2: closed there */
    struct pair next = pair_new();
    truth_check(next.ours == pair.ours);
    works(next);

    would_block(next.ours);
    char c = 'x', *volatile nowhere = NULL;
    truth_check(send(next.peer, &c, 1, 0) == 1);
    truth_check(read(next.ours, nowhere, 1) == -1 && errno == EFAULT); /* 3: it fails */
    truth_check(read(next.ours, &c, 1) == 1);

    would_block(next.peer); /* goes on to the end */
    truth_expect("pending done read == 0");
    truth_expect("pending unfinished read == 3");
    truth_expect("pending live read == 1");
}

static int tcp(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    truth_check(fd >= 0);
    return fd;
}

static void connects(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof at;
    int server = tcp(), closed = tcp();
    truth_check(bind(server, (struct sockaddr *)&at, sizeof at) == 0 && listen(server, 9) == 0);
    truth_check(getsockname(server, (struct sockaddr *)&at, &length) == 0);

    int asked = tcp(); /* until connect says that it is done */
    truth_check(connect(asked, (struct sockaddr *)&at, sizeof at) == -1 && errno == EINPROGRESS);
    struct pollfd ready[2] = {{.fd = asked, .events = POLLOUT}, {.fd = -1}};
    truth_check(poll(ready, 2, 5000) == 1);
    while (connect(asked, (struct sockaddr *)&at, sizeof at) == -1 && errno == EALREADY)
        ;

    int used = tcp(); /* told by another call's success */
    truth_check(connect(used, (struct sockaddr *)&at, sizeof at) == -1 && errno == EINPROGRESS);
    ready[0].fd = used;
    truth_check(poll(ready, 2, 5000) == 1);
    truth_check(send(used, "x", 1, 0) == 1);

    struct sockaddr_in nobody = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int holds = tcp(); /* bound, and does not listen: refused */
    length = sizeof nobody;
    truth_check(bind(holds, (struct sockaddr *)&nobody, sizeof nobody) == 0 &&
                getsockname(holds, (struct sockaddr *)&nobody, &length) == 0);
    truth_check(connect(closed, (struct sockaddr *)&nobody, length) == -1);
    truth_check(errno == EINPROGRESS);
    truth_check(close(closed) == 0);

    truth_expect("pending done connect == 2");
    truth_expect("pending unfinished connect == 1");
    truth_expect("pending peak connect == 1");
    truth_expect("pending done poll == 0");
}

static void limited(void)
{
    struct pair pair = pair_new();
    struct timeval limit = {.tv_usec = 20000};
    truth_check(fcntl(pair.ours, F_SETFL, 0) == 0);
    truth_check(setsockopt(pair.ours, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    would_block(pair.ours);
    works(pair);
    truth_expect("again read == 1");
    truth_expect("pending done read == 0");
    truth_expect("pending unfinished read == 0");
    truth_expect("pending peak read == 0");
}

static void *waits(void *data)
{
    struct pair pair = pair_new();
    would_block(pair.ours);
    works(pair);
    would_block(pair.ours); /* never succeeds */
    return data;
}

static void threads(void)
{
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        truth_check(pthread_create(&thread, NULL, waits, NULL) == 0);
        truth_check(pthread_join(thread, NULL) == 0);
    }
    truth_expect("pending done read == %d", THREADS);
    /* of an ended thread that keeps its records, the wait is still there */
    truth_expect("pending never read == %d", THREADS);
    truth_expect("pending peak read == 1");
}

static void forks(void)
{
    struct pair pair = pair_new(), other = pair_new();
    would_block(pair.ours);
    pid_t child = fork();
    if (child == 0) {
        works(pair); /* the child has not waited for it */
        would_block(other.ours);
        works(other);
        _exit(0);
    }
    truth_check(child > 0 && waitpid(child, NULL, 0) == child);
    would_block(pair.ours); /* the same wait goes on */
    works(pair);
    truth_expect("pending done read == 2");
    truth_expect("pending live read == 0");
    truth_expect("pending peak read == 1");
}

/* One turn of a loop that always finds work. One place: it is the loop's wait. */
__attribute__((noinline)) static void turn(int epoll)
{
    struct epoll_event event;
    truth_check(epoll_wait(epoll, &event, 1, -1) == 1);
}

static void turns(void)
{
    struct pair work = pair_new(), later = pair_new(), here = pair_new();
    struct epoll_event event = {.events = EPOLLOUT};
    int epoll = epoll_create1(0);
    truth_check(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, work.ours, &event) == 0);
    for (int i = 0; i < TURNS; i++)
        turn(epoll);
    for (int i = 0; i < TURNS; i++) {
        would_block(later.ours);
        would_block(here.ours);
        works(here); /* what a library does that polls its own socket in between */
        turn(epoll);
        works(later);
    }
    truth_expect("again read == %d", 2 * TURNS);
    truth_expect("pending done read == %d", TURNS);
    truth_expect("pending unfinished read == 0");
    truth_expect("pending live read == 0");
}

static void polls(void)
{
    struct pair pair = pair_new();
    struct pollfd ready[2] = {{.fd = pair.ours, .events = POLLIN}, {.fd = -1}};
    for (int i = 0; i < TURNS; i++) {
        would_block(pair.ours);
        truth_check(poll(ready, 1, 0) == 0);
        works(pair); /* waited for in place */
    }
    would_block(pair.ours);
    truth_check(poll(ready, 2, 0) == 0);
    works(pair); /* a loop of one and another */
    truth_expect("pending done read == 1");
    truth_expect("pending live read == 0");
}

static void many(void)
{
    struct rlimit files = {MOST + BEYOND + 64, MOST + BEYOND + 64};
    if (setrlimit(RLIMIT_NOFILE, &files) != 0)
        truth_skip("no more than a few thousand files may be open");
    struct pair pair = pair_new();
    int first = -1;
    for (int i = 0; i < MOST + BEYOND; i++) {
        int fd = dup(pair.ours);
        first = first < 0 ? fd : first;
        would_block(fd);
    }
    works((struct pair){first, pair.peer});
    truth_expect("pending done read == 1");
    truth_expect("pending live read == %d", MOST - 1);
    truth_expect("pending peak read == %d", MOST);
    truth_expect("losses == %d", BEYOND);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } shapes[] = {{"succeeds", succeeds}, {"ends", ends},       {"connects", connects},
                  {"limited", limited},   {"threads", threads}, {"forks", forks},
                  {"turns", turns},       {"polls", polls},     {"many", many}};
    for (unsigned i = 0; argc > 1 && i < sizeof shapes / sizeof *shapes; i++)
        if (!strcmp(argv[1], shapes[i].name))
            shapes[i].run();
    return 0;
}
