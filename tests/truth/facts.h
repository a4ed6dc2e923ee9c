/* SPDX-License-Identifier: MIT
 *
 * What one observed run left behind, gathered from all its traces in a form that expectations can
 * be held against: counters with the call's name and the chain as the program's own function names.
 */
#ifndef TESTS_FACTS_H
#define TESTS_FACTS_H

#include <stdint.h>

#include "trace_walk.h"

#define CHAIN_TEXT 256

/* A function as the test program itself told it: offsets from its load base. */
struct function {
    char name[32];
    uint64_t start, end;
};

struct slot_fact {
    int pid;
    char call[48];
    char chain[CHAIN_TEXT]; /* innermost<...<main: its functions and libraries */
    uint64_t count, errors, again, interrupted;
    int timed; /* its calls are in a histogram; those before the library was ready are not */
};

struct wait_fact {
    char call[48];
    char chain[CHAIN_TEXT];
    uint64_t visits, turns, stalls;
    int chosen;
    int named_by_thread; /* the thread's record points at it */
};

/* Calls in all histograms of one call. */
struct timed_fact {
    char call[48];
    uint64_t count;
};

/* A wait for a lock, or a call that blocked while holding one. */
struct lock_fact {
    int kind; /* enum trace_lock_fact */
    char call[48];
    char taken[32];  /* the function that took the lock; "?" unknown */
    char holder[48]; /* the call in which its holder was; "-" none, "?" unknown */
    uint64_t count;
    double ms; /* all together */
};

/* Calls that would have blocked, of one (call, chain) and thread. */
struct pending_fact {
    char call[48];
    uint64_t done, unfinished, live, peak;
    double ms; /* of those done */
};

/* Where threads are started. */
struct spawn_fact {
    char start[32];         /* the start routine; "?" unknown */
    char chain[CHAIN_TEXT]; /* of the call that made them */
    uint64_t born, ended, alive, peak;
    double ms;      /* lifetimes of those that ended */
    uint64_t calls; /* of threads that name it */
};

struct event_fact {
    char call[48];
    char target[128];
    int64_t result;
    int error;
    double ms;
};

struct facts {
    struct function function[64];
    unsigned functions;
    struct slot_fact *slot;
    unsigned slots;
    struct wait_fact wait[256];
    unsigned waits;
    struct timed_fact timed[256];
    unsigned timeds;
    struct event_fact event[4096];
    unsigned events;
    int child[512]; /* pids of fork children that go on in the file */
    unsigned children;
    char module[1024][128];
    int unloaded[1024];
    unsigned modules;
    char in_call[256][48]; /* calls in progress at the end */
    unsigned in_calls;
    unsigned overexplained; /* threads that explain more time than they lived */
    double explained_ms, nested_ms;
    struct lock_fact lock[1024];
    unsigned lock_facts;
    struct spawn_fact spawn[64];
    unsigned spawns;
    struct pending_fact pending[1024];
    unsigned pendings;
    uint64_t locks; /* taken without waiting */
    uint64_t wrong, uncounted, checked, learned;
    uint64_t lost[TRACE_LOSS_KINDS];
    unsigned traces, finished, gaps;
};

/* Adds one trace. 0, or -1 after printing why. Functions must be there before. */
int facts_add(struct facts *facts, const char *path);

#endif
