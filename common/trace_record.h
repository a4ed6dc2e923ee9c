/* SPDX-License-Identifier: MIT
 *
 * What a trace's records have alike: their types, and the head that each begins with.
 */
#ifndef SHUNT_TRACE_RECORD_H
#define SHUNT_TRACE_RECORD_H

#include <stdint.h>

enum trace_record_type {
    RECORD_NONE = 0,
    RECORD_PENDING = 1, /* reserved, being filled in */

    /* META chunks: append only, shared by all threads and fork children */
    RECORD_CALL = 16, /* name and facts of one call id */
    RECORD_PROCESS,   /* a process that writes here: the first, and each fork child */
    RECORD_MODULE,    /* an ELF object mapped into the process */
    RECORD_STRING,    /* a target, a path, a command line */
    RECORD_CONTEXT,   /* an interned chain of return addresses */
    RECORD_CLOCK,     /* a clock triple */
    RECORD_GAP,       /* something known to be unseen: text */
    RECORD_MARK,      /* reserved: shunt mark */
    RECORD_PYFRAME,   /* a Python frame and, by its outer frames, a chain of them */
    RECORD_RUNTIME,   /* reserved: a green runtime */
    RECORD_SPAWN,     /* a spawn point: where threads or green threads are started */
    RECORD_SETTING,   /* a variable of the environment that sets up a green runtime */
    RECORD_POOL,      /* a pool of workers in one process */
    RECORD_POLICY,    /* a policy that a process put into force */
    RECORD_RULE,      /* what became of the calls that one of its rules took */

    /* THREAD chunks: one writer, the thread itself */
    RECORD_THREAD = 64,  /* always the first record of a segment */
    RECORD_SLOT,         /* counters of one (call, context) */
    RECORD_HISTOGRAM,    /* latencies of one (call, owner frame), or of a loop's stalls */
    RECORD_WAIT_POINT,   /* a recurring wait: a loop, or a candidate for one */
    RECORD_PENDING_WAIT, /* calls that would have blocked, until they succeeded */
    RECORD_LOCK,   /* waits for a lock and who held it; calls that blocked while holding one */
    RECORD_ROUTED, /* of one (call, context): what was moved, and what ran in place and why */
    RECORD_ROLLOUT /* ... and how long calls took inside a rollout's share and outside it */
};

/* First 8 bytes of every record. */
struct trace_record {
    uint16_t type;  /* enum trace_record_type; release store */
    uint16_t cells; /* length in cells, at least 1 */
    uint32_t aux;   /* by type; 0 if not said */
} __attribute__((aligned(8)));

_Static_assert(sizeof(struct trace_record) == 8, "record head");

#endif
