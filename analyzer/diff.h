/* SPDX-License-Identifier: MIT
 *
 * The model of a comparison: the same program before and after, each side one run or several. Sites
 * are matched by id within a role (the main program; other programs by name; their forked children,
 * summed), and put into classes. Times are nanoseconds. Everything lives in the arena, or in the
 * reports that the model keeps.
 *
 *   diff.c          builds the model
 *   diff_collect.c  adds up the runs of both sides
 *   diff_match.c    what moved to another function or cannot be matched
 *   diff_evidence.c what the runs say about one measure of a site
 *   diff_judge.c    what may be claimed of each site and loop
 *   diff_words.c    the answer and the remarks, in words
 */
#ifndef SHUNT_DIFF_H
#define SHUNT_DIFF_H

#include "histogram.h"
#include "report.h"

enum diff_when { DIFF_BEFORE, DIFF_AFTER, DIFF_SIDES };

enum diff_class {
    DIFF_WORSE,
    DIFF_NEW,
    DIFF_BETTER,
    DIFF_GONE,
    DIFF_UNSURE,    /* it differs, but no more than the same program may from run to run */
    DIFF_UNMATCHED, /* an unstable id: it cannot be told whether the other side has it */
    DIFF_FEW,       /* too few calls to tell */
    DIFF_SAME,
    DIFF_CLASSES
};

/* How sure a claim is. */
enum diff_grade {
    DIFF_PLAIN, /* a fact that needs no statistics: there or not, on the loop or off it */
    DIFF_LARGE, /* few runs, or not recorded in turn, but a difference far beyond what is usual */
    DIFF_FIRM   /* the runs of a side differ less than the sides do */
};

/* What one run did at a site, or all runs of a side. */
struct diff_count {
    uint64_t calls, total_ns, max_ns;
    uint64_t blocked, blocked_ns;
    uint64_t loop_calls, stalled_turns, stall_ns;
    uint64_t pending, pending_ns; /* waits without blocking */
    struct histogram latencies;   /* see ns_histogram.h */
};

struct diff_figures {
    const struct report_site *site; /* of the run in which it took longest; NULL: never called */
    unsigned runs;                  /* in which it was called */
    struct diff_count *run;         /* of each run of the side */
    struct diff_count sum;
    double p50_ns, p99_ns;
    const char *threads;      /* off the loops, by name; "" none */
    const char *loop_threads; /* on loops */
};

/* What a site's class follows from. */
enum diff_measure {
    DIFF_NOTHING,
    DIFF_P50,
    DIFF_P99,
    DIFF_CALLS,
    DIFF_PLACE,
    DIFF_WAIT /* it yields on one side and blocks on the other: the same wait */
};

struct diff_site {
    uint64_t id;
    const char *short_id; /* unique among both sides */
    struct diff_role *role;
    struct diff_figures side[DIFF_SIDES];
    enum diff_class class;
    enum diff_grade grade;
    enum diff_measure measure;
    double value[DIFF_SIDES]; /* of the measure, before and after */
    double ratio;             /* after to before; 0 not known */
    const char *per;          /* what a count is taken per: "1,000 turns" */
    double p;                 /* of the test, before correction; 1: none was made */
    double false_rate;        /* p after correction for the number of sites */
    bool quiet;               /* never blocked */
    bool left_loop, came_to_loop;
    bool yields[DIFF_SIDES]; /* it waits without blocking, more than it blocks */
    struct diff_site *other; /* the function that makes the call now, or made it; NULL */
    const char *why;         /* unmatched, unsure, few: the reason, a clause */
    double weight;           /* of its side that has more: part of the run's time */
};

/* What a role did in one run: what counts are put in relation to. */
struct diff_exposure {
    unsigned processes;
    uint64_t wall_ns; /* of its longest process */
    uint64_t calls;   /* without idle waits */
    uint64_t turns;
};

struct diff_role {
    const char *name;
    bool main;
    unsigned loops[DIFF_SIDES];            /* over all runs */
    struct diff_exposure *run[DIFF_SIDES]; /* of each run */
};

struct diff_loop_count {
    uint64_t loops; /* that were added up here */
    uint64_t observed_ns, turns, turn_ns, stalls, stall_ns, max_ns;
    struct histogram stall_lengths;
};

struct diff_loop {
    const struct diff_role *role;
    const char *name; /* "main" or the threads' name, numbers as # */
    const char *call;
    struct diff_loop_count *run[DIFF_SIDES];
    struct diff_loop_count sum[DIFF_SIDES];
    double share[DIFF_SIDES]; /* of its time that it was stalled, 0..1 */
    double p50_ns[DIFF_SIDES], p99_ns[DIFF_SIDES];
    enum diff_class class;
    enum diff_grade grade;
};

/* One run of a side. */
struct diff_run {
    struct report report;
    const struct report_process *main;
};

struct diff_side {
    const char *name; /* what was asked for */
    struct diff_run *runs;
    unsigned run_count;
    const char *command; /* of the main program; NULL unknown */
    uint64_t wall_ns;    /* median of the runs */
    bool saw_known;      /* in all runs: how much of the waiting its calls explain, */
    bool saw_loop;       /* that of the loop, where there is one, else of the main program */
    double saw_least, saw_most;
    uint64_t lost;
};

struct diff {
    struct arena arena;
    struct diff_side side[DIFF_SIDES];
    bool several; /* three runs a side or more */
    bool in_turn; /* ... recorded in turn: before, after, before, ... */
    struct diff_role **roles;
    size_t role_count, role_capacity;
    struct diff_site **sites; /* by class, then the heaviest first */
    size_t site_count, site_capacity;
    struct diff_loop **loops; /* most stall first */
    size_t loop_count, loop_capacity;
    unsigned count[DIFF_CLASSES]; /* sites of each class; those that were never blocked apart */
    unsigned quiet[DIFF_CLASSES];
    unsigned loop_classes[DIFF_CLASSES]; /* loops of each class */
    unsigned waits[DIFF_SIDES];          /* sites that yield on this side and block on the other */
    const char *verdict;                 /* one or two words */
    const char *answer;                  /* one sentence */
    const char **warnings;               /* that cast doubt on the comparison */
    const char **notes;
    unsigned warning_count, note_count;
};

/* Reads both sides: each path is one run, a directory or a file. Of the options wrappers and marks
 * count. 0, or -1 with a sentence. Release with diff_free. */
int diff_build(struct diff *diff, const char *const *before, unsigned before_count,
               const char *const *after, unsigned after_count, const struct report_options *options,
               struct error *error);
void diff_free(struct diff *diff);

const char *diff_class_name(enum diff_class class);
const char *diff_grade_name(enum diff_grade grade);

/* The name of a class in a list, such as that of --fail-on; DIFF_CLASSES: none. */
enum diff_class diff_class_of(const char *name);

/* Is there anything of this class? Sites that never blocked do not count, loops do. */
bool diff_has(const struct diff *diff, enum diff_class class);

#endif
