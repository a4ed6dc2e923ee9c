/* SPDX-License-Identifier: MIT
 *
 * Pools of workers. A call claims an idle worker, else its pool grows, else its caller runs it:
 * nothing ever waits for a worker, for a queued call could read from a descriptor that was closed
 * and given out again meanwhile, and a queue could dead-lock a program that was fine.
 *
 * All state lies in memory that a fork child finds wiped (MADV_WIPEONFORK): the child begins with
 * pools that have no worker. Workers are pthreads, so that libc's setuid reaches them; they are
 * made at the first call that wants one, never joined, and end by themselves when they were idle.
 */
#ifndef SHUNT_POOL_H
#define SHUNT_POOL_H

#include "spin.h"
#include "trace_format.h"

#include <pthread.h>
#include <stdint.h>

enum { POOL_WORKERS = 1024, POOLS = 8 };

enum pool_state { POOL_FREE, POOL_IDLE, POOL_CLAIMED, POOL_RETIRED };

/* The bits of pool_worker.word. */
enum pool_word {
    POOL_DONE = 1,    /* by the worker: the call is over */
    POOL_PARKED = 2,  /* by the caller: it sleeps, or is about to */
    POOL_PLAIN = 4,   /* by the caller's signal handlers: one without SA_RESTART ran */
    POOL_RESTART = 8, /* ... one with it */
    POOL_CANCEL = 16  /* by pthread_cancel */
};

enum pool_abort { POOL_GOES_ON, POOL_ENDS, POOL_RESTARTS };

/* One worker and, while it is claimed, one call. The caller writes what it is to do before `inbox`
 * is posted (release), the worker its outcome before DONE (release). */
struct pool_worker {
    uint32_t inbox; /* futex: empty, the worker sleeps, posted, taken */
    uint32_t leave; /* 1: it is to end when it is idle */
    uint32_t state; /* enum pool_state */
    uint32_t next;  /* index + 1 in a list of idle or of free workers */
    int32_t tid;
    uint16_t pool;
    uint16_t cpu; /* where its latest call ended; the kernel would wake it there */

    /* The call */
    int (*run)(void *frame); /* 0, or the error number of its failure */
    void *frame;
    int32_t error;  /* errno, in and out */
    int32_t failed; /* what `run` returned */
    int32_t raised; /* a signal that the kernel meant for the caller; 0 none */

    /* Nobody waits for the word: called by the worker when the call is over, gives the worker back
     * and says so in its own way. NULL: the caller waits. */
    void (*over)(struct pool_worker *worker);
    uint64_t began; /* ticks */
    uint64_t ended;
    struct spin spin;

    /* Ending it early; see handoff.c */
    uint32_t running;  /* 1 inside `run` */
    uint32_t abort;    /* enum pool_abort: by the caller, before it signals */
    uint32_t sent;     /* signals sent, by the caller and its handlers */
    uint32_t taken;    /* ... that arrived, by the worker's handler */
    uint32_t caught;   /* number of the one that found the worker in the kernel */
    uint32_t restarts; /* ... in a call that would have begun again */

    /* A line of its own: the caller sleeps here. */
    uint32_t word __attribute__((aligned(64))); /* futex: enum pool_word */
    pthread_t caller; /* for pthread_cancel; valid while `claims` is odd */
    uint32_t claims;
} __attribute__((aligned(128)));

/* Makes the memory. Constructor only, and only in a process that was given routes. 0, or a negative
 * errno: then every call runs in place. */
int pool_start(void);

/* Says the name and the bounds of pool `number`; pool 0 is there without. Constructor only. */
void pool_define(unsigned number, const char *name, uint32_t most, uint64_t idle_ns);

/* A worker for the calling thread, or NULL and why not (enum trace_reason). Not in a signal
 * handler: it may make a thread. errno is kept. */
struct pool_worker *pool_claim(unsigned number, int *reason);

/* The same for a call whose caller goes on with other work: the pool grows past its bound. */
struct pool_worker *pool_claim_beyond(unsigned number, int *reason);

/* Gives a worker back, when its call is over. */
void pool_release(struct pool_worker *worker);

/* 1 unless this is a fork child that has no pools of its own yet. */
int pool_is_current(void);

/* The process for which the pools are, or will be; 0 in a fork child that has none yet. */
int32_t pool_pid(void);

/* Callers of this process that have a worker now. */
uint32_t pool_waiting(void);

/* Workers of this process. */
uint32_t pool_workers(void);

/* What a worker of pool `number` is called, and after how many idle nanoseconds it ends. */
const char *pool_name(unsigned number);
uint64_t pool_idle(unsigned number);

/* By a worker of pool `number` that ends. */
void pool_shrunk(unsigned number);

/* The worker that runs a call for `caller`, NULL if none does. The answer may be old. */
struct pool_worker *pool_of(pthread_t caller);

/* Lets all idle workers end, and with `wait` waits for that, at most 50 ms; returns how many. Where
 * a thread of ours more would be seen: the program's last thread is at its end, or one of the
 * program's finds no room. errno is kept. */
int pool_shed(int wait);

#endif
