/* SPDX-License-Identifier: MIT
 *
 * Which rule of a compiled policy is a call's. In two steps: what a call's chain decides is found
 * once and kept with the slot (the rules that may apply, in order); what the moment decides (role,
 * fd, share of a rollout) is looked at in each call, and only where a rule asks for it.
 *
 * No allocation, no libc: any context.
 */
#ifndef SHUNT_POLICY_EVAL_H
#define SHUNT_POLICY_EVAL_H

#include "policy_blob.h"

/* ---- what is known of a call ---- */

enum policy_module_kind {
    POLICY_IS_MAIN = 1,    /* the executable */
    POLICY_IS_LIBC = 2,    /* libc, the loader, shunt itself: never an owner */
    POLICY_IS_RUNTIME = 4, /* an interpreter in a library: stands for the application */
};

/* A loaded module, found out once. */
struct policy_loaded {
    const char *name; /* its file's name; lives as long as this does */
    const char *also; /* what the executable was started as, where that differs; NULL */
    uint32_t index;   /* in the block; POLICY_NONE: it was not compiled */
    uint32_t kind;    /* enum policy_module_kind */
};

/* Completes a module of which name, also and kind are known: its index, and whether it is a
 * runtime.
 */
void policy_loaded_find(const struct policy_view *view, struct policy_loaded *module,
                        const uint8_t *build_id, size_t build_id_size);

struct policy_frame {
    const struct policy_loaded *module; /* NULL: generated code */
    uint64_t offset;                    /* of the return address, from the load bias */
};

struct policy_call {
    uint32_t call;                     /* index in POLICY_CALLS; POLICY_NONE: no rule names it */
    const struct policy_frame *frames; /* innermost first */
    uint32_t frame_count;
    bool cut;                    /* there are more frames outward */
    const char *executable;      /* path */
    const char *python_file;     /* of the Python owner, the innermost frame that is the
                                    application's; NULL: there is no Python frame */
    const char *python_function; /* qualified name; NULL, too */
    /* What its thread, or green thread, was started to run. */
    struct policy_spawn {
        const char *module;   /* a file's name, or path; NULL: no module has such a name */
        const char *function; /* "": nothing, it is the first thread; NULL: see the next */
        const struct policy_frame *frame; /* as of a call there; NULL: it is not known */
    } spawn;
};

/* The index of a call's name in POLICY_CALLS; POLICY_NONE. */
uint32_t policy_call_index(const struct policy_view *view, const char *name);

/* ---- one question at a time ---- */

enum policy_truth { POLICY_NO, POLICY_YES, POLICY_UNKNOWN };

/* Does a term hold? Of POLICY_TERM_FD, which is the moment's: yes. */
enum policy_truth policy_term_holds(const struct policy_view *view, const struct policy_call *call,
                                    const struct policy_term *term);

/* Is the call (an index in POLICY_CALLS) one of those that the rule is about? */
bool policy_rule_names(const struct policy_view *view, const struct policy_blob_rule *rule,
                       uint32_t call);

/* ---- once for each chain ---- */

#define POLICY_STEPS_MOST 16u

/* Rules that may take a call, in order. The last one ends the search, or `more` says that there
 * were others, or nothing follows: in place. */
struct policy_steps {
    uint32_t count;
    bool more;
    struct {
        uint32_t rule;
        bool unknown; /* a name is asked for that nobody knows: its module was not compiled, or the
                         chain is cut */
    } step[POLICY_STEPS_MOST];
};

void policy_steps_find(const struct policy_view *view, const struct policy_call *call,
                       struct policy_steps *steps);

/* ---- for each call ---- */

struct policy_moment {
    uint32_t roles;     /* 1 << enum policy_role of each */
    const char *target; /* what its fd is, as the trace names it; NULL: no fd, or not known */
    int fd;
    uint64_t thread; /* any number that tells one from another */
    uint64_t second; /* that goes on by one each second */
};

enum policy_why {
    POLICY_WHY_NO_RULE,
    POLICY_WHY_RULE,    /* the rule's route */
    POLICY_WHY_ROLLOUT, /* in place: not in the share that is moved */
    POLICY_WHY_UNKNOWN, /* in place: whether the rule takes it cannot be told */
    POLICY_WHY_CROWDED  /* in place: more rules might take it than are kept */
};

struct policy_answer {
    uint32_t rule; /* POLICY_NONE: no rule */
    enum policy_route route;
    enum policy_why why;
};

struct policy_answer policy_decide(const struct policy_view *view, const struct policy_steps *steps,
                                   const struct policy_moment *moment);

/* Does a term of POLICY_TERM_FD hold? */
bool policy_fd_fits(const struct policy_view *view, const struct policy_term *term,
                    const struct policy_moment *moment);

/* Is every call of the chain answered alike? Then the answer is all that needs to be kept. */
bool policy_steps_final(const struct policy_view *view, const struct policy_steps *steps);

/* Is this moment in the share of the rule's calls that are moved? */
bool policy_rollout_takes(const struct policy_blob_rule *rule, const struct policy_moment *moment);

#endif
