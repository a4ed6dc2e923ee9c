/* SPDX-License-Identifier: MIT
 *
 * See ledger.h.
 */
#include "ledger.h"

#include "sums.h"

#include <stdlib.h>
#include <string.h>

bool ledger_verdict_is_open(enum verdict verdict, enum goal goal)
{
    return verdict == VERDICT_OFFLOAD || verdict == VERDICT_CHANGE || verdict == VERDICT_UNKNOWN ||
           (verdict == VERDICT_COOPERATIVE && goal == GOAL_THREADS);
}

enum policy_state ledger_state(const struct policy *policy, uint32_t item)
{
    if (item == LEDGER_NO_ITEM)
        return POLICY_FOUND;
    if (item < policy->rule_count)
        return policy_rule_state(&policy->rules[item]);
    enum policy_state said = policy->groups[item - policy->rule_count].ledger.state;
    return said ? said : POLICY_FOUND;
}

const char *ledger_item_name(const struct policy *policy, uint32_t item)
{
    return item < policy->rule_count ? policy->rules[item].id
                                     : policy->groups[item - policy->rule_count].name;
}

/* ---- collecting ---- */

static struct ledger_site *site_at(struct ledger *ledger, const struct report_site *site,
                                   size_t *room)
{
    uint32_t index = map_get(&ledger->by_id, site->id);
    if (index == MAP_NONE) {
        ledger->sites = arena_grow(ledger->by_id.arena, ledger->sites, sizeof *ledger->sites,
                                   ledger->count, room);
        index = ledger->count++;
        ledger->sites[index] =
            (struct ledger_site){.id = site->id, .site = site, .item = LEDGER_NO_ITEM};
        map_put(&ledger->by_id, site->id, index);
    }
    return &ledger->sites[index];
}

static void add_process(struct ledger *ledger, const struct report_process *process, size_t *room)
{
    for (unsigned i = 0; i < process->site_count; i++) {
        const struct report_site *site = process->sites[i];
        struct ledger_site *to = site_at(ledger, site, room);
        struct report_sums sums = sums_of_site(site);
        bool open =
            site->calls && ledger_verdict_is_open(site->advice.verdict, ledger->report.goal);
        if (open && !to->open)
            to->site = site;
        to->open |= open;
        to->on_loop |= site->on_loop;
        sums_add(&to->sums, &sums);
    }
    for (unsigned i = 0; i < process->loop_count; i++)
        ledger->loop_ns += process->loops[i]->observed_ns;
    ledger->stall_ns += process->stall_ns;
    if (!ledger->started_ns || process->started_realtime_ns < ledger->started_ns)
        ledger->started_ns = process->started_realtime_ns;
}

static void add_items(struct ledger *ledger, const struct replay *replay)
{
    for (size_t i = 0; i < replay->count; i++) {
        const struct replay_site *played = &replay->sites[i];
        uint32_t index = map_get(&ledger->by_id, played->id);
        const struct replay_answer *main = replay_main_answer(played);
        if (index == MAP_NONE)
            continue;
        struct ledger_site *site = &ledger->sites[index];
        if (main->rule != POLICY_NONE && !main->unknown)
            site->item = main->rule;
        for (const struct replay_answer *answer = played->answers; answer; answer = answer->next) {
            if (answer->rule == POLICY_NONE || answer->unknown)
                continue;
            struct ledger_item *item = &ledger->items[answer->rule];
            item->sites++;
            item->open += site->open;
            item->calls += answer->calls;
            item->blocked += answer->blocked;
            item->stall_ns += answer->stall_ns;
            item->idle_calls += answer->idle_calls;
        }
    }
}

static int by_rank(const void *a, const void *b)
{
    const struct ledger_site *x = a, *y = b;
    int order = sums_order(&x->sums, &y->sums);
    return order ? order : x->id < y->id ? -1 : x->id > y->id;
}

static void finish(struct ledger *ledger)
{
    if (ledger->count)
        qsort(ledger->sites, ledger->count, sizeof *ledger->sites, by_rank);
    for (unsigned i = 0; i < ledger->count; i++) {
        map_put(&ledger->by_id, ledger->sites[i].id, i);
        ledger->open += ledger->sites[i].open;
    }
}

int ledger_read(struct ledger *ledger, struct arena *arena, const struct policy *policy,
                const char *const *paths, unsigned count, const struct report_options *options,
                struct error *error)
{
    struct replay replay = {0};
    struct policy none = {.path = "no policy"};
    size_t room = 0;
    *ledger = (struct ledger){.by_id.arena = arena};
    replay_ledger_of(&ledger->policy, arena, policy ? policy : &none);
    ledger->items = ARENA_ARRAY(arena, struct ledger_item, ledger->policy.rule_count);
    if (!ledger->policy.pool_count) { /* a block has one pool at least */
        ledger->policy.pools = ARENA_NEW(arena, struct policy_pool);
        ledger->policy.pools[ledger->policy.pool_count++] =
            (struct policy_pool){.name = "default", .max = 1};
    }
    if (policy_play(&replay, &ledger->report, arena, &ledger->policy, paths, count, options,
                    error) < 0)
        return -1;
    ledger->built = true;
    for (unsigned i = 0; i < ledger->report.process_count; i++)
        add_process(ledger, ledger->report.processes[i], &room);
    add_items(ledger, &replay);
    finish(ledger);
    return 0;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger->built)
        report_free(&ledger->report);
}
