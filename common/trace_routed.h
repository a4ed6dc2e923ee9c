/* SPDX-License-Identifier: MIT
 *
 * What became of calls that were routed: by chain, by pool, by policy and rule.
 */
#ifndef SHUNT_TRACE_ROUTED_H
#define SHUNT_TRACE_ROUTED_H

#include "trace_reasons.h"
#include "trace_record.h"

#include <stdint.h>

/* The ways of the route green. */
enum trace_green {
    GREEN_READY, /* until a descriptor is ready, then made by its own thread */
    GREEN_TIMER, /* until a time */
    GREEN_POOL,  /* made by a worker */
    GREEN_LOCK,  /* until a lock is given back or a condition signalled */
    GREEN_WAYS = 4
};

/* What routes did for one (call, context) of this thread. Names the context and not the slot:
 * that of an ended thread may be gone. Ticks run from the wrapper's decision on. */
struct trace_routed {
    struct trace_record head;
    uint32_t context;
    uint16_t call;
    uint16_t pool;          /* the latest's, by number: 0 is `default` */
    uint64_t moved;         /* calls that a worker ran while their caller waited */
    uint64_t ticks;         /* of these, as their callers saw them */
    uint64_t handoff_ticks; /* ... until the worker began */
    uint64_t run_ticks;     /* ... on the worker; the rest is the way back */
    uint64_t handoff_max;
    uint64_t aborted;               /* ended early for a signal handler or a cancellation */
    uint32_t in_place[REASON_ROOM]; /* by enum trace_reason; stops at its top */
    uint32_t next;                  /* for the thread itself */
    uint32_t _pad;
    uint64_t green[GREEN_WAYS]; /* calls that were parked, by enum trace_green */
    uint64_t green_ticks;       /* of these, as their callers saw them */
    uint64_t green_run_ticks;   /* ... on workers */
    uint64_t parked_ticks;      /* ... while other green threads could run */
    uint64_t expired;           /* of those moved: ended by their rule's deadline */
    uint64_t denied;            /* not made */
};

/* RECORD_ROLLOUT's head.aux, and, if it is not 0, that of the histograms of such calls. */
enum trace_rollout_part {
    ROLLOUT_MOVED = 1,  /* in the share, on the rule's route: moved, parked, or denied */
    ROLLOUT_STAYED = 2, /* in the share, in place for a reason: it did not have to wait, ... */
    ROLLOUT_OUTSIDE = 3 /* outside the share */
};

/* One part of the calls of one (call, context) of this thread that rules with a share between 0 and
 * 100 % took: whether a call is in the share does not depend on how long it takes. */
struct trace_rollout {
    struct trace_record head; /* aux: enum trace_rollout_part */
    uint32_t context;
    uint16_t call;
    uint16_t _pad;
    uint64_t count;
    uint64_t ticks;
    uint64_t max;
    uint64_t errors;    /* as a slot's */
    uint32_t histogram; /* record id; shared as a slot's is */
    uint32_t _pad2;
    uint64_t reserved;
};

/* Written by every thread of its process: atomic. */
struct trace_pool {
    struct trace_record head;
    int32_t pid;
    uint16_t pool;
    uint16_t _pad;
    char name[16];
    uint32_t most;    /* bound */
    uint32_t workers; /* alive */
    uint32_t peak;
    uint32_t grown;
    uint32_t shrunk;
    uint32_t refused; /* threads that could not be made */
    uint32_t beyond;  /* ... made past the bound, for green calls */
    uint32_t _pad2;
    uint64_t reserved;
};

struct trace_policy {
    struct trace_record head;
    int32_t pid;
    uint32_t rules;
    uint64_t source;     /* hash of the policy file */
    uint64_t since;      /* ticks */
    uint64_t generation; /* 0: it was there at the start */
    uint32_t fault;      /* enum policy_fault: it was refused, and the one before stayed */
    uint32_t _pad;
};

/* Written by every thread of its process: atomic. Several records of one rule add up. */
struct trace_rule {
    struct trace_record head; /* aux: its share, in 1/100 of a percent */
    int32_t pid;
    uint32_t rule;   /* number in the policy, from 0 */
    uint64_t source; /* hash of the policy file */
    uint32_t id;     /* string id */
    uint32_t route;  /* enum policy_route */
    uint64_t moved;
    uint64_t expired;               /* of these: ended by the rule's deadline */
    uint64_t denied;                /* not made */
    uint64_t in_place[REASON_ROOM]; /* by enum trace_reason; NONE: the rule says in place */
};

_Static_assert(sizeof(struct trace_routed) == 392, "routed record");
_Static_assert(sizeof(struct trace_rollout) == 64, "rollout record");
_Static_assert(sizeof(struct trace_pool) == 72, "pool record");
_Static_assert(sizeof(struct trace_policy) == 48, "policy record");
_Static_assert(sizeof(struct trace_rule) == 552, "rule record");

#endif
