/* SPDX-License-Identifier: MIT
 *
 * `shunt gate`: what must not happen between two states of a program: a new site blocks a loop, one
 * that was closed has come back, a rule of the policy takes nothing any more or is over.
 */
#ifndef SHUNT_GATE_H
#define SHUNT_GATE_H

#include "gate_baseline.h"
#include "ledger.h"

#include <stdio.h>

enum gate_class {
    GATE_NEW,     /* blocks a loop, and the baseline does not know it */
    GATE_BACK,    /* its item is closed, and it blocked */
    GATE_UNUSED,  /* a rule that took no call */
    GATE_EXPIRED, /* an item whose day is over */
    GATE_UNSURE,  /* its id changes with every build: it may be new, or known by another id */
    GATE_CLASSES
};

struct gate_finding {
    enum gate_class class;
    bool fails;
    const struct ledger_site *site; /* NULL: it is about an item */
    uint32_t item;                  /* LEDGER_NO_ITEM: it is about a site */
    const char *text;
};

struct gate_options {
    const char *policy, *baseline; /* paths; NULL: none */
    bool strict; /* any site that blocked on a loop, and not those that need work */
    bool fails[GATE_CLASSES];
    int today;
};

struct gate {
    struct arena *arena;
    struct gate_options options;
    struct policy policy;
    bool has_policy;
    struct gate_baseline known;
    struct ledger ledger;
    struct replay replay; /* of the policy itself: which rules are used */
    struct report replayed;
    bool was_replayed;
    struct gate_finding *findings;
    size_t count, room;
    unsigned blocking, stale; /* sites on loops; entries of the baseline that were not seen */
    unsigned failing;
};

/* Reads the recordings and what they are held against, and judges. `gate` has arena, options and a
 * checked policy. 0, or -1 with a sentence. */
int gate_run(struct gate *gate, const char *const *paths, unsigned count,
             const struct report_options *options, struct error *error);
void gate_free(struct gate *gate);

/* The baseline that these recordings make. */
void gate_make_baseline(struct gate *gate, struct gate_baseline *baseline);

/* The present one without the entries that were not seen. */
void gate_prune(struct gate *gate, struct gate_baseline *baseline);

const char *gate_class_name(enum gate_class class);
/* GATE_CLASSES: no such name. */
enum gate_class gate_class_of(const char *name);

void gate_show(const struct gate *gate, FILE *out, bool color);
void gate_show_json(const struct gate *gate, FILE *out);

#endif
