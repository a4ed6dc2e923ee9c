/* SPDX-License-Identifier: MIT
 *
 * The wrappers of calls.def's CALL rows, of the two codes of its VERSIONED rows, and their aliases.
 */
#include "aside.h"
#include "green_bound.h"
#include "green_lock.h"
#include "lock.h"
#include "moved.h"
#include "wrapper.h"

/* Column `move`: a call that goes aside and is not switched off. */
#define INSTEAD_YES(name, v, real_, ...) moved_##name(v, real_ ARGS_MORE(__VA_ARGS__))
#define INSTEAD_CARE                     INSTEAD_YES
#define INSTEAD_NEVER(name, v, real_, ...)                                           \
    __extension__({                                                                  \
        long other_ = 0;                                                             \
        GREEN_BOUND(CALL_##name) &&                                                  \
                green_bound(v, (void *)real_, (long[]){LONGS(__VA_ARGS__)}, &other_) \
            ? (__typeof__(real_(ARGS(__VA_ARGS__))))other_                           \
            : real_(ARGS(__VA_ARGS__));                                              \
    })

/* A call that goes aside; see route.h. `caller_` and `frame_` are of the wrapper. */
#define ASIDE(name, result, move, fail, blocks, fd_, ...)                                        \
    static __attribute__((noinline, cold)) result aside_##name(                                  \
        void *caller_, void *frame_, __typeof__(real_calls.name) real_ PARAMS_MORE(__VA_ARGS__)) \
    {                                                                                            \
        struct visit v;                                                                          \
        if (route_is_off())                                                                      \
            return real_(ARGS(__VA_ARGS__));                                                     \
        if (CALLFD_##fd_ == CALLFD_WAKES) {                                                      \
            v.call = CALL_##name;                                                                \
            return INSTEAD_##move(name, &v, real_, __VA_ARGS__);                                 \
        }                                                                                        \
        guard_enter_far(&v, CALL_##name, caller_, frame_);                                       \
        NOTE(fd_, &v, ARGS(__VA_ARGS__));                                                        \
        guard_begin_far(&v, WAITS_##blocks);                                                     \
        result r = INSTEAD_##move(name, &v, real_, __VA_ARGS__);                                 \
        aside_leave(&v, WAITS_##blocks, FAILED_##fail(r), (long)r);                              \
        return r;                                                                                \
    }

/* A call that wakes others where it may have to go aside, or is made before the constructor. */
#define WAKE(wake, real, name, result, ...)                                          \
    static __attribute__((noinline, cold)) result wake(PARAMS(__VA_ARGS__))          \
    {                                                                                \
        return ROUTE_ASIDE() ? aside_##name(NULL, NULL, real ARGS_MORE(__VA_ARGS__)) \
                             : real(ARGS(__VA_ARGS__));                              \
    }

/* The body of a wrapper around `real`, which is `known` where it was looked up, with the row's
 * columns. What wakes others is passed on. */
#define BODY(real, known, wake, name, result, fail, blocks, fd_, ...)        \
    {                                                                        \
        if (CALLFD_##fd_ == CALLFD_WAKES)                                    \
            return KNOWN(known) && !ROUTE_ASIDE() ? known(ARGS(__VA_ARGS__)) \
                                                  : wake(ARGS(__VA_ARGS__)); \
        if (ROUTE_ASIDE())                                                   \
            return aside_##name(CALLER, FRAME, real ARGS_MORE(__VA_ARGS__)); \
        struct visit v;                                                      \
        GUARD(enter, fd_)(&v, CALL_##name, CALLER, FRAME);                   \
        NOTE(fd_, &v, ARGS(__VA_ARGS__));                                    \
        GUARD(begin, fd_)(&v, WAITS_##blocks);                               \
        result r = real(ARGS(__VA_ARGS__));                                  \
        GUARD(leave, fd_)(&v, WAITS_##blocks, FAILED_##fail(r), (long)r);    \
        return r;                                                            \
    }

#define CALL(name, result, family, move, fail, abort, blocks, fd_, fixture, ...) \
    ASIDE(name, result, move, fail, blocks, fd_, __VA_ARGS__)                    \
    WAKE(wake_##name, REAL(name), name, result, __VA_ARGS__)                     \
    WRAPPER_AT(TEXT(fd_), name, result, (PARAMS(__VA_ARGS__)))                   \
    BODY(REAL(name), real_calls.name, wake_##name, name, result, fail, blocks, fd_, __VA_ARGS__)

#define VERSIONED(name, since, old, result, family, move, fail, abort, blocks, fd_, fixture, ...)  \
    ASIDE(name, result, move, fail, blocks, fd_, __VA_ARGS__)                                      \
    WAKE(wake_##name, REAL(name), name, result, __VA_ARGS__)                                       \
    WRAPPER_VERSION_AT(TEXT(fd_), wrap_##name, name, "@@", #since, result, (PARAMS(__VA_ARGS__)))  \
    BODY(REAL(name), real_calls.name, wake_##name, name, result, fail, blocks, fd_, __VA_ARGS__)   \
    WAKE(wake_old_##name, REAL_OLD(name, old), name, result, __VA_ARGS__)                          \
    WRAPPER_VERSION_AT(TEXT(fd_), wrap_old_##name, name, "@", #old, result, (PARAMS(__VA_ARGS__))) \
    BODY(REAL_OLD(name, old), real_calls.old_##name, wake_old_##name, name, result, fail, blocks,  \
         fd_, __VA_ARGS__)

#define CALL_VOID(name, result, family, move, fail, abort, blocks, fd_, fixture, ...)            \
    static __attribute__((noinline, cold)) void aside_##name(                                    \
        void *caller_, void *frame_, __typeof__(real_calls.name) real_ PARAMS_MORE(__VA_ARGS__)) \
    {                                                                                            \
        struct visit v;                                                                          \
        if (route_is_off()) {                                                                    \
            real_(ARGS(__VA_ARGS__));                                                            \
            return;                                                                              \
        }                                                                                        \
        guard_enter_far(&v, CALL_##name, caller_, frame_);                                       \
        NOTE(fd_, &v, ARGS(__VA_ARGS__));                                                        \
        guard_begin_far(&v, WAITS_##blocks);                                                     \
        INSTEAD_##move(name, &v, real_, __VA_ARGS__);                                            \
        aside_leave(&v, WAITS_##blocks, 0, 0);                                                   \
    }                                                                                            \
    WRAPPER(name, result, (PARAMS(__VA_ARGS__)))                                                 \
    {                                                                                            \
        if (ROUTE_ASIDE()) {                                                                     \
            aside_##name(CALLER, FRAME, REAL(name) ARGS_MORE(__VA_ARGS__));                      \
            return;                                                                              \
        }                                                                                        \
        struct visit v;                                                                          \
        GUARD(enter, fd_)(&v, CALL_##name, CALLER, FRAME);                                       \
        NOTE(fd_, &v, ARGS(__VA_ARGS__));                                                        \
        GUARD(begin, fd_)(&v, WAITS_##blocks);                                                   \
        REAL(name)(ARGS(__VA_ARGS__));                                                           \
        GUARD(leave, fd_)(&v, WAITS_##blocks, 0, 0);                                             \
    }

/* A lock is tried first; the one that is not free is waited for out of line. */
#define LOCK_AS(name, result, fail, kind, waits, after, ...)                                      \
    static __attribute__((noinline)) result wait_##name(struct lock_wait *w, PARAMS(__VA_ARGS__)) \
    {                                                                                             \
        if (!lock_wait_begin(w, CALL_##name, FIRST(ARGS(__VA_ARGS__)), TRACE_LOCK_##kind))        \
            return w->tried;                                                                      \
        result r = w->tried == BUSY_##fail ? waits : w->tried;                                    \
        if (r == BUSY_##fail)                                                                     \
            r = after;                                                                            \
        lock_wait_end(w, FAILED_##fail(r), r);                                                    \
        return r;                                                                                 \
    }                                                                                             \
    WRAPPER_AT(HOT_TEXT, name, result, (PARAMS(__VA_ARGS__)))                                     \
    {                                                                                             \
        result tried = TRY(name, ARGS(__VA_ARGS__));                                              \
        if (lock_took(tried, FIRST(ARGS(__VA_ARGS__)), TRACE_LOCK_##kind, CALLER))                \
            return tried;                                                                         \
        struct lock_wait w;                                                                       \
        lock_wait_init(&w, tried, CALLER, FRAME);                                                 \
        return wait_##name(&w, ARGS(__VA_ARGS__));                                                \
    }

#define LOCK(name, result, family, move, fail, abort, blocks, kind, fixture, ...) \
    LOCK_AS(name, result, fail, kind,                                             \
            green_lock_waits(w, BUSY_##fail, LIMIT(name, ARGS(__VA_ARGS__))),     \
            REAL(name)(ARGS(__VA_ARGS__)), __VA_ARGS__)
#define TRYLOCK(name, result, family, move, fail, abort, blocks, kind, fixture, ...) \
    LOCK_AS(name, result, fail, kind, w->tried, r, __VA_ARGS__)
/* ... and given back on a path that calls nothing but its unlock. */
#define UNLOCK(name, result, family, move, fail, abort, blocks, kind, fixture, ...) \
    static __attribute__((noinline)) result forget_##name(PARAMS(__VA_ARGS__))      \
    {                                                                               \
        lock_forget(FIRST(ARGS(__VA_ARGS__)));                                      \
        return REAL(name)(ARGS(__VA_ARGS__));                                       \
    }                                                                               \
    WRAPPER_AT(HOT_TEXT, name, result, (PARAMS(__VA_ARGS__)))                       \
    {                                                                               \
        return KNOWN(real_calls.name) && lock_gave_last(FIRST(ARGS(__VA_ARGS__)))   \
                   ? real_calls.name(ARGS(__VA_ARGS__))                             \
                   : forget_##name(ARGS(__VA_ARGS__));                              \
    }

#define VARIADIC(name, ...)
#define VERSIONED_VARIADIC(name, ...)
#define ALIAS(twin, name) WRAPPER_ALIAS(twin, name)
#define VARIADIC_ALIAS(twin, name)
#define VERSIONED_ALIAS(twin, name, since, old)                \
    WRAPPER_SAME(wrap_##twin, wrap_##name, twin, "@@", #since) \
    WRAPPER_SAME(wrap_old_##twin, wrap_old_##name, twin, "@", #old)
#define VERSION(name, version) WRAPPER_SAME(wrap_same_##name, wrap_##name, name, "@", #version)
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
