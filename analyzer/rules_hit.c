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
    return rule->moved + rule->in_place_calls;
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
    rule->moved += record->moved;
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

static void add_policy(struct report_process *process, const struct trace_policy *record)
{
    if (record->pid != process->pid && !process->forked)
        return;
    if (record->fault) {
        process->policies_refused++;
        return;
    }
    process->policies++;
    process->policy_rules = record->rules;
    process->policy_source = record->source;
}

static void fill(struct source *source, bool latest)
{
    struct report_process *process = source->process;
    struct reader_cursor cursor = {.only_pid = process->pid};
    const struct trace_record *record;
    while ((record = reader_next(source->reader, &cursor)))
        if (record->type == RECORD_POLICY)
            add_policy(process, (const struct trace_policy *)record);
    cursor = (struct reader_cursor){.only_pid = process->pid};
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
