/* SPDX-License-Identifier: MIT
 *
 * Calls whose descriptor tells when they can be made: tried without waiting, from the caller's own
 * memory and on its own thread; while they would wait the green thread is parked until the
 * descriptor is ready. A call that transfers all or waits (send, write) goes on where the try
 * before it stopped, as it does inside the kernel.
 */
#include "park_ways.h"

#include "bounce.h"
#include "calls.h"
#include "raw.h"
#include "real.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <shunt.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum kind {
    NONE,
    READS,
    READS_VECTORS,
    WRITES,
    WRITES_VECTORS,
    RECEIVES,
    RECEIVES_MESSAGE,
    RECEIVES_MESSAGES,
    SENDS,
    SENDS_MESSAGE,
    ACCEPTS,
    POLLS,
    WAITS_EPOLL
};

static const struct {
    uint8_t kind;
    uint8_t flags; /* the argument with MSG_ flags, or the timeout in ms; 0: none */
} rows[CALL_COUNT] = {
    [CALL_read] = {.kind = READS},
    [CALL___read_chk] = {.kind = READS},
    [CALL_readv] = {.kind = READS_VECTORS},
    [CALL_write] = {.kind = WRITES},
    [CALL_writev] = {.kind = WRITES_VECTORS},
    [CALL_recv] = {RECEIVES, 3},
    [CALL_recvfrom] = {RECEIVES, 3},
    [CALL___recv_chk] = {RECEIVES, 4},
    [CALL___recvfrom_chk] = {RECEIVES, 4},
    [CALL_recvmsg] = {RECEIVES_MESSAGE, 2},
    [CALL_recvmmsg] = {RECEIVES_MESSAGES, 3},
    [CALL_send] = {SENDS, 3},
    [CALL_sendto] = {SENDS, 3},
    [CALL_sendmsg] = {SENDS_MESSAGE, 2},
    [CALL_accept] = {.kind = ACCEPTS},
    [CALL_accept4] = {.kind = ACCEPTS},
    [CALL_poll] = {POLLS, 2},
    [CALL___poll_chk] = {POLLS, 2},
    [CALL_epoll_wait] = {WAITS_EPOLL, 3},
};

enum { WINDOW = 64, MILLISECOND = 1000000 };

#define IN_PLACE     LONG_MIN       /* instead of a result: the call is not made here */
#define IS_LOOKED_AT (LONG_MIN + 1) /* ... it cannot be tried, and is ready */

struct ready {
    struct park *park;
    const struct handoff_call *call;
    unsigned pool;
    int *reason;
    uint8_t kind;
    uint8_t is_stream; /* a socket of this kind */
    short events;
    int fd;
    int flags;        /* as the caller gave them */
    int64_t deadline; /* ns of CLOCK_MONOTONIC; -1: none */
    size_t done;      /* bytes or messages so far */
    size_t total;
    struct iovec window[WINDOW]; /* what is left of the caller's vectors, or the first of it */
    struct msghdr message;
};

/* ---- which calls ---- */

static int tells(int fd)
{
    struct stat st = {0};
    if (raw_fstat(fd, &st) != 0)
        return 0;
    mode_t type = st.st_mode & S_IFMT;
    return type == S_IFIFO || type == S_IFSOCK || type == S_IFCHR || type == 0;
}

/* What a runtime can wait for; 0: something else is asked for as well. Errors are told whether they
 * are asked for or not (poll(2)); libpq does ask. */
static short events_of(short asked)
{
    enum {
        READING = POLLIN | POLLRDNORM,
        WRITING = POLLOUT | POLLWRNORM,
        ALWAYS = POLLERR | POLLHUP | POLLNVAL
    };
    asked &= (short)~ALWAYS;
    short events = (short)((asked & READING ? POLLIN : 0) | (asked & WRITING ? POLLOUT : 0) |
                           (asked & POLLPRI));
    if (asked & ~(READING | WRITING | POLLPRI | POLLRDHUP) ||
        (asked & POLLRDHUP && !(asked & READING)))
        return 0;
    return events;
}

static short events_polled(const struct handoff_call *call, int *fd)
{
    struct pollfd set = {.fd = -1};
    if (call->arguments[1] != 1 ||
        bounce_read(&set, (const void *)call->arguments[0], sizeof set) != 0 || set.fd < 0)
        return 0;
    *fd = set.fd;
    return events_of(set.events);
}

int park_ready_takes(const struct handoff_call *call)
{
    const long *a = call->arguments;
    int flags = rows[call->call].flags ? (int)a[rows[call->call].flags] : 0, fd;
    switch (rows[call->call].kind) {
    case NONE:
        return 0;
    case POLLS:
        return events_polled(call, &fd) != 0;
    case WAITS_EPOLL:
        return 1;
    case RECEIVES:
        return !(flags & (MSG_OOB | MSG_ERRQUEUE)) &&
               (flags & (MSG_WAITALL | MSG_PEEK)) != (MSG_WAITALL | MSG_PEEK) && tells((int)a[0]);
    case RECEIVES_MESSAGE:
        return !(flags & (MSG_OOB | MSG_ERRQUEUE | MSG_WAITALL)) && tells((int)a[0]);
    case RECEIVES_MESSAGES:
        return !(flags & (MSG_OOB | MSG_ERRQUEUE | MSG_WAITALL)) && !a[4] && tells((int)a[0]);
    default:
        return tells((int)a[0]);
    }
}

/* ---- arguments in the frame ---- */

static void set_number(const struct handoff_call *call, unsigned argument, int number)
{
    memcpy((char *)call->frame + call->shape->place[argument], &number, sizeof number);
}

static void set_word(const struct handoff_call *call, unsigned argument, const void *word)
{
    memcpy((char *)call->frame + call->shape->place[argument], word, sizeof(long));
}

/* Makes the call from its frame, with other flags or time than the caller's; -errno if it fails. */
static long run_with(const struct ready *r, int number)
{
    const struct handoff_call *call = r->call;
    unsigned argument = rows[call->call].flags;
    if (argument)
        set_number(call, argument, number);
    call->run(call->frame);
    if (argument)
        set_number(call, argument, r->flags);
    return park_returned(call, errno);
}

/* ---- what is left ---- */

static size_t sum(const struct iovec *vectors, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += vectors[i].iov_len;
    return bytes;
}

/* The first of what is left of the vectors after `done` bytes; how many. */
static size_t window_of(struct ready *r, const struct iovec *vectors, size_t count)
{
    size_t skip = r->done, used = 0;
    for (size_t i = 0; i < count && used < WINDOW; i++) {
        size_t length = vectors[i].iov_len;
        if (skip < length)
            r->window[used++] = (struct iovec){(char *)vectors[i].iov_base + skip, length - skip};
        skip = skip < length ? 0 : skip - length;
    }
    return used;
}

/* ---- tries ---- */

static int is_ready(const struct ready *r)
{
    struct pollfd set = {.fd = r->fd, .events = r->events};
    return arch_syscall(SYS_poll, (long)&set, 1, 0, 0, 0, 0) != 0;
}

/* Not every kind of file can be tried; there a look has to do. */
static long transfer(const struct ready *r, const struct iovec *vectors, size_t count)
{
    int writes = r->events == POLLOUT;
    if (r->done && r->is_stream) {
        struct msghdr message = {.msg_iov = (struct iovec *)vectors, .msg_iovlen = count};
        return arch_syscall(SYS_sendmsg, r->fd, (long)&message, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0,
                            0);
    }
    long result = arch_syscall(writes ? SYS_pwritev2 : SYS_preadv2, r->fd, (long)vectors,
                               (long)count, -1, -1, RWF_NOWAIT);
    if (result != -EOPNOTSUPP && result != -ENOSYS)
        return result;
    if (!is_ready(r))
        return -EAGAIN;
    if (!writes)
        return IS_LOOKED_AT;
    size_t size = vectors->iov_len < PIPE_BUF ? vectors->iov_len : PIPE_BUF;
    return arch_syscall(SYS_write, r->fd, (long)vectors->iov_base, (long)size, 0, 0, 0);
}

static long transfer_one(struct ready *r)
{
    const long *a = r->call->arguments;
    r->total = (size_t)a[2];
    struct iovec left = {(char *)a[1] + r->done, r->total - r->done};
    return transfer(r, &left, 1);
}

/* The caller's vectors are read when a try has read them. */
static long transfer_vectors(struct ready *r)
{
    const struct iovec *vectors = (const void *)r->call->arguments[1];
    size_t count = (size_t)r->call->arguments[2];
    if (r->done)
        return transfer(r, r->window, window_of(r, vectors, count));
    long result = transfer(r, vectors, count);
    if (result > 0)
        r->total = sum(vectors, count);
    return result;
}

static long exchange(struct ready *r)
{
    const long *a = r->call->arguments;
    const char *left = (const char *)a[1] + r->done;
    size_t size = (size_t)a[2] - r->done;
    r->total = (size_t)a[2];
    if (r->done) {
        set_word(r->call, 1, &left);
        set_word(r->call, 2, &size);
    }
    return run_with(r, r->flags | MSG_DONTWAIT | (r->done ? MSG_NOSIGNAL : 0));
}

static long send_message(struct ready *r)
{
    const struct msghdr *given = (const void *)r->call->arguments[1];
    if (r->done) {
        struct msghdr *rest = &r->message;
        *rest = (struct msghdr){.msg_iov = r->window};
        rest->msg_iovlen = window_of(r, given->msg_iov, given->msg_iovlen);
        set_word(r->call, 1, &rest);
        return run_with(r, r->flags | MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    long result = run_with(r, r->flags | MSG_DONTWAIT);
    if (result > 0)
        r->total = sum(given->msg_iov, given->msg_iovlen);
    return result;
}

static long receive_messages(struct ready *r)
{
    struct mmsghdr *rest = (struct mmsghdr *)r->call->arguments[1] + r->done;
    unsigned left = (unsigned)r->call->arguments[2] - (unsigned)r->done;
    r->total = r->flags & MSG_WAITFORONE ? 1 : (unsigned)r->call->arguments[2];
    set_word(r->call, 1, &rest);
    set_number(r->call, 2, (int)left);
    long result = run_with(r, r->flags | MSG_DONTWAIT);
    set_word(r->call, 1, &r->call->arguments[1]);
    set_number(r->call, 2, (int)r->call->arguments[2]);
    return result;
}

static long try_beside_rivals(struct ready *r)
{
    long result;
    switch (park_beside_rivals(r->park, r->call, r->pool, &result, r->reason)) {
    case PARK_MADE:
        return result;
    case PARK_TOO_LATE:
        return -EAGAIN;
    default:
        return IN_PLACE;
    }
}

static long try_here(struct ready *r)
{
    switch (r->kind) {
    case READS:
    case WRITES:
        return transfer_one(r);
    case READS_VECTORS:
    case WRITES_VECTORS:
        return transfer_vectors(r);
    case RECEIVES:
    case SENDS:
        return exchange(r);
    case SENDS_MESSAGE:
        return send_message(r);
    case RECEIVES_MESSAGE:
        return run_with(r, r->flags | MSG_DONTWAIT);
    case RECEIVES_MESSAGES:
        return receive_messages(r);
    case ACCEPTS:
        return is_ready(r) ? IS_LOOKED_AT : -EAGAIN;
    default:
        return run_with(r, 0);
    }
}

static long try(struct ready *r)
{
    long result = try_here(r);
    return result == IS_LOOKED_AT ? try_beside_rivals(r) : result;
}

/* ---- the call ---- */

/* Does the call want everything, and is not done with one success? */
static int wants_all(const struct ready *r)
{
    switch (r->kind) {
    case WRITES:
    case WRITES_VECTORS:
    case SENDS:
    case SENDS_MESSAGE:
    case RECEIVES_MESSAGES:
        return 1;
    case RECEIVES:
        return r->flags & MSG_WAITALL && r->is_stream;
    default:
        return 0;
    }
}

static int is_poll(const struct ready *r)
{
    return r->kind == POLLS || r->kind == WAITS_EPOLL;
}

/* 1: the call is over with *result. */
static int settle(struct ready *r, long *result)
{
    if (is_poll(r))
        return *result != 0;
    if (*result == -EAGAIN)
        return 0;
    if (*result > 0 && wants_all(r)) {
        r->done += (size_t)*result;
        *result = (long)r->done;
        return r->done >= r->total;
    }
    if (r->done)
        *result = (long)r->done;
    return 1;
}

static long late(const struct ready *r)
{
    return is_poll(r) ? 0 : r->done ? (long)r->done : -EAGAIN;
}

static int option(int fd, int name, void *value, socklen_t size)
{
    return arch_syscall(SYS_getsockopt, fd, SOL_SOCKET, name, (long)value, (long)&size, 0) == 0;
}

/* In nanoseconds; -1: none. */
static int64_t time_limit(const struct ready *r)
{
    struct timeval t = {0};
    if (is_poll(r))
        return r->flags < 0 ? -1 : (int64_t)r->flags * MILLISECOND;
    if (!option(r->fd, r->events == POLLOUT ? SO_SNDTIMEO : SO_RCVTIMEO, &t, sizeof t))
        return -1;
    int64_t ns = (int64_t)t.tv_sec * 1000000000 + (int64_t)t.tv_usec * 1000;
    return ns ? ns : -1;
}

static void set_up(struct ready *r, struct park *park, const struct handoff_call *call)
{
    const long *a = call->arguments;
    int type = 0;
    *r = (struct ready){.park = park,
                        .call = call,
                        .kind = rows[call->call].kind,
                        .events = POLLIN,
                        .fd = (int)a[0],
                        .flags = rows[call->call].flags ? (int)a[rows[call->call].flags] : 0};
    if (r->kind == WRITES || r->kind == WRITES_VECTORS || r->kind == SENDS ||
        r->kind == SENDS_MESSAGE)
        r->events = POLLOUT;
    if (r->kind == POLLS)
        r->events = events_polled(call, &r->fd);
    r->is_stream = option(r->fd, SO_TYPE, &type, sizeof type) && type == SOCK_STREAM;
    int64_t limit = time_limit(r);
    r->deadline = limit < 0 ? -1 : raw_now(CLOCK_MONOTONIC) + limit;
}

/* Parked, or where that is no longer possible in place: the call has begun. 0: it has not. */
static int await(struct ready *r, int64_t left)
{
    if (park_wait(r->park, r->fd, r->events, left) != SHUNT_NOT_PARKED)
        return 1;
    if (!r->park->switched && !r->done)
        return 0;
    struct timespec time = {left / 1000000000, left % 1000000000};
    struct pollfd set = {.fd = r->fd, .events = r->events};
    arch_syscall(SYS_ppoll, (long)&set, 1, left < 0 ? 0 : (long)&time, 0, 0, 0);
    return 1;
}

int park_ready_go(struct park *park, const struct handoff_call *call, unsigned pool, int *reason)
{
    struct ready r;
    int saved = errno;
    long result;
    set_up(&r, park, call);
    r.pool = pool;
    r.reason = reason;
    while (result = try(&r), !settle(&r, &result)) {
        int64_t left = r.deadline < 0 ? -1 : r.deadline - raw_now(CLOCK_MONOTONIC);
        if (r.deadline >= 0 && left <= 0) {
            result = late(&r);
            break;
        }
        left = park_left(park, left);
        if (left == 0 && !r.done) {
            park_expire(park, call);
            return 1;
        }
        if (left == 0) {
            result = (long)r.done;
            break;
        }
        if (!await(&r, left))
            return 0;
    }
    if (result == IN_PLACE)
        return 0;
    park_result(call, result < 0 ? -1 : result);
    errno = result < 0 ? (int)-result : saved;
    return 1;
}
