/* SPDX-License-Identifier: MIT
 *
 * See rules_hit.h. Rules are told apart by policy and number: another policy's rule of the same
 * name is another rule.
 */
#include "rules_hit.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

uint64_t rules_hit_calls(const struct report_rule *rule)
{
    return rule->moved + rule->denied + rule->in_place_calls;
}

static struct report_rule *rule_at(struct source *source, const struct trace_rule *record)
{
    struct report_process *process = source->process;
    struct arena *arena = source->build->arena;
    const char *id = reader_string(source->reader, record->id);
    for (unsigned i = 0; id && i < process->rule_count; i++)
        if (strcmp(process->rules[i].id, text_clean(arena, id)) == 0 &&
            process->rules[i].route == record->route)
            return &process->rules[i];
    process->rules = arena_grow(arena, process->rules, sizeof *process->rules, process->rule_count,
                                &process->rule_room);
    struct report_rule *rule = &process->rules[process->rule_count++];
    *rule = (struct report_rule){
        .id = text_clean(arena, id ? id : "?"), .number = record->rule, .route = record->route};
    return rule;
}

static void add_rule(struct source *source, const struct trace_rule *record)
{
    struct report_rule *rule = rule_at(source, record);
    rule->share = record->head.aux;
    rule->moved += record->moved;
    rule->expired += record->expired;
    rule->denied += record->denied;
    for (unsigned i = 0; i < REASON_ROOM; i++) {
        rule->in_place[i] += record->in_place[i];
        rule->in_place_calls += record->in_place[i];
    }
}

static int by_calls(const void *a, const void *b)
{
    const struct report_rule *x = a, *y = b;
    uint64_t calls_x = rules_hit_calls(x), calls_y = rules_hit_calls(y);
    if (calls_x != calls_y)
        return calls_x > calls_y ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

/* When a process was first seen; 0: the trace does not say. */
static uint64_t first_seen(const struct source *source)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct trace_process *process = (const struct trace_process *)record;
        if (record->type == RECORD_PROCESS && process->pid == source->process->pid)
            return process->seen;
    }
    return 0;
}

/* A fork child has what was in force when it began; what its kin made of others later is theirs. */
static void add_policies(struct source *source)
{
    struct report_process *process = source->process;
    struct map known = {.arena = source->build->arena}; /* generations, from 1 */
    struct reader_cursor cursor = {0};
    uint64_t born = process->forked ? first_seen(source) : 0;
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct trace_policy *policy = (const struct trace_policy *)record;
        if (record->type != RECORD_POLICY ||
            (policy->pid != process->pid && policy->since >= born) ||
            map_get(&known, policy->generation + 1) != MAP_NONE)
            continue;
        map_put(&known, policy->generation + 1, 1);
        if (policy->fault) {
            process->policies_refused++;
            continue;
        }
        process->policies++;
        process->policy_rules = policy->rules;
        process->policy_source = policy->source;
    }
}

static void fill(struct source *source, bool latest)
{
    struct report_process *process = source->process;
    struct reader_cursor cursor = {.only_pid = process->pid};
    const struct trace_record *record;
    add_policies(source);
    while ((record = reader_next(source->reader, &cursor))) {
        const struct trace_rule *rule = (const struct trace_rule *)record;
        if (record->type == RECORD_RULE && rule->pid == process->pid &&
            (!latest || rule->source == process->policy_source))
            add_rule(source, rule);
    }
    if (process->rule_count)
        qsort(process->rules, process->rule_count, sizeof *process->rules, by_calls);
}

void rules_hit_fill(struct source *source)
{
    fill(source, false);
}

void rules_hit_fill_latest(struct source *source)
{
    fill(source, true);
}
