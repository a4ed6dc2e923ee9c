/* SPDX-License-Identifier: MIT
 *
 * THREAD records, written by their thread alone: the thread itself, its slots, what it waited for.
 */
#ifndef SHUNT_TRACE_THREAD_H
#define SHUNT_TRACE_THREAD_H

#include "trace_file.h"
#include "trace_record.h"

#include <stdint.h>

/* The call in progress: what a killed process was doing, what a live view shows. `frame` is written
 * last on entry and cleared first on return; a nested call (a signal handler's) puts the outer one
 * back. */
struct trace_current {
    uint64_t frame;  /* stack address of the wrapper; 0: none */
    uint64_t start;  /* ticks */
    uint32_t slot;   /* record id: it names call and chain; 0: the chain was not known yet */
    uint32_t call;   /* call id, written only if slot is 0 */
    uint64_t caller; /* return address, written only if slot is 0 */
};

/* What a thread holds: pthread mutexes and reader-writer locks that it took through a wrapper, in
 * the order in which it took them. Only that thread writes it, and it goes on changing. */
#define TRACE_HELD       16u
#define TRACE_LOCK_KINDS 3u

/* The low bits of a lock's address. */
enum trace_lock_kind { TRACE_LOCK_MUTEX = 0, TRACE_LOCK_READ = 1, TRACE_LOCK_WRITE = 2 };
#define TRACE_LOCK_GREEN 4u /* ... and one more: green threads may wait for its release */

struct trace_held {
    uint64_t lock;   /* address | enum trace_lock_kind | TRACE_LOCK_GREEN */
    uint64_t caller; /* return address of the call that took it */
};

/* trace_thread.locks: how many entries of `held` are in use, and above them the number of locks
 * taken without waiting, in one word that one instruction changes. */
#define TRACE_LOCKS_HELD 0xffu
#define TRACE_LOCKS_ONE  0x100u

struct trace_thread {
    struct trace_record head;
    int32_t pid;
    int32_t tid; /* 0: the sum of ended threads of this name; pid 0, too: of ended fork children */
    uint64_t start;
    uint64_t end; /* ticks; 0: alive, or killed */
    char name[TRACE_THREAD_NAME];
    uint32_t folded; /* threads summed here */
    uint32_t loop;   /* record id of the wait point chosen as the thread's loop; 0 none */
    uint64_t cpu;    /* ns of CPU time at cpu_when, from the thread's CPU clock */
    /* 64: what every call writes, in one cache line */
    struct trace_current current;
    uint64_t explained; /* ticks inside outermost intercepted calls */
    uint64_t nested;    /* ticks inside calls made while another was in progress */
    uint64_t locks;     /* see TRACE_LOCKS_ONE */
    uint64_t unheld;    /* locks taken while `held` was full: not known to be held */
    /* 128 */
    uint64_t cpu_when;  /* ticks */
    uint64_t checked;   /* memo answers checked against a real unwind */
    uint64_t wrong;     /* ... that differed */
    uint64_t learned;   /* chains unwound */
    uint64_t uncounted; /* calls that found no slot */
    uint32_t spawn;     /* record id of the spawn point; 0: not known */
    uint32_t runtime;   /* reserved: green runtime whose hub this thread is */
    struct trace_held held[TRACE_HELD];
    uint32_t pending_peak; /* most pending waits at a time */
    uint32_t _pad;
    uint64_t reserved[9];
};

enum trace_slot_flag {
    SLOT_NESTED = 1,       /* some calls ran inside another intercepted call */
    SLOT_MANY_TARGETS = 2, /* more than one target was seen; `target` is the latest */
    SLOT_HUB_WAIT = 8,     /* a green runtime's hub waits here */
    SLOT_LOOP_WAIT = 4     /* it is the way to the chosen loop's own wait */
};

struct trace_slot {
    struct trace_record head; /* aux: for the process itself: the rules that may take its calls */
    uint32_t context;         /* record id; 0: the chain is not known (no room to learn it) */
    uint16_t call;
    uint16_t flags; /* enum trace_slot_flag */
    uint64_t count;
    uint64_t ticks;
    uint64_t max;
    uint32_t histogram; /* record id */
    uint32_t target;    /* string id of a target of a call that blocked */
    uint64_t blocked;   /* calls of at least threshold ticks */
    uint64_t blocked_ticks;
    /* 64: what is written now and then, and inside a loop's turn */
    uint64_t max_start;
    uint32_t errors;      /* failed, EAGAIN and EINTR apart; stops at its top */
    uint32_t again;       /* would have blocked */
    uint32_t interrupted; /* EINTR */
    uint32_t stall_turns; /* stalled turns of the loop in which it took part */
    uint64_t stall_ticks; /* its time inside stalled turns */
    uint32_t turn;        /* the turn that the next two belong to */
    uint32_t turn_calls;
    uint64_t turn_ticks;
    uint32_t turn_next; /* record id: list of the slots of the current turn */
    uint16_t route;     /* enum trace_route that a rule gave it */
    uint16_t reason;    /* enum trace_reason: why the latest that was not moved ran in place */
    uint32_t
        no_timeout; /* blocked calls that had no limit of their own (poll -1, no SO_RCVTIMEO) */
    uint32_t
        last_errno; /* errno of the latest error; EAI_* negated into positive for getaddrinfo */
};

/* RECORD_LOCK's head.aux. */
enum trace_lock_fact {
    LOCK_WAITED = 1,  /* the call waited for a lock that another thread held */
    LOCK_HELD = 2,    /* the call blocked while its own thread held a lock: the one taken last */
    LOCK_HELD_TOO = 3 /* ... and this one, taken before that: the same calls once more */
};

/* What the holder of a lock was in when a wait for it began. */
enum trace_holder {
    HOLDER_UNKNOWN = 0, /* nobody can tell who held the lock */
    HOLDER_OUTSIDE = 1, /* no intercepted call: it was computing, or in one that is not seen */
    HOLDER_IN_CALL = 2  /* in holder_call, holder_context */
};

/* One (call, context) of this thread and one place where a lock was taken. Names contexts and not
 * slots: those of an ended thread may be gone. */
struct trace_lock {
    struct trace_record head; /* aux: enum trace_lock_fact */
    uint32_t context;         /* of the call that waited, or that blocked while holding */
    uint16_t call;
    uint16_t holder;         /* LOCK_WAITED: enum trace_holder */
    uint64_t frame;          /* where the lock was taken, as in a context: the return address of the
                                call that took it; 0 unknown */
    uint32_t holder_context; /* HOLDER_IN_CALL */
    uint16_t holder_call;    /* HOLDER_IN_CALL */
    uint16_t _pad;
    uint64_t count;
    uint64_t ticks;
    uint64_t max;
    uint32_t next; /* for the thread itself */
    uint32_t _pad2;
};

/* Pending waits of one (call, context) of this thread: from the first try that said EAGAIN
 * (connect: EINPROGRESS) to the success of the same call on the same fd. */
struct trace_pending_wait {
    struct trace_record head;
    uint32_t context;
    uint16_t call;
    uint16_t _pad;
    uint32_t spawn;  /* record id of the green thread's spawn point; 0: it is the thread's */
    uint32_t target; /* string id */
    uint64_t count;  /* ended by success */
    uint64_t ticks;
    uint64_t max;
    uint64_t max_start;
    uint64_t unfinished; /* never succeeded: the fd was closed, or the call failed */
    uint64_t unfinished_ticks;
    uint32_t live; /* go on */
    uint32_t peak; /* most at a time */
    uint64_t peak_when;
    uint64_t reserved[5];
};

_Static_assert(sizeof(struct trace_current) == 32, "call in progress");
_Static_assert(sizeof(struct trace_lock) == 64, "lock record");
_Static_assert(sizeof(struct trace_pending_wait) == 128, "pending wait record");
_Static_assert(sizeof(struct trace_thread) == 512, "thread record");
_Static_assert(sizeof(struct trace_slot) == 128, "slot record");

#endif
