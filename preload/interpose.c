/* SPDX-License-Identifier: MIT
 *
 * The wrappers of calls.def's CALL rows, and their aliases.
 */
#include "wrapper.h"

#define CALL(name, result, family, move, fail, abort, blocks, fd_, fixture, ...) \
    WRAPPER(name, result, (PARAMS(__VA_ARGS__)))                                 \
    {                                                                            \
        struct visit v;                                                          \
        ENTER(&v, name);                                                         \
        NOTE(fd_, &v, ARGS(__VA_ARGS__));                                        \
        guard_begin(&v, WAITS_##blocks);                                         \
        result r = REAL(name)(ARGS(__VA_ARGS__));                                \
        guard_leave(&v, WAITS_##blocks, FAILED_##fail(r), (long)r);              \
        return r;                                                                \
    }

#define CALL_VOID(name, result, family, move, fail, abort, blocks, fd_, fixture, ...) \
    WRAPPER(name, result, (PARAMS(__VA_ARGS__)))                                      \
    {                                                                                 \
        struct visit v;                                                               \
        ENTER(&v, name);                                                              \
        NOTE(fd_, &v, ARGS(__VA_ARGS__));                                             \
        guard_begin(&v, WAITS_##blocks);                                              \
        REAL(name)(ARGS(__VA_ARGS__));                                                \
        guard_leave(&v, WAITS_##blocks, 0, 0);                                        \
    }

#define VARIADIC(name, ...)
#define ALIAS(twin, name) WRAPPER_ALIAS(twin, name)
#define VARIADIC_ALIAS(twin, name)
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
