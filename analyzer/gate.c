/* SPDX-License-Identifier: MIT
 *
 * See gate.h.
 */
#include "gate.h"

#include "format.h"
#include "progress.h"

#include <string.h>

static const char *const names[GATE_CLASSES] = {
    [GATE_NEW] = "new",         [GATE_BACK] = "back",     [GATE_UNUSED] = "unused",
    [GATE_EXPIRED] = "expired", [GATE_UNSURE] = "unsure",
};

const char *gate_class_name(enum gate_class class)
{
    return names[class];
}

enum gate_class gate_class_of(const char *name)
{
    unsigned class = 0;
    while (class < GATE_CLASSES && strcmp(names[class], name) != 0)
        class ++;
    return (enum gate_class) class;
}

static void add(struct gate *gate, struct gate_finding finding)
{
    finding.fails = gate->options.fails[finding.class];
    gate->failing += finding.fails;
    gate->findings =
        arena_grow(gate->arena, gate->findings, sizeof finding, gate->count, &gate->room);
    gate->findings[gate->count++] = finding;
}

/* ---- sites ---- */

static bool blocks_a_loop(const struct gate *gate, const struct ledger_site *site)
{
    return site->on_loop && site->sums.blocked && (gate->options.strict || site->open);
}

static const char *figures(struct arena *arena, const struct ledger_site *site)
{
    const char *target = site->site->pattern;
    return arena_print(arena, "%s, %s blocked, %s of stall%s%s",
                       format_plural(arena, site->sums.calls, "call", "calls"),
                       format_count(arena, site->sums.blocked),
                       format_duration(arena, site->sums.stall_ns), target ? ", " : "",
                       target ? target : "");
}

/* A site of a stripped binary has another id in every build: the baseline may know it by the old
 * one. */
static bool may_be_known(const struct gate *gate, const struct ledger_site *site)
{
    for (size_t i = 0; !site->site->stable && i < gate->known.count; i++) {
        const struct gate_known *known = &gate->known.items[i];
        if (!known->stable && strcmp(known->call, site->site->call) == 0 &&
            strcmp(known->module, site->site->module) == 0)
            return true;
    }
    return false;
}

static void judge_site(struct gate *gate, const struct ledger_site *site)
{
    struct gate_known *known = gate_baseline_find(&gate->known, site->id);
    if (known)
        known->seen = true;
    if (!blocks_a_loop(gate, site))
        return;
    gate->blocking++;
    if (!gate->options.baseline || known)
        return;
    bool unsure = may_be_known(gate, site);
    add(gate, (struct gate_finding){.class = unsure ? GATE_UNSURE : GATE_NEW,
                                    .site = site,
                                    .item = LEDGER_NO_ITEM,
                                    .text = figures(gate->arena, site)});
}

/* ---- items ---- */

static void judge_closed(struct gate *gate, uint32_t item)
{
    if (ledger_state(&gate->policy, item) != POLICY_CLOSED || !gate->ledger.items[item].blocked)
        return;
    const struct ledger_site *worst = NULL;
    for (unsigned i = 0; !worst && i < gate->ledger.count; i++)
        if (gate->ledger.sites[i].item == item && gate->ledger.sites[i].sums.blocked)
            worst = &gate->ledger.sites[i];
    add(gate, (struct gate_finding){
                  .class = GATE_BACK,
                  .site = worst,
                  .item = item,
                  .text = arena_print(gate->arena, "it is closed, and %s blocked",
                                      format_plural(gate->arena, gate->ledger.items[item].blocked,
                                                    "call", "calls"))});
}

static void judge_expired(struct gate *gate, uint32_t item)
{
    const struct policy_ledger *ledger = progress_ledger(&gate->policy, item);
    bool inherited = item < gate->policy.rule_count && gate->policy.rules[item].group &&
                     gate->policy.rules[item].group->ledger.expires == ledger->expires;
    if (!inherited && progress_expired(&gate->policy, item, gate->options.today))
        add(gate,
            (struct gate_finding){.class = GATE_EXPIRED,
                                  .item = item,
                                  .text = arena_print(gate->arena, "on %s%s%s", ledger->expires,
                                                      ledger->contact ? "; ask " : "",
                                                      ledger->contact ? ledger->contact : "")});
}

/* A closed rule is there to take nothing. */
static void judge_unused(struct gate *gate, uint32_t index)
{
    const struct policy_rule *rule = &gate->policy.rules[index];
    const struct replay_rule *use = &gate->replay.rules[index];
    if (!rule->routes || policy_rule_state(rule) == POLICY_CLOSED || use->calls || use->idle_calls)
        return;
    add(gate, (struct gate_finding){
                  .class = GATE_UNUSED,
                  .item = index,
                  .text = use->unknown_calls
                              ? arena_print(
                                    gate->arena,
                                    "whether it takes any call cannot be told: names are "
                                    "missing for %s",
                                    format_plural(gate->arena, use->unknown_calls, "call", "calls"))
                              : "it took no call of these recordings"});
}

static void judge_items(struct gate *gate)
{
    uint32_t count = gate->policy.rule_count + gate->policy.group_count;
    for (uint32_t i = 0; i < count; i++)
        judge_closed(gate, i);
    for (uint32_t i = 0; i < gate->policy.rule_count; i++)
        judge_unused(gate, i);
    for (uint32_t i = 0; i < count; i++)
        judge_expired(gate, i);
}

/* ---- the whole ---- */

static int replay(struct gate *gate, const char *const *paths, unsigned count,
                  const struct report_options *options, struct error *error)
{
    struct policy policy = gate->policy; /* the replay adds wrappers to its own */
    if (!gate->has_policy)
        return 0;
    if (policy_play(&gate->replay, &gate->replayed, gate->arena, &policy, paths, count, options,
                    error) < 0)
        return -1;
    gate->was_replayed = true;
    return 0;
}

int gate_run(struct gate *gate, const char *const *paths, unsigned count,
             const struct report_options *options, struct error *error)
{
    if (gate->options.baseline &&
        gate_baseline_read(&gate->known, gate->arena, gate->options.baseline, error) < 0)
        return -1;
    if (ledger_read(&gate->ledger, gate->arena, gate->has_policy ? &gate->policy : NULL, paths,
                    count, options, error) < 0 ||
        replay(gate, paths, count, options, error) < 0)
        return -1;
    for (unsigned i = 0; i < gate->ledger.count; i++)
        judge_site(gate, &gate->ledger.sites[i]);
    if (gate->has_policy)
        judge_items(gate);
    for (size_t i = 0; i < gate->known.count; i++)
        gate->stale += !gate->known.items[i].seen;
    return 0;
}

void gate_free(struct gate *gate)
{
    ledger_free(&gate->ledger);
    if (gate->was_replayed)
        report_free(&gate->replayed);
}

void gate_make_baseline(struct gate *gate, struct gate_baseline *baseline)
{
    *baseline = (struct gate_baseline){0};
    for (unsigned i = 0; i < gate->ledger.count; i++) {
        const struct ledger_site *site = &gate->ledger.sites[i];
        if (blocks_a_loop(gate, site))
            gate_baseline_add(baseline, gate->arena,
                              &(struct gate_known){.id = site->id,
                                                   .call = site->site->call,
                                                   .function = site->site->function,
                                                   .module = site->site->module,
                                                   .stable = site->site->stable});
    }
    gate_baseline_order(baseline);
}

void gate_prune(struct gate *gate, struct gate_baseline *baseline)
{
    *baseline = (struct gate_baseline){0};
    for (size_t i = 0; i < gate->known.count; i++)
        if (gate->known.items[i].seen)
            gate_baseline_add(baseline, gate->arena, &gate->known.items[i]);
}
