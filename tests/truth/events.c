/* SPDX-License-Identifier: MIT
 *
 * Calls that block for a known time leave events that tell result, error, length and what was
 * waited for, also when a number comes to mean something else.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define WAIT_MS 30

static void doze(void)
{
    struct timespec moment = {0, WAIT_MS * 1000000};
    nanosleep(&moment, NULL);
}

static int
    main_thread; /* its /proc/.../stat, opened beforehand: the numbers of others must not change */

/* Until the main thread of the first process sleeps: on a busy machine it may come late to the call
 * that is to block. */
static void await_asleep(void)
{
    char stat[512], state;
    do {
        ssize_t length = pread(main_thread, stat, sizeof stat - 1, 0);
        stat[length > 0 ? length : 0] = '\0';
        const char *name_end = strrchr(stat, ')');
        state = name_end ? name_end[2] : 'S';
    } while (state != 'S');
}

static void *write_late(void *fd)
{
    await_asleep();
    doze();
    truth_check(write(*(int *)fd, "x", 1) == 1);
    return NULL;
}

static void blocked_read(int from, int to)
{
    char byte;
    pthread_t thread;
    truth_check(pthread_create(&thread, NULL, write_late, &to) == 0);
    truth_check(read(from, &byte, 1) == 1);
    pthread_join(thread, NULL);
}

static void pipes(void)
{
    int ends[2];
    truth_check(pipe(ends) == 0);
    blocked_read(ends[0], ends[1]);
    truth_expect("event read 1 0 pipe >= %d", WAIT_MS - 1);

    truth_check(mkfifo("called-queue", 0600) == 0);
    int fifo = open("called-queue", O_RDWR);
    truth_check(dup2(fifo, ends[0]) == ends[0]);
    blocked_read(ends[0], fifo);
    truth_expect("event read 1 0 called-queue >= %d", WAIT_MS - 1);
    close(ends[0]);
    close(ends[1]);
    close(fifo);
}

static void local_socket(void)
{
    struct timeval limit = {0, WAIT_MS * 1000};
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "called-socket"};
    char byte;
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    truth_check(bind(listener, (struct sockaddr *)&name, sizeof name) == 0);
    truth_check(listen(listener, 1) == 0);
    truth_check(connect(client, (struct sockaddr *)&name, sizeof name) == 0);
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    truth_check(recv(client, &byte, 1, 0) == -1 && errno == EAGAIN);
    truth_expect("event recv -1 %d called-socket >= %d", EAGAIN, WAIT_MS - 1);
    close(listener);
    close(client);
}

struct late {
    int fd;
    const struct sockaddr_in *addr;
};

static void *connect_late(void *arg)
{
    const struct late *late = arg;
    await_asleep();
    doze();
    truth_check(connect(late->fd, (const struct sockaddr *)late->addr, sizeof *late->addr) == 0);
    return NULL;
}

static void inet_socket(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof addr;
    pthread_t thread;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    truth_check(bind(listener, (struct sockaddr *)&addr, sizeof addr) == 0);
    truth_check(listen(listener, 1) == 0);
    truth_check(getsockname(listener, (struct sockaddr *)&addr, &length) == 0);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    struct late late = {client, &addr};
    int fd = dup(listener); /* where accept's socket will be */
    close(fd);
    truth_check(pthread_create(&thread, NULL, connect_late, &late) == 0);
    truth_expect("event accept %d 0 127.0.0.1 >= %d", fd, WAIT_MS - 1);
    truth_check(accept(listener, NULL, NULL) == fd);
    pthread_join(thread, NULL);
    close(client);
    close(fd);
    close(listener);
}

static void timers_and_children(void)
{
    struct pollfd nothing = {.fd = -1};
    truth_check(poll(&nothing, 1, WAIT_MS) == 0);
    truth_expect("event poll 0 0 - >= %d", WAIT_MS - 1);
    truth_expect("event nanosleep 0 0 - >= %d", WAIT_MS - 1);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        doze();
        _exit(0);
    }
    truth_check(waitpid(child, NULL, 0) == child);
}

static void lock(void)
{
    int first = open("called-lock", O_CREAT | O_RDWR, 0600);
    int second = open("called-lock", O_RDWR);
    int ends[2];
    char byte;
    truth_check(flock(first, LOCK_EX) == 0 && pipe(ends) == 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(second);
        truth_check(write(ends[1], "x", 1) == 1);
        await_asleep();
        doze();
        flock(first, LOCK_UN);
        _exit(0);
    }
    truth_check(read(ends[0], &byte, 1) == 1);
    truth_check(flock(second, LOCK_EX) == 0);
    truth_expect("event flock 0 0 called-lock >= %d", WAIT_MS - 1);
    waitpid(child, NULL, 0);
}

int main(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
    main_thread = open(path, O_RDONLY);
    pipes();
    local_socket();
    inet_socket();
    timers_and_children();
    lock();
    return 0;
}
