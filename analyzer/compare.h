/* SPDX-License-Identifier: MIT
 *
 * `shunt compare`: a command bare, observed and routed, several times each and by turns; what it
 * leaves is held against what the bare runs left. What differs between bare runs already is
 * compared by a lesser rule or not at all, and said; what differs is repeated before it is
 * believed.
 *
 * (What observing costs in time is another question: overhead.h.)
 */
#ifndef SHUNT_COMPARE_H
#define SHUNT_COMPARE_H

#include "capture.h"

#define COMPARE_RUNS_MOST   100 /* of a kind, the repetitions apart */
#define COMPARE_REPETITIONS 3

enum compare_kind { COMPARE_BARE, COMPARE_OBSERVED, COMPARE_ROUTED, COMPARE_KINDS };
extern const char *const compare_kind_names[COMPARE_KINDS];

struct compare_options {
    char **argv;
    unsigned runs;                    /* of each kind */
    const char *route, *policy;       /* of routed runs; both NULL: there are none */
    const char *in;                   /* absolute; every run gets a copy of it; NULL */
    const char *input;                /* what the command reads; /dev/null */
    const char *keep;                 /* where the runs are left; NULL: nowhere */
    const struct test_format *format; /* tests are compared and not what is written; NULL */
    const char *results;              /* the file with the tests; NULL: standard output */
    uint64_t timeout_ns;              /* 0: see compare.c */
    bool progress;                    /* on stderr */
};

struct compare_run {
    enum compare_kind kind;
    unsigned number; /* of all runs, from 1 */
    bool repetition;
    bool timed_out;
    const char *end; /* "exit 0", "SIGSEGV", "timeout" */
    uint64_t wall_ns;
    uint64_t moved; /* calls that a worker made */
    struct capture capture;
};

enum compare_verdict {
    COMPARE_SAME,
    COMPARE_ONCE,     /* differed, and in no repetition: not counted */
    COMPARE_DIFFERENT /* differed, and again when it was repeated */
};

/* One part over all runs. */
struct compare_part {
    enum part_kind kind;
    const char *name;
    bool stable;           /* bare runs agree under `rule`; false: they disagree under each */
    enum digest_rule rule; /* the strictest under which they agree */
    struct {
        enum compare_verdict verdict;
        unsigned differing, repeated;  /* runs that differ: first ones, repetitions */
        const struct compare_run *run; /* the first of them */
        const struct part *part;       /* its part; NULL: it has none */
    } kinds[COMPARE_KINDS];
    const struct part *bare; /* of the first bare run; NULL: it has none */
};

struct compare {
    struct compare_options options;
    struct arena *arena;
    struct compare_run *runs;
    unsigned run_count;
    unsigned count[COMPARE_KINDS]; /* runs of a kind, repetitions included */
    uint64_t moved;                /* of all routed runs */
    bool repeated;
    int interrupted; /* the signal that stopped it; 0 none */
    struct compare_part *parts;
    size_t part_count;
    unsigned differences; /* parts that are different in one kind or more */
    const char *kept;     /* where the runs lie; NULL */
};

/* Makes the runs and judges them. 0, or an exit status with a sentence. `options` and `arena` are
 * given. What it left on disk goes with compare_release, for evidence is read from it. */
int compare_make(struct compare *compare, struct error *error);
void compare_release(struct compare *compare);

/* Fills in parts and differences from the runs. */
void compare_judge(struct compare *compare);

/* Does any part of this kind of run need repeating? */
bool compare_suspects(const struct compare *compare, enum compare_kind kind);

#endif
