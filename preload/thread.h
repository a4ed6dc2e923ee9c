/* SPDX-License-Identifier: MIT
 *
 * Per-thread state: found through one thread-local pointer, kept in a private mapping of its own
 * that a fork child finds wiped (MADV_WIPEONFORK), so that a child can never write into its
 * parent's segment. The same mapping holds the thread's memo of stacks.
 */
#ifndef SHUNT_THREAD_H
#define SHUNT_THREAD_H

#include "green.h"
#include "hot.h"
#include "memo.h"
#include "pending.h"
#include "python_known.h"
#include "refs.h"
#include "segment.h"
#include "trace_format.h"
#include "turn.h"

#include <stddef.h>
#include <stdint.h>

enum { THREAD_STACKS = 16, THREAD_LOCK_LISTS = 32 };

struct thread {
    uint32_t epoch; /* observe_epoch when the memo was valid; 0: not attached, or wiped by fork */
    struct trace_current *current; /* in record */
    struct trace_thread *record;

    struct stack_range stack; /* the one in use */
    struct pending pending;
    struct turns turns; /* up to here, and the first two of it, what every call reads: 64 bytes */

    struct stack_range own;                  /* the thread's own */
    struct stack_range other[THREAD_STACKS]; /* coroutines' and signal handlers' */
    uint32_t next_other;

    uint64_t nesting_known; /* start of the outer call that was found on the stack */

    struct green green;
    struct segment segment;
    uint64_t sampled; /* ticks of the latest look at CPU time and name */

    /* The rest of the mapping is an arena of equal entries: the memo's from the front, references
     * to records from the back. Both are known by index, from 1. */
    uint32_t room;      /* entries */
    uint32_t refs_room; /* of them for references */
    uint32_t nodes;     /* handed out */
    uint32_t refs;      /* handed out */
    struct memo_age age;
    struct refs_more *more; /* further references; NULL: none needed yet */
    uint32_t more_room;
    uint32_t more_refs; /* handed out */
    uint32_t root[MEMO_ROOTS];
    uint32_t ref_root[REFS_ROOTS];
    uint32_t python_met;                     /* python_root was used */
    uint32_t lock_list[THREAD_LOCK_LISTS];   /* record ids; see contention.c */
    uint32_t python_root[MEMO_PYTHON_ROOTS]; /* touched by threads of an interpreter alone */
    struct python_known python_known;        /* ... */
    union {
        struct memo_node node;
        struct memo_python python;
        struct ref ref;
    } arena[] __attribute__((aligned(32))); /* none of them on two cache lines */
};

_Static_assert(offsetof(struct thread, turns.slots) + sizeof(uint32_t) <= 64,
               "one cache line for what every call reads");

/* What thread_self points to before a thread is attached. */
extern struct thread thread_none;
extern __thread struct thread *thread_self __attribute__((visibility("hidden")));

/* 0: not ready, every call runs unobserved; else it changes when memos must be forgotten. */
extern uint32_t observe_epoch HOT_DATA;

/* Ticks from which a call counts as blocked. */
extern uint64_t thread_threshold HOT_DATA;

/* Makes thread exit known to us. Constructor only; 0 or an error number. */
int thread_start(void);

/* The slow side of "is my state valid": attaches the thread (also after fork), or forgets its memo.
 * NULL: unobserved. Any thread and signal context. */
struct thread *thread_refresh(void);

/* The same for a lock, which a thread may take where it must not allocate and after its own end was
 * noted: then NULL, and nothing is counted as lost. */
struct thread *thread_for_lock(void);

/* A new thread of this spawn point (record id, 0 not known) begins. */
void thread_begins(uint32_t spawn);

/* CPU time and name into the thread's record, at most once a second unless `force`. */
void thread_sample(struct thread *t, uint64_t now, int force);

/* Private memory for the calling thread, zero, which a fork child finds zero again; NULL: none. */
void *thread_map(size_t size);

/* The calling thread is ours: nothing of it is observed. */
void thread_hide(void);

/* After mlockall(flags): ours is unlocked again, and what becomes of later threads is small. */
void thread_unlock(int flags);

/* Is the caller on the memory of another process, its parent, until it ends or becomes another
 * image? 0 also where that is not known: in a fork child that made no call yet. Makes one system
 * call. */
int thread_is_vfork_child(void);

/* Notes the regular end of the calling process's image. */
void thread_finish(void);

/* Notes that this process installs a system call filter, or that the kernel refused it. */
void thread_note_filter(int installed);

#endif
