/* SPDX-License-Identifier: MIT
 *
 * See target.h. Names are remembered by fd and checked with fstat: an fd whose inode is another one
 * is another file, whoever closed and opened it and however we missed that.
 */
#include "target.h"

#include "raw.h"
#include "trace.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

enum { KNOWN_FDS = 1024, TARGET_SIZE = 512, PATH_PREFIX = 16 };

struct known {
    uint64_t device;
    uint64_t inode;
    uint32_t target;
    uint32_t seq; /* odd while it is being written */
};

static struct known known[KNOWN_FDS];

static uint32_t known_get(int fd, const struct stat *st)
{
    if (fd >= KNOWN_FDS)
        return 0;
    const struct known *k = &known[fd];
    uint32_t seq = __atomic_load_n(&k->seq, __ATOMIC_ACQUIRE);
    uint64_t device = __atomic_load_n(&k->device, __ATOMIC_ACQUIRE);
    uint64_t inode = __atomic_load_n(&k->inode, __ATOMIC_ACQUIRE);
    uint32_t target = __atomic_load_n(&k->target, __ATOMIC_ACQUIRE);
    if (device != st->st_dev || inode != st->st_ino)
        return 0;
    return !(seq & 1) && seq == __atomic_load_n(&k->seq, __ATOMIC_RELAXED) ? target : 0;
}

static void known_put(int fd, const struct stat *st, uint32_t target)
{
    if (fd >= KNOWN_FDS || !target)
        return;
    struct known *k = &known[fd];
    uint32_t seq = __atomic_load_n(&k->seq, __ATOMIC_RELAXED);
    if (seq & 1 ||
        !__atomic_compare_exchange_n(&k->seq, &seq, seq + 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return;
    __atomic_store_n(&k->device, st->st_dev, __ATOMIC_RELEASE);
    __atomic_store_n(&k->inode, st->st_ino, __ATOMIC_RELEASE);
    __atomic_store_n(&k->target, target, __ATOMIC_RELEASE);
    __atomic_store_n(&k->seq, seq + 2, __ATOMIC_RELEASE);
}

static int socket_option(int fd, int option, void *value, socklen_t size)
{
    return (int)arch_syscall(SYS_getsockopt, fd, SOL_SOCKET, option, (long)value, (long)&size, 0);
}

static int name_inet(char *text, size_t size, const char *kind, const struct sockaddr *address)
{
    char host[INET6_ADDRSTRLEN];
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
        return snprintf(text, size, "%s:%s:%u", kind, host, ntohs(in->sin_port));
    }
    const struct sockaddr_in6 *in6 = (const void *)address;
    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host);
    return snprintf(text, size, "%s:[%s]:%u", kind, host, ntohs(in6->sin6_port));
}

static int name_unix(char *text, size_t size, const struct sockaddr *address, socklen_t length)
{
    const struct sockaddr_un *un = (const void *)address;
    int room = (int)length - (int)sizeof un->sun_family;
    if (room <= 0)
        return snprintf(text, size, "unix");
    if (!un->sun_path[0])
        return snprintf(text, size, "unix:@%.*s", room - 1, un->sun_path + 1);
    return snprintf(text, size, "unix:%.*s", room, un->sun_path);
}

static int name_address(int fd, char *text, size_t size, const struct sockaddr *address,
                        socklen_t length)
{
    int type = 0;
    if (address->sa_family == AF_UNIX)
        return name_unix(text, size, address, length);
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
        return snprintf(text, size, "socket:family-%u", address->sa_family);
    socket_option(fd, SO_TYPE, &type, sizeof type);
    return name_inet(text, size,
                     type == SOCK_STREAM  ? "tcp"
                     : type == SOCK_DGRAM ? "udp"
                                          : "ip",
                     address);
}

/* A connection that is not there yet will be named by its peer; until then by nothing, for the
 * number that the kernel chose for this end of it says nothing. */
static int is_to_be_connected(int fd, const struct sockaddr_storage *address)
{
    int type = 0;
    socket_option(fd, SO_TYPE, &type, sizeof type);
    return type == SOCK_STREAM && (address->ss_family == AF_INET || address->ss_family == AF_INET6);
}

/* The peer; a socket without one is named by where it listens. 0: it has no name yet. */
static int name_socket(int fd, char *text, size_t size)
{
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    if (arch_syscall(SYS_getpeername, fd, (long)&address, (long)&length, 0, 0, 0) == 0)
        return name_address(fd, text, size, (struct sockaddr *)&address, length);
    int listens = 0;
    length = sizeof address;
    if (arch_syscall(SYS_getsockname, fd, (long)&address, (long)&length, 0, 0, 0) != 0)
        return snprintf(text, size, "socket");
    socket_option(fd, SO_ACCEPTCONN, &listens, sizeof listens);
    if (!listens && is_to_be_connected(fd, &address))
        return 0;
    int n = listens ? snprintf(text, size, "listen:") : 0;
    return n + name_address(fd, text + n, size - (size_t)n, (struct sockaddr *)&address, length);
}

/* The kernel's name of the open file: a path, or "anon_inode:[eventfd]". */
static int name_link(int fd, char *text, size_t size, const char *kind, const struct stat *st)
{
    char proc[32];
    char link[TARGET_SIZE - PATH_PREFIX];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
    long n = raw_readlink(proc, link, sizeof link - 1);
    if (n <= 0)
        return snprintf(text, size, "%s:[%u:%u]%lu", kind, major(st->st_dev), minor(st->st_dev),
                        (unsigned long)st->st_ino);
    link[n] = 0;
    if (!strncmp(link, "anon_inode:", 11)) {
        size_t word = strspn(link + 11, "[");
        return snprintf(text, size, "%.*s", (int)strcspn(link + 11 + word, "]"), link + 11 + word);
    }
    return snprintf(text, size, "%s:%s", kind, link);
}

static int name_fd(int fd, char *text, size_t size, const struct stat *st)
{
    switch (st->st_mode & S_IFMT) {
    case S_IFSOCK:
        return name_socket(fd, text, size);
    case S_IFREG:
        return name_link(fd, text, size, "file", st);
    case S_IFDIR:
        return name_link(fd, text, size, "dir", st);
    case S_IFIFO:
        /* A pipe without a name lies in the kernel's own file system, whose device has major 0. */
        return major(st->st_dev) == 0 && st->st_nlink == 1 ? snprintf(text, size, "pipe")
                                                           : name_link(fd, text, size, "fifo", st);
    case S_IFCHR:
        return name_link(fd, text, size,
                         major(st->st_rdev) >= 136 && major(st->st_rdev) <= 143 ? "tty"
                         : major(st->st_rdev) == 4 || major(st->st_rdev) == 5   ? "tty"
                                                                                : "dev",
                         st);
    default:
        return name_link(fd, text, size, "file", st);
    }
}

uint32_t target_of(int fd)
{
    struct stat st = {0};
    char text[TARGET_SIZE];
    if (fd < 0 || trace_sealed() || raw_fstat(fd, &st) != 0)
        return 0;
    uint32_t target = known_get(fd, &st);
    if (target)
        return target;
    int n = name_fd(fd, text, sizeof text, &st);
    if (n <= 0)
        return 0;
    target =
        trace_string(STRING_TARGET, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    known_put(fd, &st, target);
    return target;
}

uint32_t target_closing(int fd)
{
    struct stat st = {0};
    if (fd < 0 || fd >= KNOWN_FDS || !__atomic_load_n(&known[fd].target, __ATOMIC_RELAXED) ||
        trace_sealed() || raw_fstat(fd, &st) != 0)
        return 0;
    uint32_t target = known_get(fd, &st);
    __atomic_store_n(&known[fd].target, 0, __ATOMIC_RELAXED);
    return target;
}

uint32_t target_of_address(int fd, const struct sockaddr *address, socklen_t length)
{
    char text[TARGET_SIZE];
    if (trace_sealed() || !address || length < sizeof address->sa_family)
        return 0;
    if ((address->sa_family == AF_INET && length < sizeof(struct sockaddr_in)) ||
        (address->sa_family == AF_INET6 && length < sizeof(struct sockaddr_in6)))
        return 0;
    int n = name_address(fd, text, sizeof text, address, length);
    return n > 0 ? trace_string(STRING_TARGET, text,
                                (size_t)n < sizeof text ? (size_t)n : sizeof text - 1)
                 : 0;
}

/* In this order: of most files that calls block on, a disk's, the first question is the last. */
int target_unbounded(int fd)
{
    struct stat st = {0};
    struct timeval receive = {0}, send = {0};
    if (trace_sealed() || raw_fstat(fd, &st) != 0 ||
        !(S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) ||
        arch_syscall(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0) & O_NONBLOCK)
        return 0;
    if (S_ISFIFO(st.st_mode))
        return 1;
    if (socket_option(fd, SO_RCVTIMEO, &receive, sizeof receive) != 0)
        return 0;
    socket_option(fd, SO_SNDTIMEO, &send, sizeof send);
    return !(receive.tv_sec || receive.tv_usec || send.tv_sec || send.tv_usec);
}
