/* SPDX-License-Identifier: MIT
 *
 * For every row of the table that may move: `moved_name`, which makes the call here or on a worker.
 * It takes the visit, the next definition that is to be called, and the call's own parameters.
 */
#ifndef SHUNT_MOVED_H
#define SHUNT_MOVED_H

#include "guard.h"
#include "real.h"

#define DECLARE_YES(name, result, ...)        \
    result moved_##name(struct visit *visit_, \
                        __typeof__(real_calls.name) real_ PARAMS_MORE(__VA_ARGS__));
#define DECLARE_CARE DECLARE_YES
#define DECLARE_NEVER(...)
#define CALL(name, result, family, move, fail, abort, blocks, fd, fixture, ...) \
    DECLARE_##move(name, result, __VA_ARGS__)
#define CALL_VOID CALL
#define VARIADIC  CALL
#define ALIAS(twin, name)
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
#undef DECLARE_YES
#undef DECLARE_CARE
#undef DECLARE_NEVER

#endif
