/* SPDX-License-Identifier: MIT
 *
 * What noise.c goes by, as data: kinds of calls, and rules about the names in a chain.
 */
#ifndef SHUNT_NOISE_RULES_H
#define SHUNT_NOISE_RULES_H

#include "report.h"

/* Kinds of calls that may be noise; bits, so that a rule can name several. */
enum noise_kind {
    KIND_NONE = 0,
    KIND_CONDITION = 1, /* condition variables, futexes: what another thread says */
    KIND_LOCK = 2,      /* a lock that is held elsewhere */
    KIND_QUEUE = 4,     /* messages, connections to accept, signals */
    KIND_TIMER = 8,
    KIND_READY = 16, /* the poll family */
    KIND_SEMAPHORE = 32
};

/* The kind of a call by its name and what the table says of it. */
enum noise_kind noise_kind(const struct trace_call *call);

struct noise_rule {
    enum noise noise;
    unsigned kinds; /* enum noise_kind, any of */
    /* Beginnings of names. The wait's own module (the innermost frame outside libc); NULL any. */
    const char *module;
    /* A function or a module in the first `within` frames outside libc. NULL: nothing is asked. */
    const char *const *functions;
    const char *via;
    unsigned within;
    bool unnamed_too; /* ... or the wait's own function has no name in a stripped module */
    bool of_main_too; /* on a process's first thread, too */
    bool takes_most;  /* only where the thread spends most of its time */
    const char *const *but_not; /* functions in the chain that speak against it; NULL */
};

/* Is it a function of CPython's that takes or gives back its interpreter lock? `function` NULL: it
 * has no name in a stripped module. */
bool noise_is_gil(const char *module, const char *function);

/* First match wins. */
extern const struct noise_rule noise_rules[];
extern const unsigned noise_rule_count;

#endif
