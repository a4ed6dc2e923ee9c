/* SPDX-License-Identifier: MIT
 *
 * A policy as it was read and checked: an ordered list of rules, first match wins, with what they
 * refer to. Everything lives in the arena it was read into. docs/policy.md is the language's page.
 */
#ifndef SHUNT_POLICY_H
#define SHUNT_POLICY_H

#include "calls.h"
#include "policy_format.h"
#include "policy_notes.h"
#include "wrappers.h"

#include <stdbool.h>
#include <stdint.h>

#define POLICY_VERSION    1
#define POLICY_RULES_MOST 10000u
#define POLICY_LIST_MOST  1000u

/* What a rule or a group may ask of a call. Those of one rule must all hold; each holds when one of
 * its alternatives does. */
enum policy_matcher {
    MATCH_SITE,
    MATCH_CALL,
    MATCH_FAMILY,
    MATCH_ROLE,
    MATCH_OWNER,
    MATCH_MODULE,
    MATCH_FUNCTION,
    MATCH_SOURCE,
    MATCH_VIA,
    MATCH_PYTHON_FILE,
    MATCH_PYTHON_FUNCTION,
    MATCH_EXECUTABLE,
    MATCH_SPAWN,
    MATCH_FRAMES, /* its items follow each other instead: one alternative */
    MATCH_FD,
    MATCHERS
};

struct policy_texts {
    const char **items;
    unsigned count; /* 0: not asked */
    struct policy_at at;
    bool of_group; /* it comes from the rule's group */
};

struct policy_match {
    struct policy_at at;
    struct policy_texts by[MATCHERS];
    bool any_call;          /* neither call nor family is asked */
    bool calls[CALL_COUNT]; /* else those that both allow */
    bool named[CALL_COUNT]; /* asked for by their own name, and not by family or pattern */
    unsigned roles;         /* 1 << enum policy_role of each; 0: not asked */
};

/* Where the work on a site or a group stands. */
struct policy_ledger {
    enum policy_state state; /* POLICY_STATE_NONE: not said */
    struct policy_at state_at;
    const char *reason, *contact; /* NULL: not said */
    const char *expires;          /* YYYY-MM-DD; NULL never */
    struct policy_at expires_at;
    int expires_day; /* days since 1970-01-01; valid with `expires` */
};

struct policy_pool {
    const char *name;
    struct policy_at at;
    unsigned max;     /* threads */
    uint64_t idle_ns; /* after which a thread that has nothing to do ends */
};

struct policy_group {
    const char *name;
    struct policy_at at;
    struct policy_match match;
    struct policy_ledger ledger;
};

struct policy_rule {
    const char *id;
    struct policy_at at;
    struct policy_match match;        /* its group's included */
    const struct policy_group *group; /* NULL none */
    bool routes; /* false: it only says where its sites stand, and the next rule decides */
    enum policy_route route;
    struct policy_at route_at;
    unsigned pool;    /* index */
    unsigned rollout; /* in 1/100 of a percent */
    enum policy_rollout_by rollout_by;
    uint64_t deadline_ns;   /* 0 none */
    unsigned bulkhead;      /* calls at a time; 0: no limit */
    enum policy_route over; /* what the others get: in place, or deny */
    unsigned error;         /* errno of calls that are denied; 0: they are made, and counted */
    struct policy_at deadline_at, bulkhead_at, deny_at;
    struct policy_ledger ledger; /* what is not said is the group's */
};

struct policy {
    const char *path;
    uint64_t hash; /* of its text: tells one policy from another */
    bool threads;  /* the goal: leave the green runtime, instead of unblocking its loop */
    struct policy_pool *pools; /* the first is "default" */
    unsigned pool_count;
    struct policy_group *groups;
    unsigned group_count;
    struct policy_rule *rules;
    unsigned rule_count;
    struct wrappers wrappers; /* functions that are no owners */
};

/* Reads the file, which must be the user's own or root's and writable by nobody else. Everything
 * that is wrong is in the notes. 0, or -1 when any of it is an error. */
int policy_read(struct policy *policy, const char *path, struct policy_notes *notes);

/* The same from memory; `path` is for the notes. */
int policy_read_text(struct policy *policy, const char *path, const char *text, size_t size,
                     struct policy_notes *notes);

/* The key of a matcher in the file ("python_file"). */
const char *policy_matcher_name(enum policy_matcher matcher);
const char *policy_route_name(enum policy_route route);
const char *policy_state_name(enum policy_state state); /* "" for POLICY_STATE_NONE */
const char *policy_rollout_by_name(enum policy_rollout_by by);
const char *policy_role_name(enum policy_role role);

/* The state that is said, or else the one that follows from what the rule does. */
enum policy_state policy_rule_state(const struct policy_rule *rule);

#endif
