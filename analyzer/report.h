/* SPDX-License-Identifier: MIT
 *
 * The model of a report: what every renderer receives. All times are nanoseconds, all text is clean
 * (see text.h) and everything lives in the report's arena. What was not measured is said to be
 * unknown, with the reason; a zero is a measured zero.
 */
#ifndef SHUNT_REPORT_H
#define SHUNT_REPORT_H

#include "arena.h"
#include "audit_info.h"
#include "calls.h"
#include "error.h"
#include "histogram.h"
#include "marks.h"
#include "python_path.h"
#include "ticks.h"
#include "wrappers.h"

#include <stdbool.h>
#include <stdint.h>

enum verdict {
    VERDICT_FINE,
    VERDICT_OFFLOAD,
    VERDICT_CHANGE,
    VERDICT_COOPERATIVE,
    VERDICT_UNKNOWN
};

/* What a plan is for: the same evidence gives other verdicts, another order and other effort. */
enum goal {
    GOAL_UNBLOCK, /* keep the loop, stop blocking it */
    GOAL_THREADS  /* leave the loop, or its green runtime, for native threads */
};

/* Waits that hold nobody up; see noise.h. */
enum noise {
    NOISE_NONE,
    NOISE_LOOP, /* a loop's idle wait */
    NOISE_GIL,
    NOISE_IDLE_WORKER,
    NOISE_ALLOCATOR,
    NOISE_TIMER,
    NOISE_KINDS
};

enum confidence { CONFIDENCE_LOW, CONFIDENCE_MEDIUM, CONFIDENCE_HIGH };

/* Calls that would have blocked (EAGAIN, a connection under way), until the same call succeeded on
 * the same fd. */
struct report_pending {
    uint64_t count, ns, max_ns;
    uint64_t unfinished, unfinished_ns; /* never succeeded: the fd was closed, or the call failed */
    uint64_t live;                      /* go on when the trace ends */
    uint64_t peak_least, peak_most;     /* at a time: between these */
};

/* What a site's waits after EAGAIN are. */
enum pending_kind {
    PENDING_YIELDS, /* others could go on meanwhile */
    PENDING_POLLED, /* blocked all the same, in a poll of the same function */
    PENDING_ACCEPT  /* for connections: for work */
};

/* Calls that a rule asked to move. */
struct report_moved {
    uint64_t calls; /* made by workers */
    uint64_t ns;    /* of these, as their callers saw them */
    uint64_t run_ns, handoff_ns, handoff_max_ns;
    uint64_t aborted, expired;               /* of these: ended early by signals, by deadlines */
    uint64_t denied;                         /* not made */
    uint64_t green_calls, green[GREEN_WAYS]; /* parked: by enum trace_green */
    uint64_t green_ns, parked_ns;            /* ... from end to end; while others could run */
    uint64_t in_place_calls, in_place[REASON_ROOM]; /* by enum trace_reason */
};

/* Calls of one part: by enum trace_rollout_part, 0 unused. */
#define REPORT_PARTS 4u

/* How long calls took that rules with a share took, in the share and outside it. */
struct report_rollout {
    struct report_rollout_part {
        uint64_t calls, ns, max_ns, errors;
        struct histogram histogram; /* in ticks */
    } part[REPORT_PARTS];
    bool histogram_shared; /* it also counts calls of other sites */
};

#define REPORT_POOLS 8u

struct report_pool {
    char name[16];
    uint32_t most, peak, grown, shrunk, refused;
    uint32_t beyond; /* made past the bound, for parked calls */
};

/* What became of the calls that a rule of a policy took. */
struct report_rule {
    const char *id;
    uint32_t number;         /* in its policy */
    uint32_t route;          /* enum policy_route */
    uint32_t share;          /* the latest, in 1/100 of a percent */
    uint64_t moved, expired; /* of those moved: ended by its deadline */
    uint64_t denied, in_place_calls;
    uint64_t in_place[REASON_ROOM]; /* by enum trace_reason; NONE: the rule says so */
};

/* One way to deal with a site, and what it brings. */
struct report_route {
    const char *name; /* pool, green, source, config */
    bool applies;     /* false: not possible here, `text` says why */
    bool gain_known;
    uint64_t gain_ns; /* stall taken from the loop */
    bool estimated;   /* the gain follows from knowledge about the program, not from this trace */
    bool worker; /* green: a thread of a pool makes the call; else the hub waits for readiness */
    const char *text; /* what it costs or needs */
};

#define REPORT_REASONS 8u
#define REPORT_ROUTES  4u

struct report_advice {
    enum verdict verdict;
    enum confidence confidence;
    const char *headline; /* a sentence after the verdict */
    const char *reasons[REPORT_REASONS];
    unsigned reason_count;
    struct report_route routes[REPORT_ROUTES]; /* none where there is nothing to do */
    unsigned route_count;
    const char *work; /* what to do, a clause; NULL: nothing */
    unsigned effort;  /* points, to compare sites with each other: docs/glossary.md */
};

/* A variable of the environment that sets up a green runtime. */
struct report_setting {
    const char *name, *value;
};

#define REPORT_SETTINGS 16u

/* What a site did on one thread. */
struct report_use {
    struct report_site *site;
    struct report_thread *thread;
    struct report_use *next; /* of the same site */
    enum noise noise;        /* not NOISE_NONE: never ranked */
    uint64_t calls, total_ns, blocked, blocked_ns, max_ns;
    uint64_t stalled_turns, stall_ns; /* on a loop */
    uint64_t errors, again, interrupted, no_timeout;
};

/* Sums over some of the calls of a site or of several; idle waits are left out. */
struct report_sums {
    uint64_t calls, total_ns, blocked, blocked_ns, stall_ns, max_ns;
};

/* What a site did through one library. */
struct report_part {
    const char *library;
    struct report_sums sums;
    struct report_part *next; /* of the same site */
};

/* One chain of callers that led to a site. */
struct report_place {
    const char *file; /* NULL unknown */
    int line;
    const char *via, *callers; /* as of the site */
    struct report_sums sums;
};

/* One call that blocked, from the ring of events. */
struct report_event {
    uint64_t when_ns; /* since the process began */
    uint64_t ns;
    const char *target; /* NULL unknown */
    const char *thread; /* name */
    int pid;
    int error; /* errno; 0 it succeeded */
};

#define REPORT_EVENTS 5u

struct report_target {
    const char *text;
    uint64_t events, blocked_ns; /* as far as the ring goes back */
};

/* One frame of a stack, innermost first. */
/* What Python's standard library waits for in the program's name. */
enum library_wait {
    LIBRARY_NONE,
    LIBRARY_WAKE,          /* asyncio's loop was woken by another thread or a signal */
    LIBRARY_FUTURE,        /* a worker of a pool is to be done */
    LIBRARY_WORKERS_FUTURE /* ... and who waits is itself a pool's worker */
};

struct report_frame {
    bool python;
    const char *function; /* NULL: no name */
    const char *module;   /* as of the site */
    const char *file;     /* NULL unknown */
    int line;
    enum python_layer layer;
    bool owner;
};

/* One (call, owner). Sums leave out noise, except in `idle_*`. */
/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding) as above */
struct report_site {
    uint64_t id;
    char short_id[17]; /* shortest unique prefix, at least 4 digits */
    const char *call;
    const struct trace_call *facts; /* NULL: the trace does not tell what the call is */
    const char *function, *module;
    const char *shown_module; /* the executable by the name it was started with */
    const char *file;         /* NULL unknown */
    int line;
    bool in_main_module;
    bool stable;          /* the id outlives a rebuild */
    const char *unstable; /* why not */
    const char *via;      /* between the call and the owner; NULL nothing */
    const char *callers;  /* who called the owner, nearest first; NULL not resolved */
    bool python;          /* the owner is a Python function, and `module` the file's short form */
    enum python_layer layer;
    struct report_frame *stack; /* of the place that took most time, under Python; NULL */
    unsigned stack_count;
    bool stack_cut; /* there are more outside */
    unsigned lines; /* places in the owner from which it was called */

    uint64_t calls, total_ns, blocked, blocked_ns, max_ns, max_when_ns;
    uint64_t stalled_turns, stall_ns;
    uint64_t errors, again, interrupted, no_timeout;
    int last_error;
    uint64_t idle_calls, idle_ns;       /* noise */
    enum noise noise;                   /* most of it; NOISE_NONE: there is none */
    uint64_t holding, holding_ns;       /* blocked calls while the thread held a lock */
    uint64_t off_calls, off_blocked_ns; /* the part of the sums that is not on loops */
    struct report_moved moved;
    struct report_rollout *rollout; /* NULL: no rule took its calls that has a share */
    struct report_pending pending;
    enum pending_kind pending_kind;
    uint32_t context; /* record id of the chain that says file, line and callers */
    enum library_wait library_wait;
    const char *why; /* it blocks a hub although its like is patched; NULL: not known, or none */
    struct report_use *uses;
    unsigned use_count; /* threads */
    bool on_loop;
    struct report_part *parts; /* by library; their sums are the site's */

    struct histogram *histogram; /* in ticks; NULL none */
    bool histogram_shared;       /* it also counts calls of other sites */
    uint64_t p50_ns, p99_ns;

    struct report_target *targets; /* most blocked first */
    unsigned target_count;
    bool more_targets;   /* there were others */
    bool many_targets;   /* a slot said that it saw several */
    unsigned merges;     /* times the pattern was widened past the kept targets */
    const char *pattern; /* all targets as one; NULL unknown */
    struct report_advice advice;

    bool detail;                 /* it was asked for by its id, so that the following is filled */
    struct report_place *places; /* most time first */
    unsigned place_count;
    bool more_places;
    struct report_event longest[REPORT_EVENTS]; /* longest first, as far as the ring goes back */
    unsigned longest_count;
};

/* By what calls can be grouped. */
enum report_grouping {
    GROUP_SITE,
    GROUP_LIBRARY, /* the outermost library between the call and the application's own code */
    GROUP_MODULE,  /* the owner's file */
    GROUP_TARGET,  /* what was waited for, as one pattern a site */
    GROUP_THREAD,  /* threads of one name are one group */
    GROUP_KINDS
};

/* One row of a grouping. Every call that is no idle wait is in exactly one group of each kind. */
struct report_group {
    const char *name;
    struct report_site **sites; /* by rank; with the part of their calls that is in the group */
    unsigned site_count;
    unsigned threads; /* GROUP_THREAD: how many go by this name */
    struct report_sums sums;
    bool quantiles_known; /* false: histograms of its sites also count calls of other groups */
    uint64_t p50_ns, p99_ns;
    enum verdict worst; /* the most pressing verdict of its sites, and how many of them have it */
    unsigned worst_count;
};

struct report_turn {
    uint64_t when_ns; /* since the process began */
    uint64_t length_ns, wait_ns;
    uint64_t cpu_ns; /* on a CPU; 0: none, or not measured */
    int ready;
    bool harmful;
    struct {
        const struct report_site *site; /* NULL unknown */
        uint64_t calls, ns;
    } top[TRACE_TURN_SLOTS];
    unsigned top_count;
};

struct report_loop {
    struct report_thread *thread;
    const char *call, *function, *file, *module, *shown_module;
    const char *callers; /* nearest first; NULL unknown */
    bool python;         /* the function is a Python function */
    const char *runtime; /* whose loop it is: "eventlet", "gevent", "asyncio"; NULL: not known */
    int line;
    int fd;
    uint64_t observed_ns; /* since it was recognised */
    uint64_t visits, wait_ns, ready_at_once, timed_out;
    uint64_t turns, turn_ns, stalls, stall_ns, harmful, harmful_ns;
    uint64_t p50_ns, p99_ns, max_ns; /* of stalls */
    struct histogram stall_histogram;
    uint64_t slice_ns;
    uint64_t slices[TRACE_SLICES]; /* stall by time, the first from when it was recognised */
    unsigned slice_count;
    bool calm;          /* stalled for under 1 % of the time, and never for 10 ms */
    uint64_t chosen_ns; /* since the process began */
    struct report_turn worst[TRACE_TURNS]; /* longest first */
    unsigned worst_count;
    uint64_t site_stall_ns;  /* part of stall_ns inside intercepted calls, noise apart */
    uint64_t noise_stall_ns; /* ... inside those that are noise */
    bool stall_cpu_known;
    uint64_t stall_cpu_ns; /* part of stall_ns on a CPU, in calls or outside them */
    uint64_t computing_ns; /* ... outside them: at most; what else is outside waits for a CPU, or is
                              unseen */
    struct report_use **sites; /* most stall first, idle wait left out */
    unsigned site_count;
    struct report_moved moved; /* of its thread */
};

/* Noise of one kind in a process. */
struct report_noise {
    uint64_t calls, total_ns, blocked;
    unsigned threads, sites;
};

/* A figure that may not be known. */
struct report_saw {
    bool known;
    double percent;
    double surely_percent; /* if all waits for a CPU were inside calls, which count as explained */
    uint64_t off_cpu_ns;
    const char *why; /* unknown, because ... */
};

/* Where threads or green threads are started. */
struct report_spawn {
    bool green;
    bool python;      /* what is run is a Python function, and `module` its file's short form */
    bool hub;         /* it is a green runtime's own, in which it waits */
    bool at_least;    /* there may have been more than were seen */
    const char *name; /* of a row that is no place: the first thread, ... NULL */
    const char *function, *module, *shown_module, *file; /* what they run; NULL unknown */
    int line;
    const char *made_by, *made_in; /* the function that started them, its module as shown; NULL */
    uint64_t born, ended, alive;
    uint64_t peak_least, peak_most; /* most alive at a time: between these */
    uint64_t life_ns;               /* of those that ended, in all */
    bool life_unknown;
    uint64_t killed, timed_out, failed; /* green: of those that ended, by an exception */
    bool ends_told;                     /* else these are not known */
    uint64_t at_peak;                   /* births that brought the number to its peak */
    uint64_t in_flight;                 /* green: most in a call that waits, at a time; at least */
    unsigned threads;                   /* that made calls */
    struct report_sums sums;            /* of their calls, without noise */
    struct report_pending pending;
};

struct report_thread {
    int pid, tid; /* tid 0: several ended threads of this name, summed */
    const char *name;
    bool is_main;
    unsigned folded;   /* threads summed here */
    uint64_t start_ns; /* since the process began */
    uint64_t wall_ns;
    bool ended;
    uint64_t cpu_ns;
    bool cpu_known;
    uint64_t explained_ns, nested_ns;
    uint64_t calls, blocked, blocked_ns; /* without noise */
    unsigned noise;                      /* 1 << enum noise of each kind met */
    uint64_t uncounted, checked, wrong;
    const char *current_call;               /* in progress when the trace ends; NULL none */
    const struct report_site *current_site; /* NULL: not counted yet, see current_where */
    const char *current_where;  /* the function that made the call in progress; NULL unknown */
    const char *current_module; /* its module as a page shows it */
    const char *current_file;   /* of a Python function; NULL */
    int current_line;
    bool current_idle; /* it is the loop's own idle wait */
    uint64_t current_ns;
    struct report_loop *loop; /* NULL: not a loop */
    const char *hub; /* the green runtime whose hub waits here, loop or not yet; NULL: none does */
    struct report_spawn *spawn;
    struct report_saw saw;
};

enum report_state {
    REPORT_ENDED,    /* a regular exit */
    REPORT_ALIVE,    /* still running */
    REPORT_KILLED,   /* ended without our destructor: a signal, _exit */
    REPORT_REPLACED, /* went on as another image (exec) */
    REPORT_OPEN      /* still running or killed; which, cannot be told from here */
};

/* In what the holder of a lock was when waits for it began. */
struct report_lock_activity {
    const char *call;               /* NULL: in none that is seen */
    const struct report_site *site; /* of that call; NULL unknown */
    bool unknown;                   /* nobody can tell */
    uint64_t waits, ns;
};

#define REPORT_LOCK_ACTIVITIES 6u

/* Waits of one site for locks taken by one function; or blocked calls of one site while its thread
 * held a lock taken by one function. */
struct report_lock {
    const struct report_site *site;
    bool waited;          /* which of the two */
    const char *taken_by; /* the function; NULL unknown */
    const char *module, *shown_module, *file;
    int line;
    bool outer;  /* held: a later lock was held, too, and has the same calls */
    bool wanted; /* held: somebody waited for a lock taken there */
    uint64_t count, ns, max_ns;
    struct report_lock_activity activity[REPORT_LOCK_ACTIVITIES]; /* waited: most time first */
    unsigned activity_count;
};

struct report_locks {
    uint64_t free;         /* taken without waiting: counted, not timed */
    uint64_t not_followed; /* more were held at once than a thread's table takes */
    uint64_t waits, wait_ns;
    struct report_lock *items; /* waits first, then what was held; most time first */
    unsigned count, wait_count;
};

#define REPORT_REQUEST_PARTS 12u

/* Calls of requests through one library, or of one kind. */
struct report_request_part {
    const char *name; /* dns, http (the server's own), a library, a call */
    uint64_t calls, ns;
};

/* Requests of a WSGI server to one application. */
struct report_requests {
    const char *server;             /* eventlet.wsgi */
    const char *application, *file; /* the function that the server calls; NULL: it makes no call */
    bool shared;                    /* `about` is of all applications of the server */
    uint64_t about;                 /* so many, by what the server read and wrote */
    uint64_t calls_ns;              /* in recorded calls */
    const struct report_loop *loop; /* NULL: they run on threads */
    struct report_request_part parts[REPORT_REQUEST_PARTS]; /* most time first */
    unsigned part_count;
};

#define FORECAST_ROWS 6u

/* A service with libraries moved to green: that of each row beside those of the rows before. */
struct report_forecast {
    const char *moved; /* NULL: as it is */
    double rate;       /* requests a second */
    double hub;        /* share of the time in which the hub is blocked */
    double times;      /* of today's rate */
    unsigned at_a_time;
    bool workers; /* some of its calls take one; else readiness does */
    enum confidence confidence;
};

/* in the order in which a page tells it: NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
 */
struct report_process {
    int pid, ppid;
    bool forked;
    const char *name; /* basename of the executable */
    const char *exe, *command_line, *trace_path;
    enum report_state state;
    bool end_known;            /* else times reach to its last sign of life */
    int signal;                /* that killed it; 0 unknown or none */
    const char *setup_trouble; /* NULL; else why nothing was observed */
    uint64_t started_realtime_ns;
    uint64_t wall_ns;  /* of the part that is looked at */
    uint64_t lived_ns; /* of the whole process */
    bool is_part;      /* it began before a mark, or went on after one; times count from there */
    uint64_t threshold_ns;
    enum ticks_quality clock_quality;
    double ns_per_tick;
    uint64_t clock_jumps;
    uint64_t cpu_ns;
    bool cpu_known;
    uint64_t calls, blocked, blocked_ns, stall_ns; /* blocked: without noise */
    struct report_noise noise[NOISE_KINDS];

    struct report_thread **threads; /* main first, then by blocked time */
    unsigned thread_count;
    struct report_loop **loops; /* most stall first */
    unsigned loop_count;
    struct report_site **sites; /* by rank */
    unsigned site_count;
    struct report_site **others; /* that blocked off the loops, most blocked there first */
    unsigned other_count;
    struct report_setting settings[REPORT_SETTINGS]; /* at its start */
    unsigned setting_count;
    struct report_requests **requests; /* most time first */
    unsigned request_count;
    struct report_forecast *forecast; /* the first is today */
    unsigned forecast_count;
    struct report_spawn **spawns; /* most waiting first */
    unsigned spawn_count;
    struct report_pending pending;
    struct report_moved moved;
    struct report_pool pools[REPORT_POOLS];
    unsigned pool_count;
    uint64_t off_count, off_ns; /* switched off */
    bool off_now;
    unsigned policies;         /* that were put into force, one after the other */
    unsigned policies_refused; /* offered while it ran: the one before stayed */
    uint32_t policy_rules;     /* of the latest one in force */
    uint64_t policy_source;    /* hash of its file */
    struct report_rule *rules; /* that took calls, most calls first */
    unsigned rule_count;
    size_t rule_room;
    struct report_site **waiting; /* sites with pending waits, most time first */
    unsigned waiting_count;
    const char *runtime;         /* of its first loop, or hub, that has one; NULL */
    struct report_site **plan;   /* what there is to do under the goal, in order */
    const char *runtime_version; /* of that; NULL not known */
    unsigned plan_count;
    unsigned plan_effort;
    struct report_group *groups[GROUP_KINDS]; /* most stall first; empty if not resolved */
    unsigned group_count[GROUP_KINDS];

    const char *not_recorded; /* kinds of waiting calls that its table lacks; NULL none is known */
    unsigned silent;          /* threads watched from outside that made no recorded call */
    struct report_saw saw;    /* all threads with calls, weighted by time off the CPU */
    struct report_saw saw_least;
    const struct report_thread *saw_least_thread;
    const char *saw_how; /* how to make an unknown known; NULL */

    struct report_locks locks;

    uint64_t lost[TRACE_LOSS_KINDS];
    uint64_t events_overwritten;
    const char **gaps; /* known to be unseen, a clause each */
    unsigned gap_count;
    bool own_cost_known;
    double own_cost_percent; /* of the CPU time; an estimate */
    uint64_t own_memory;     /* bytes of trace in memory */
    const char **notes;      /* about the figures */
    unsigned note_count;
};

struct report {
    struct arena arena;
    const char *source;                /* what was asked for */
    const char *command;               /* of run.json; NULL */
    struct report_process **processes; /* busiest first */
    unsigned process_count;
    enum goal goal;
    const struct audit_info *audit; /* NULL: the run was not audited */
    const char **notes;             /* files left out and why */
    unsigned note_count;
    const struct mark *marks; /* of the run, the first one if there are several */
    unsigned mark_count;
    const struct mark *since, *until; /* what is looked at lies between them; NULL: not limited */
    const struct wrapper *wrappers;   /* in force */
    size_t wrapper_count;
};

struct source;

struct report_options {
    enum goal goal;
    struct wrappers *wrappers; /* functions that are no owners; NULL none. Matches are marked */
    const char *since, *until; /* marks between which all figures lie; NULL not limited */
    const char *site;          /* id or prefix of sites that are wanted in detail; NULL none */
    int pid;                   /* resolve this process only; 0: the busiest */
    bool all;                  /* resolve every process */
    unsigned callers;          /* for how many sites a process to resolve the callers */
    /* Called with each process that is resolved, while its records can be read; see build.h. */
    void (*each_source)(void *context, const struct source *source);
    void *context;
};

/* Reads the traces at the given paths (files or directories) and builds the model. 0, or -1 with a
 * sentence. The report is released with report_free. */
int report_build(struct report *report, const char *const *paths, unsigned path_count,
                 const struct report_options *options, struct error *error);
void report_free(struct report *report);

const char *report_goal_name(enum goal goal);
const char *report_verdict_name(enum verdict verdict);
const char *report_grouping_name(enum report_grouping grouping);
const char *report_confidence_name(enum confidence confidence);
const char *report_state_name(enum report_state state);

#endif
