/* SPDX-License-Identifier: MIT
 *
 * See moved.h. A frame holds a call's arguments and result; a worker, or the caller itself, makes
 * the call from it. The frame lies on the caller's stack, which stays as it is until the call is
 * over.
 */
#include "moved.h"

#include "dispatch.h"
#include "wrapper.h"

#include <errno.h>

/* The error number of a failed call, by the row's convention; 0 where the result does not tell. */
#define ERROR_MINUS_ONE(r)     errno
#define ERROR_NULL_POINTER(r)  errno
#define ERROR_NONZERO_ERROR(r) (int)(long)(r)
#define ERROR_NONZERO_EAI(r)   0
#define ERROR_NONZERO_THRD(r)  0
#define ERROR_REMAINING(r)     0
#define ERROR_NOTHING(r)       0

/* Of the rows with a wrapper by hand only those that may move freely have a frame here; fcntl, too.
 */
#define MOVED_VARIADIC_YES(text) text
#define MOVED_VARIADIC_CARE(text)
#define MOVED_VARIADIC_NEVER(text)
#define FCNTL int, fd, int, cmd, void *, arg

/* ---- frames ---- */

#define FRAME_YES(name, result, ...)       \
    struct frame_##name {                  \
        __typeof__(real_calls.name) real_; \
        result r_;                         \
        FIELDS(__VA_ARGS__)                \
    };
#define FRAME_CARE FRAME_YES
#define FRAME_NEVER(...)
#define CALL(name, result, family, move, fail, abort, blocks, fd, fixture, ...) \
    FRAME_##move(name, result, __VA_ARGS__)
#define CALL_VOID(name, result, family, move, fail, abort, blocks, fd, fixture, ...) \
    FRAME_##move(name, int, __VA_ARGS__)
#define VARIADIC(name, result, family, move, fail, abort, blocks, fd, fixture, ...) \
    MOVED_VARIADIC_##move(FRAME_YES(name, result, __VA_ARGS__))
#define ALIAS(twin, name)
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC

FRAME_YES(fcntl, int, FCNTL)

/* ---- calls ---- */

static void make(struct visit *v, uint16_t id, int (*run)(void *), void *frame,
                 const long *arguments, const struct handoff_shape *shape)
{
    struct handoff_call call = {
        .call = id, .run = run, .frame = frame, .arguments = arguments, .shape = shape};
    dispatch_call(v, &call);
}

/* `made` makes the call from the frame `f`; `answer` is what the wrapper's caller gets. */
#define MOVED(name, result, made, failed, answer, ...)                              \
    static int run_##name(void *frame)                                              \
    {                                                                               \
        struct frame_##name *f = frame;                                             \
        made;                                                                       \
        return failed;                                                              \
    }                                                                               \
    result moved_##name(struct visit *visit_,                                       \
                        __typeof__(real_calls.name) real_ PARAMS_MORE(__VA_ARGS__)) \
    {                                                                               \
        struct frame_##name frame_ = {.real_ = real_, FIELD_VALUES(__VA_ARGS__)};   \
        const long arguments_[] = {LONGS(__VA_ARGS__)};                             \
        static const struct handoff_shape shape_ = {                                \
            .size = sizeof frame_,                                                  \
            .returned = __builtin_offsetof(__typeof__(frame_), r_),                 \
            .returned_size = sizeof frame_.r_,                                      \
            .place = {PLACES(__VA_ARGS__)},                                         \
            .pointers = POINTERS(__VA_ARGS__),                                      \
            .texts = TEXTS(__VA_ARGS__)};                                           \
        make(visit_, CALL_##name, run_##name, &frame_, arguments_, &shape_);        \
        answer;                                                                     \
    }

#define MOVED_YES(name, result, fail, ...)                         \
    MOVED(name, result, f->r_ = f->real_(FIELD_ARGS(__VA_ARGS__)), \
          FAILED_##fail(f->r_) ? ERROR_##fail(f->r_) : 0, return frame_.r_, __VA_ARGS__)
#define MOVED_VOID_YES(name, result, fail, ...) \
    MOVED(name, result, f->real_(FIELD_ARGS(__VA_ARGS__)), 0, (void)0, __VA_ARGS__)
#define MOVED_CARE      MOVED_YES
#define MOVED_VOID_CARE MOVED_VOID_YES
#define MOVED_NEVER(...)
#define MOVED_VOID_NEVER(...)

#define CALL(name, result, family, move, fail, abort, blocks, fd, fixture, ...) \
    MOVED_##move(name, result, fail, __VA_ARGS__)
#define CALL_VOID(name, result, family, move, fail, abort, blocks, fd, fixture, ...) \
    MOVED_VOID_##move(name, result, fail, __VA_ARGS__)
#define VARIADIC(name, result, family, move, fail, abort, blocks, fd, fixture, ...) \
    MOVED_VARIADIC_##move(MOVED_YES(name, result, fail, __VA_ARGS__))
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS

MOVED_YES(fcntl, int, MINUS_ONE, FCNTL)
