/* SPDX-License-Identifier: MIT
 *
 * What the generated wrappers (interpose.c) and those written by hand (variadic.c) have in common:
 * how a column of the table becomes code. Every macro here is one expression or one declaration.
 */
#ifndef SHUNT_WRAPPER_H
#define SHUNT_WRAPPER_H

#include "guard.h"
#include "real.h"
#include "route.h"
#include "target.h"

#include <dirent.h>
#include <stdio.h>

/* The wrapper of `name` has a name of its own in C, so that no prototype of libc's is in the way,
 * and the intercepted name in the object file. */
#define WRAPPER(name, result, params) WRAPPER_AT(, name, result, params)
#define WRAPPER_AT(place, name, result, params)                                            \
    result wrap_##name params __asm__(#name) __attribute__((visibility("default"))) place; \
    result wrap_##name params

#define WRAPPER_ALIAS(twin, name)                             \
    extern __typeof__(wrap_##name) wrap_##twin __asm__(#twin) \
        __attribute__((alias(#name), visibility("default")));

/* One version of an intercepted name: `tag` is "@@" for the default, "@" for the others. A `same`
 * version is another one of the code that `wrap_name` is. */
#define WRAPPER_VERSION(function, name, tag, version, result, params) \
    WRAPPER_VERSION_AT(, function, name, tag, version, result, params)
#define WRAPPER_VERSION_AT(place, function, name, tag, version, result, params) \
    __asm__(".symver " #function ", " #name tag version);                       \
    result function params __attribute__((visibility("default"))) place;        \
    result function params

#define WRAPPER_SAME(function, wrapper, name, tag, version) \
    __asm__(".symver " #function ", " #name tag version);   \
    extern __typeof__(wrapper) function __attribute__((alias(#wrapper), visibility("default")));

/* Return address and frame address (CFA) of the wrapper. */
#define CALLER __builtin_return_address(0)
#define FRAME  __builtin_dwarf_cfa()

#define ENTER(v, name) enter(v, CALL_##name, CALLER, FRAME)

/* guard_enter for wrappers that do not go aside as a whole: switched off they observe nothing. */
GUARD_INLINE void enter(struct visit *v, uint16_t call, void *caller, void *frame)
{
    if (ROUTE_ASIDE() && route_is_off())
        *v = (struct visit){.fd = -1, .call = call};
    else
        guard_enter(v, call, caller, frame);
}

/* Column `fd`: calls on open files and streams come by the million, and have the guard inlined. The
 * others call it: their few nanoseconds matter less than half a megabyte of code. Those that wake
 * others come together with locks, and lie where locks do. */
#define PACE_NONE          far
#define PACE_USES          near
#define PACE_OPENS         far
#define PACE_CLOSES        near
#define PACE_CONNECTS      far
#define PACE_SET           near
#define PACE_EPOLL         near
#define PACE_SELECT        near
#define PACE_STREAM1       near
#define PACE_STREAM2       near
#define PACE_STREAM3       near
#define PACE_STREAM4       near
#define PACE_STREAM5       near
#define PACE_STREAM_CLOSES far
#define PACE_DIRECTORY     near
#define PACE_RELEASES      far
#define PACE_WAKES         hot

/* Where the wrapper lies. */
#define TEXT(fd_)    TEXT_(PACE_##fd_)
#define TEXT_(pace)  TEXT__(pace)
#define TEXT__(pace) TEXT_##pace
#define TEXT_near
#define TEXT_far
#define TEXT_hot HOT_TEXT

/* guard_enter or guard_enter_far, and so on. */
#define GUARD(step, fd_)     GUARD_(step, PACE_##fd_)
#define GUARD_(step, pace)   GUARD__(step, pace)
#define GUARD__(step, pace)  GUARD_##pace(guard_##step)
#define GUARD_near(function) function
#define GUARD_far(function)  function##_far
#define GUARD_hot(function)  function##_far

/* Column `fail`: did the call fail? */
#define FAILED_MINUS_ONE(r)     ((r) == (__typeof__(r))-1)
#define FAILED_NONZERO_ERROR(r) ((r) != 0)
#define FAILED_NONZERO_EAI(r)   ((r) != 0)
#define FAILED_REMAINING(r)     ((r) != 0)
#define FAILED_NULL_POINTER(r)  ((r) == NULL)
#define FAILED_NONZERO_THRD(r)  ((r) != 0)
#define FAILED_NOTHING(r)       (0)

/* Column `blocks`: is it a wait of the poll family? */
#define WAITS_DATA      0
#define WAITS_READY     1
#define WAITS_DISK      0
#define WAITS_TIMER     0
#define WAITS_NAME      0
#define WAITS_CHILD     0
#define WAITS_LOCK      0
#define WAITS_CONDITION 0
#define WAITS_NEVER     0

/* Column `fd`: what of the arguments the visit keeps. Memory of the caller's is not read here: the
 * kernel may be about to answer EFAULT. */
#define NOTE(column, v, ...)                              NOTE_##column(v, __VA_ARGS__)
#define NOTE_NONE(v, ...)                                 (void)(v)
#define NOTE_USES(v, fd_, ...)                            note_fd(v, fd_)
#define NOTE_OPENS(v, ...)                                (void)(v)
#define NOTE_CLOSES(v, fd_)                               note_closing(v, fd_)
#define NOTE_CONNECTS(v, fd_, address_, length_)          note_address(v, fd_, address_, length_)
#define NOTE_SET(v, set_, count_, timeout_, ...)          note_set(v, set_, count_, TIMEOUT(timeout_))
#define NOTE_EPOLL(v, fd_, events_, most_, timeout_, ...) note_epoll(v, fd_, TIMEOUT(timeout_))
#define NOTE_SELECT(v, count_, r_, w_, e_, timeout_, ...) note_select(v, count_, TIMEOUT(timeout_))
#define NOTE_STREAM1(v, s_, ...)                          note_stream(v, s_)
#define NOTE_STREAM2(v, a_, s_, ...)                      note_stream(v, s_)
#define NOTE_STREAM3(v, a_, b_, s_, ...)                  note_stream(v, s_)
#define NOTE_STREAM4(v, a_, b_, c_, s_, ...)              note_stream(v, s_)
#define NOTE_STREAM5(v, a_, b_, c_, d_, s_, ...)          note_stream(v, s_)
#define NOTE_STREAM_CLOSES(v, s_, ...)                    note_stream_closing(v, s_)
#define NOTE_RELEASES(v, c_, m_, ...)                     note_released(v, m_)
#define NOTE_WAKES(v, ...)                                (void)(v)
#define NOTE_DIRECTORY(v, d_, ...)                        note_directory(v, d_)

/* A timeout as poll's: 0 none, -1 no limit, 1 some or not known without reading memory. */
#define TIMEOUT(t) \
    _Generic((t),                                                                                  \
        int: timeout_of_number,                                                                    \
        const struct timespec *: timeout_of_pointer,                                               \
        struct timeval *: timeout_of_pointer)(t)

static inline int timeout_of_number(int milliseconds)
{
    return milliseconds < 0 ? -1 : milliseconds > 0;
}

static inline int timeout_of_pointer(const void *timeout)
{
    return timeout ? 0 : -1;
}

static inline void note_fd(struct visit *v, int fd)
{
    v->fd = fd;
}

static inline void note_closing(struct visit *v, int fd)
{
    v->fd = fd;
    pending_closing(fd);
    if (v->thread)
        v->target = target_closing(fd);
}

static inline void note_address(struct visit *v, int fd, const struct sockaddr *address,
                                socklen_t length)
{
    v->fd = fd;
    v->address = address;
    v->length = length;
}

/* Which fd a stream or directory has is asked only if the call turns out to have blocked. */
static inline void note_stream(struct visit *v, FILE *stream)
{
    v->address = stream;
}

static inline void note_stream_closing(struct visit *v, FILE *stream)
{
    v->target = 0;
    if (stream)
        pending_closing(stream->_fileno);
    if (v->thread && stream)
        v->target = target_closing(stream->_fileno);
}

/* Which lock does not count as held meanwhile. */
static inline void note_released(struct visit *v, const void *mutex)
{
    v->address = mutex;
}

static inline void note_directory(struct visit *v, DIR *directory)
{
    v->address = directory;
}

static inline void note_wait(struct visit *v, int epoll, const void *set, uint32_t fds, int timeout)
{
    v->wait = (struct wait_facts){.frame = v->frame,
                                  .set = set,
                                  .fd = epoll,
                                  .fds = fds,
                                  .may_block = timeout != 0,
                                  .unbounded = timeout < 0};
}

static inline void note_set(struct visit *v, const struct pollfd *set, nfds_t count, int timeout)
{
    v->address = set;
    v->length = (uint32_t)count;
    note_wait(v, -1, set, (uint32_t)count, timeout);
}

static inline void note_epoll(struct visit *v, int fd, int timeout)
{
    v->fd = fd;
    note_wait(v, fd, NULL, 0, timeout);
}

static inline void note_select(struct visit *v, int count, int timeout)
{
    note_wait(v, -1, NULL, (uint32_t)count, timeout);
}

#endif
