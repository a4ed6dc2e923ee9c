/* SPDX-License-Identifier: MIT
 *
 * Results, bytes, error numbers and time limits that each green thread sees are those of bare
 * calls, whoever ran meanwhile. Another thread sends, so that bare calls come to an end, too.
 *
 *   native_order [shared]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "parity.h"
#include "rounds.h"

enum { GREENS = 6, PIECES = 40, LINES = 64, LINE = 96 };

/* What each saw, printed at the end. */
static struct {
    char line[LINES][LINE];
    int lines;
} seen[GREENS + 8];

__attribute__((format(printf, 2, 3))) static void see(long who, const char *format, ...)
{
    va_list list;
    int *lines = &seen[who].lines;
    if (*lines == LINES)
        return;
    va_start(list, format);
    vsnprintf(seen[who].line[(*lines)++], LINE, format, list);
    va_end(list);
}

static void see_result(long who, const char *what, long result)
{
    see(who, "%s: %ld %s", what, result, result < 0 ? strerrorname_np(errno) : "");
}

/* ---- streams ---- */

static int streams[GREENS][2];

static void *send_all(void *unused)
{
    for (int piece = 0; piece < PIECES; piece++)
        for (int i = 0; i < GREENS; i++) {
            char text[16];
            int length = snprintf(text, sizeof text, "%d.%d;", i, piece);
            truth_check(parity_raw(SYS_write, streams[i][1], (long)text, length, 0) == length);
            if ((piece + i) % 4 == 0)
                parity_pause();
        }
    for (int i = 0; i < GREENS; i++)
        parity_raw(SYS_close, streams[i][1], 0, 0, 0);
    return unused;
}

/* Bytes come in pieces that differ from run to run; what they are does not. */
static void receive_all(void *number)
{
    long who = (long)number, total = 0;
    char all[PIECES * 16] = "", piece[7];
    for (long got; (got = read(streams[who][0], piece, sizeof piece)) > 0; total += got)
        memcpy(all + total, piece, (size_t)got);
    unsigned long sum = 0;
    for (long i = 0; i < total; i++)
        sum = sum * 31 + (unsigned char)all[i];
    see(who, "%ld bytes, %.8s..., sum %lx", total, all, sum);
}

/* ---- errors and limits ---- */

static int64_t spent(int64_t since)
{
    return (rounds_now() - since) / 1000000;
}

static void time_limits(void *number)
{
    long who = (long)number;
    int ends[2];
    char byte;
    struct timeval limit = {0, 80000};
    struct pollfd set = {.events = POLLIN};
    truth_check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    int64_t since = rounds_now();
    see_result(who, "recv with a limit", recv(ends[0], &byte, 1, 0));
    truth_check(spent(since) >= 80);
    since = rounds_now();
    see_result(who, "read with a limit", read(ends[0], &byte, 1));
    truth_check(spent(since) >= 80);
    set.fd = ends[0];
    since = rounds_now();
    see_result(who, "poll", poll(&set, 1, 70));
    truth_check(spent(since) >= 70 && set.revents == 0);
    struct pollfd two[2] = {set, set};
    since = rounds_now();
    see_result(who, "poll of two", poll(two, 2, 70));
    truth_check(spent(since) >= 70);
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(ends[0], &reads);
    limit.tv_usec = 60000;
    see_result(who, "select", select(ends[0] + 1, &reads, NULL, NULL, &limit));
    see(who, "select left %ld.%ld %d", (long)limit.tv_sec, (long)limit.tv_usec,
        FD_ISSET(ends[0], &reads));
    close(ends[1]);
    see_result(who, "recv at the end", recv(ends[0], &byte, 1, 0));
    see_result(who, "send to nobody", send(ends[0], &byte, 1, MSG_NOSIGNAL));
    close(ends[0]);
}

static void limit_of_sending(void *number)
{
    long who = (long)number;
    static char much[1 << 20];
    int ends[2];
    struct timeval limit = {0, 80000};
    truth_check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    long sent = send(ends[0], much, sizeof much, 0);
    see(who, "send with a limit: a part: %d", sent > 0 && sent < (long)sizeof much);
    see_result(who, "and nothing more", send(ends[0], much, sizeof much, 0));
    close(ends[1]);
    close(ends[0]);
}

static void errors(void *number)
{
    long who = (long)number;
    char text[300], *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct stat st;
    int status = 7;
    struct timespec time = {0, -1}, rest = {5, 5};
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
    errno = 0;
    see_result(who, "open", open("not/there", O_RDONLY));
    see_result(who, "open of nowhere", open(nowhere, O_RDONLY));
    see_result(who, "stat", stat("not there", &st));
    see_result(who, "stat into nowhere", stat(".", (struct stat *)nowhere));
    see_result(who, "fsync", fsync(-1));
    see_result(who, "read", read(-1, text, 1));
    see_result(who, "recv", recv(-1, text, 1, 0));
    see_result(who, "waitpid", waitpid(-1, &status, 0));
    see(who, "status %d", status);
    see_result(who, "nanosleep", nanosleep(&time, &rest));
    time.tv_nsec = 1000;
    see_result(who, "nanosleep", nanosleep(&time, &rest));
    see(who, "rest %ld %ld", (long)rest.tv_sec, rest.tv_nsec);
    see_result(who, "clock_nanosleep", clock_nanosleep(99, 0, &time, NULL));
    see_result(who, "connect", connect(-1, (void *)text, 4));
    see(who, "getaddrinfo: %d", getaddrinfo("no such number", "80", &hints, &found));
    truth_check(found == NULL);
    errno = EXDEV;
    truth_check(mkdir("made", 0700) == 0 && rmdir("made") == 0);
    see(who, "errno after a success: %s", strerrorname_np(errno));
}

static void texts_and_structs(void *number)
{
    long who = (long)number;
    char text[600], name[64] = "f-XXXXXX";
    struct passwd entry, *account = NULL;
    struct group group, *members = NULL;
    struct stat st = {0};
    memset(text, '.', sizeof text);
    truth_check(symlink("target", "link") == 0);
    see_result(who, "readlink", readlink("link", text, sizeof text));
    see(who, "%.10s", text);
    int fd = mkstemp(name);
    see(who, "mkstemp: %d %d", fd >= 0, strncmp(name, "f-", 2) == 0 && !strstr(name, "XX"));
    see(who, "write: %ld", (long)pwrite(fd, "0123456789", 10, 0));
    struct iovec parts[2] = {{text, 3}, {text + 10, 4}};
    see_result(who, "preadv", preadv(fd, parts, 2, 2));
    see(who, "%.3s %.5s", text, text + 10);
    see_result(who, "fstat", fstat(fd, &st));
    see_result(who, "getpwnam_r", getpwnam_r("root", &entry, text, sizeof text, &account));
    see(who, "size %ld, found %d", (long)st.st_size, account == &entry);
    truth_check(account && account->pw_name >= text && account->pw_name < text + sizeof text);
    see(who, "%s %s %d", entry.pw_name, entry.pw_dir, (int)entry.pw_uid);
    see_result(who, "getgrgid_r", getgrgid_r(0, &group, text, sizeof text, &members));
    see(who, "%s", members ? members->gr_name : "none");
    see(who, "getpwnam_r: %d", getpwnam_r("nobody of this name", &entry, text, 600, &account));
    see(who, "none: %d", account == NULL);
    char *path = realpath(".", text);
    see(who, "realpath: %d %d", path == text, text[0] == '/');
    close(fd);
    unlink(name);
    unlink("link");
}

static void datagrams(void *number)
{
    long who = (long)number;
    int ends[2];
    char text[64], control[64];
    struct sockaddr_un *none = NULL;
    truth_check(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    truth_check(parity_raw(SYS_write, ends[1], (long)"datagram one", 12, 0) == 12);
    struct iovec part = {text, 4};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof control};
    see_result(who, "recvmsg", recvmsg(ends[0], &message, 0));
    see(who, "cut off: %d, %.4s", (message.msg_flags & MSG_TRUNC) != 0, text);
    truth_check(none == NULL);
    close(ends[0]);
    close(ends[1]);
}

struct message {
    long type;
    char text[32];
};

static int queue;

static void *send_message(void *unused)
{
    struct message message = {5, "sent"};
    for (int i = 0; i < 20; i++)
        parity_pause();
    truth_check(parity_raw(SYS_msgsnd, queue, (long)&message, 5, 0) == 0);
    return unused;
}

static void messages(void *number)
{
    long who = (long)number;
    struct message message = {0, "................"};
    queue = msgget(IPC_PRIVATE, 0600);
    pthread_t sender = parity_start(send_message, NULL);
    see_result(who, "msgrcv", msgrcv(queue, &message, sizeof message.text, 0, 0));
    see(who, "type %ld, %s%s", message.type, message.text, message.text + 5);
    pthread_join(sender, NULL);
    see_result(who, "msgctl", msgctl(queue, IPC_RMID, NULL));
}

int main(int argc, char **argv)
{
    void (*const others[])(void *) = {time_limits,       limit_of_sending, errors,
                                      texts_and_structs, datagrams,        messages};
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < GREENS; i++)
        truth_check(pipe(streams[i]) == 0);
    rounds_announce();
    if (argc > 1 && !strcmp(argv[1], "shared"))
        rounds_share_stack();
    pthread_t sender = parity_start(send_all, NULL);
    for (long i = 0; i < GREENS; i++)
        rounds_add(receive_all, (void *)i);
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        rounds_add(others[i], (void *)(long)(GREENS + i));
    rounds_run();
    pthread_join(sender, NULL);
    for (unsigned i = 0; i < sizeof seen / sizeof *seen; i++)
        for (int line = 0; line < seen[i].lines; line++)
            printf("%u: %s\n", i, seen[i].line[line]);
    return 0;
}
