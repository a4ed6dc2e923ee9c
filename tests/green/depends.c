/* SPDX-License-Identifier: MIT
 *
 * Calls that end only when another green thread of the same native thread has run: they do under
 * route green, and bare they wait for ever.
 *
 *   depends [own | shared] CALL      with a stack for each, or one for all
 *   depends --list
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rounds.h"
#include "slow_library.h"
#include "truth.h"

enum { LARGE = 1 << 20 };

static int ends[2]; /* what is written to one can be read from the other */
static int begun;   /* the call is about to be made */
static char expected[64] = "others run";

static void say(const char *what, long result)
{
    if (result < 0)
        printf("%s: %s\n", what, strerrorname_np(errno));
    else
        printf("%s: %ld\n", what, result);
}

/* Until the other green thread is in its call: it has run up to there and is parked. */
static void await_begun(void)
{
    while (!begun)
        rounds_yield();
}

static void write_it(void *unused)
{
    (void)unused;
    await_begun();
    truth_check(write(ends[1], expected, sizeof expected) == sizeof expected);
}

static void make_pipe(void)
{
    truth_check(pipe(ends) == 0);
}

static void make_sockets(void)
{
    truth_check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
}

/* ---- one by one: what is made, what is called, and what the other does ---- */

static void check_text(const char *what, const char *text, long got)
{
    say(what, got);
    truth_check(!strcmp(text, expected));
}

static void call_read(void *unused)
{
    char text[64] = "";
    (void)unused;
    begun = 1;
    long got = read(ends[0], text, sizeof text);
    check_text("read", text, got);
}

static void call_readv(void *unused)
{
    char text[64] = "";
    struct iovec parts[2] = {{text, 7}, {text + 7, sizeof text - 7}};
    (void)unused;
    begun = 1;
    long got = readv(ends[0], parts, 2);
    check_text("readv", text, got);
}

static void call_recv(void *unused)
{
    char text[64] = "";
    (void)unused;
    begun = 1;
    long got = recv(ends[0], text, sizeof text, 0);
    check_text("recv", text, got);
}

static void call_recvmsg(void *unused)
{
    char text[64] = "";
    struct iovec part = {text, sizeof text};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    (void)unused;
    begun = 1;
    long got = recvmsg(ends[0], &message, 0);
    check_text("recvmsg", text, got);
}

static void call_poll(void *unused)
{
    struct pollfd set = {.fd = ends[0], .events = POLLIN};
    (void)unused;
    begun = 1;
    say("poll", poll(&set, 1, -1));
    truth_check(set.revents == POLLIN);
}

static void call_poll_two(void *unused)
{
    struct pollfd set[2] = {{.fd = ends[1], .events = POLLIN}, {.fd = ends[0], .events = POLLIN}};
    (void)unused;
    begun = 1;
    say("poll", poll(set, 2, -1));
    truth_check(set[0].revents == 0 && set[1].revents == POLLIN);
}

static void call_select(void *unused)
{
    fd_set set;
    struct timeval time = {30, 0};
    (void)unused;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    begun = 1;
    say("select", select(ends[0] + 1, &set, NULL, NULL, &time));
    truth_check(FD_ISSET(ends[0], &set) && time.tv_sec < 30);
}

static void call_epoll(void *unused)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7};
    int set = epoll_create1(0);
    (void)unused;
    truth_check(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event) == 0);
    memset(&event, 0, sizeof event);
    begun = 1;
    say("epoll_wait", epoll_wait(set, &event, 1, -1));
    truth_check(event.data.u32 == 7);
}

static char large[LARGE];

static void call_write(void *unused)
{
    (void)unused;
    for (int i = 0; i < LARGE; i++)
        large[i] = (char)(i * 7 / 5);
    begun = 1;
    say("write", write(ends[1], large, sizeof large));
    close(ends[1]);
}

static void call_send(void *unused)
{
    (void)unused;
    for (int i = 0; i < LARGE; i++)
        large[i] = (char)(i * 7 / 5);
    begun = 1;
    say("send", send(ends[1], large, sizeof large, 0));
    close(ends[1]);
}

static void call_writev(void *unused)
{
    struct iovec parts[3] = {{large, 100}, {large + 100, LARGE / 2}, {large + 100 + LARGE / 2, 0}};
    (void)unused;
    parts[2].iov_len = LARGE - 100 - LARGE / 2;
    for (int i = 0; i < LARGE; i++)
        large[i] = (char)(i * 7 / 5);
    begun = 1;
    say("writev", writev(ends[1], parts, 3));
    close(ends[1]);
}

static void call_sendmsg(void *unused)
{
    struct iovec parts[2] = {{large, LARGE / 3}, {large + LARGE / 3, LARGE - LARGE / 3}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    (void)unused;
    for (int i = 0; i < LARGE; i++)
        large[i] = (char)(i * 7 / 5);
    begun = 1;
    say("sendmsg", sendmsg(ends[1], &message, 0));
    close(ends[1]);
}

static void read_all(void *unused)
{
    static char piece[5000];
    long total = 0, wrong = 0;
    (void)unused;
    await_begun();
    for (long got; (got = read(ends[0], piece, sizeof piece)) > 0; total += got) {
        for (long i = 0; i < got; i++)
            wrong += piece[i] != (char)((total + i) * 7 / 5);
        rounds_yield();
    }
    printf("read %ld bytes, %ld wrong\n", total, wrong);
}

static struct sockaddr_in address = {.sin_family = AF_INET};

static void listen_somewhere(void)
{
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    truth_check(bind(ends[0], (void *)&address, sizeof address) == 0 && listen(ends[0], 4) == 0);
    truth_check(getsockname(ends[0], (void *)&address, &size) == 0);
}

static void call_accept(void *unused)
{
    struct sockaddr_in peer = {0};
    socklen_t size = sizeof peer;
    (void)unused;
    begun = 1;
    say("accept", accept(ends[0], (void *)&peer, &size) >= 0);
    truth_check(peer.sin_family == AF_INET && size == sizeof peer);
}

static void connect_to_it(void *unused)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    (void)unused;
    await_begun();
    say("connect", connect(fd, (void *)&address, sizeof address));
}

static int lock_of_other, lock_of_mine;

static void make_file(void)
{
    lock_of_other = open("locked", O_RDWR | O_CREAT, 0600);
    lock_of_mine = open("locked", O_RDWR);
    truth_check(flock(lock_of_other, LOCK_EX) == 0);
}

static void call_flock(void *unused)
{
    (void)unused;
    begun = 1;
    say("flock", flock(lock_of_mine, LOCK_EX));
}

static void unlock(void *unused)
{
    (void)unused;
    await_begun();
    truth_check(flock(lock_of_other, LOCK_UN) == 0);
}

static void make_ofd_lock(void)
{
    struct flock lock = {.l_type = F_WRLCK};
    lock_of_other = open("locked", O_RDWR | O_CREAT, 0600);
    lock_of_mine = open("locked", O_RDWR);
    truth_check(fcntl(lock_of_other, F_OFD_SETLK, &lock) == 0);
}

static void call_fcntl(void *unused)
{
    struct flock lock = {.l_type = F_WRLCK};
    (void)unused;
    begun = 1;
    say("fcntl", fcntl(lock_of_mine, F_OFD_SETLKW, &lock));
}

static void unlock_ofd(void *unused)
{
    struct flock lock = {.l_type = F_UNLCK};
    (void)unused;
    await_begun();
    truth_check(fcntl(lock_of_other, F_OFD_SETLK, &lock) == 0);
}

static void make_fifo(void)
{
    truth_check(mkfifo("fifo", 0600) == 0);
}

static void call_open(void *unused)
{
    char path[] = "fifo"; /* on this green thread's stack */
    (void)unused;
    begun = 1;
    say("open", open(path, O_RDONLY) >= 0);
}

static void open_other_end(void *unused)
{
    (void)unused;
    await_begun();
    while (open("fifo", O_WRONLY | O_NONBLOCK) < 0)
        rounds_yield();
}

static sem_t semaphore;

static void make_semaphore(void)
{
    truth_check(sem_init(&semaphore, 0, 0) == 0);
}

static void call_sem_wait(void *unused)
{
    (void)unused;
    begun = 1;
    say("sem_wait", sem_wait(&semaphore));
}

static void post(void *unused)
{
    (void)unused;
    await_begun();
    truth_check(sem_post(&semaphore) == 0);
}

static pid_t child;

static void make_child(void)
{
    make_pipe();
    child = fork();
    if (child == 0) {
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 0 ? 3 : 4);
    }
}

static void call_waitpid(void *unused)
{
    int status = 0;
    (void)unused;
    begun = 1;
    say("waitpid", waitpid(child, &status, 0) == child);
    truth_check(WIFEXITED(status) && WEXITSTATUS(status) == 3);
}

static void end_child(void *unused)
{
    (void)unused;
    await_begun();
    close(ends[1]);
}

static void call_fsync(void *unused)
{
    (void)unused;
    begun = 1;
    say("fsync", fsync(lock_of_mine));
}

static void call_getaddrinfo(void *unused)
{
    char name[] = "localhost", service[] = "80";
    struct addrinfo hints = {.ai_flags = AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    (void)unused;
    begun = 1;
    say("getaddrinfo", getaddrinfo(name, service, &hints, &found));
    truth_check(found != NULL && found->ai_socktype == SOCK_STREAM);
    if (found)
        freeaddrinfo(found);
}

static void let_slow_call_end(void *unused)
{
    (void)unused;
    await_begun();
    slow_library_let();
}

/* Sleeps end by themselves; what depends on the others is that they counted meanwhile. */
static long counted;
static int asleep;

static void call_sleep(void *how)
{
    struct timespec time = {0, 60000000}, until;
    (void)how;
    begun = asleep = 1;
    say("usleep", usleep(60000));
    truth_check(counted > 2);
    long before = counted;
    say("nanosleep", nanosleep(&time, NULL));
    truth_check(counted > before + 2);
    before = counted;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 60000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    say("clock_nanosleep", clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL));
    truth_check(counted > before + 2);
    before = counted;
    say("sleep", sleep(1));
    truth_check(counted > before + 2);
    asleep = 0;
}

static void count_up(void *unused)
{
    (void)unused;
    await_begun();
    for (; asleep; counted++)
        rounds_wait(-1, 0, 2000000);
}

static const struct {
    const char *name;
    void (*make)(void), (*call)(void *), (*other)(void *);
} cases[] = {
    {"read", make_pipe, call_read, write_it},
    {"readv", make_pipe, call_readv, write_it},
    {"recv", make_sockets, call_recv, write_it},
    {"recvmsg", make_sockets, call_recvmsg, write_it},
    {"poll", make_pipe, call_poll, write_it},
    {"poll_two", make_pipe, call_poll_two, write_it},
    {"select", make_pipe, call_select, write_it},
    {"epoll_wait", make_pipe, call_epoll, write_it},
    {"write", make_pipe, call_write, read_all},
    {"writev", make_pipe, call_writev, read_all},
    {"send", make_sockets, call_send, read_all},
    {"sendmsg", make_sockets, call_sendmsg, read_all},
    {"write_socket", make_sockets, call_write, read_all},
    {"accept", listen_somewhere, call_accept, connect_to_it},
    {"flock", make_file, call_flock, unlock},
    {"fcntl", make_ofd_lock, call_fcntl, unlock_ofd},
    {"open", make_fifo, call_open, open_other_end},
    {"sem_wait", make_semaphore, call_sem_wait, post},
    {"waitpid", make_child, call_waitpid, end_child},
    {"fsync", make_file, call_fsync, let_slow_call_end},
    {"getaddrinfo", make_pipe, call_getaddrinfo, let_slow_call_end},
    {"sleep", make_pipe, call_sleep, count_up},
};

int main(int argc, char **argv)
{
    int share = argc > 2 && !strcmp(argv[1], "shared");
    const char *name = argv[argc - 1];
    if (!strcmp(name, "--list")) {
        for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
            puts(cases[i].name);
        return 0;
    }
    signal(SIGPIPE, SIG_IGN);
    rounds_announce();
    if (share)
        rounds_share_stack();
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(cases[i].name, name)) {
            cases[i].make();
            rounds_add(cases[i].call, NULL);
            rounds_add(cases[i].other, NULL);
            rounds_run();
            return 0;
        }
    printf("no such call: %s\n", name);
    return 2;
}
