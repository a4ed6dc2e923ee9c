/* SPDX-License-Identifier: MIT
 *
 * Expands calls.def for everybody who needs ids and facts about calls: the preload (wrappers,
 * originals), the analyzer (names, verdicts) and the tests (fixtures). Declarations only; the one
 * table of facts is defined where CALLS_DEFINE_TABLE is set before inclusion.
 */
#ifndef SHUNT_CALLS_H
#define SHUNT_CALLS_H

#include <stdint.h>

/* What monkey-patching groups a call by; `families` in the policy. */
enum call_family {
    FAMILY_file,
    FAMILY_stdio,
    FAMILY_socket,
    FAMILY_select,
    FAMILY_time,
    FAMILY_dns,
    FAMILY_ipc,
    FAMILY_signal,
    FAMILY_process,
    FAMILY_sync,
    FAMILY_COUNT
};

/* May another thread execute the call? */
enum call_move { MOVE_YES, MOVE_CARE, MOVE_NEVER };

/* How the result says failure. */
enum call_fail {
    FAIL_MINUS_ONE,
    FAIL_NONZERO_ERROR,
    FAIL_NONZERO_EAI,
    FAIL_REMAINING,
    FAIL_NULL_POINTER,
    FAIL_NOTHING,
    FAIL_NONZERO_THRD
};

/* How a worker's call could be ended early without losing data. */
enum call_abort { ABORT_RANGE, ABORT_ALWAYS_EINTR, ABORT_RESEND, ABORT_NONE };

/* What the call waits for. */
enum call_blocks {
    BLOCKS_DATA,
    BLOCKS_READY,
    BLOCKS_DISK,
    BLOCKS_TIMER,
    BLOCKS_NAME,
    BLOCKS_CHILD,
    BLOCKS_LOCK,
    BLOCKS_NEVER,
    BLOCKS_CONDITION
};

/* What the call does with file descriptors, and so when and how its target is named. */
enum call_fd {
    CALLFD_NONE,
    CALLFD_USES,
    CALLFD_OPENS,
    CALLFD_CLOSES,
    CALLFD_CONNECTS,
    CALLFD_SET,
    CALLFD_SELECT,
    CALLFD_EPOLL,
    CALLFD_STREAM1,
    CALLFD_STREAM2,
    CALLFD_STREAM3,
    CALLFD_STREAM4,
    CALLFD_STREAM5,
    CALLFD_STREAM_CLOSES,
    CALLFD_DIRECTORY,
    CALLFD_MUTEX,
    CALLFD_READ,
    CALLFD_WRITE,
    CALLFD_RELEASES,
    CALLFD_WAKES
};

/* Ids are positions in this build's table and never leave it: a trace embeds the names. */
enum call_id {
#define CALL(name, ...)      CALL_##name,
#define CALL_VOID(name, ...) CALL_##name,
#define VARIADIC(name, ...)  CALL_##name,
#define ALIAS(twin, name)
#define SYSCALL(name, ...) CALL_syscall_##name,
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
#undef SYSCALL
    CALL_COUNT
};

struct call_info {
    const char *name;
    uint8_t family; /* enum call_family */
    uint8_t move;   /* enum call_move */
    uint8_t fail;   /* enum call_fail */
    uint8_t abort;  /* enum call_abort */
    uint8_t blocks; /* enum call_blocks */
    uint8_t fd;     /* enum call_fd */
    uint8_t asks;   /* its wrapper asks for its route: another thread, none at all, as ever */
};

/* One entry per id, in id order; constant, usable from any thread and signal context. */
extern const struct call_info call_infos[CALL_COUNT];

struct call_alias {
    const char *twin;
    uint16_t id; /* enum call_id the twin is counted under */
};

extern const struct call_alias call_aliases[];
extern const unsigned call_alias_count;

#endif
