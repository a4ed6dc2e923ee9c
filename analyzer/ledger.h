/* SPDX-License-Identifier: MIT
 *
 * The sites of a recording as items of work: which of them need any, and what the policy's ledger
 * says of each.
 */
#ifndef SHUNT_LEDGER_H
#define SHUNT_LEDGER_H

#include "policy_play.h"

#define LEDGER_NO_ITEM UINT32_MAX

/* A site over all processes. */
struct ledger_site {
    uint64_t id;
    const struct report_site *site; /* as in the process where its verdict is worst */
    struct report_sums sums;
    bool on_loop;
    bool open;     /* not fine: it needs work */
    uint32_t item; /* of `ledger.policy`; LEDGER_NO_ITEM */
};

/* What an item's sites did. */
struct ledger_item {
    unsigned sites, open;
    uint64_t calls, blocked, stall_ns;
    uint64_t idle_calls; /* that hold nobody up */
};

struct ledger {
    struct policy policy;      /* rules, then groups: see replay_ledger_of */
    struct ledger_item *items; /* one for each of its rules */
    struct ledger_site *sites; /* most stall first */
    unsigned count, open;
    uint64_t stall_ns, loop_ns; /* of all loops: stalled, and watched */
    uint64_t started_ns;        /* the earliest process, since 1970 */
    struct report report;
    bool built;
    struct map by_id;
};

/* Reads the recordings. `policy` may be NULL: no site has an item then. 0, or -1 with a sentence.
 */
int ledger_read(struct ledger *ledger, struct arena *arena, const struct policy *policy,
                const char *const *paths, unsigned count, const struct report_options *options,
                struct error *error);
void ledger_free(struct ledger *ledger);

/* The state of an item, as said or as it follows from the route of the policy's own rule. */
enum policy_state ledger_state(const struct policy *policy, uint32_t item);

/* A rule's id, or a group's name. */
const char *ledger_item_name(const struct policy *policy, uint32_t item);

/* Does the verdict mean work? */
bool ledger_verdict_is_open(enum verdict verdict, enum goal goal);

#endif
