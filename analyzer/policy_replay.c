/* SPDX-License-Identifier: MIT
 *
 * See policy_replay.h.
 */
#include "policy_replay.h"

#include "python.h"
#include "spawn_files.h"
#include "sums.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* ---- one process ---- */

struct playing {
    struct replay *replay;
    const struct source *source;
    struct map modules; /* id -> index into `loaded` */
    struct policy_loaded *loaded;
    size_t loaded_count, loaded_room;
    struct policy_frame frames[TRACE_FRAMES];
    struct map green;           /* key of a function that green threads of the process run */
    struct python_chain *chain; /* room for one */
};

static uint32_t load_module(struct playing *playing, uint16_t id)
{
    const struct source *source = playing->source;
    const struct trace_module *module = reader_module(source->reader, id);
    const char *path = module ? reader_string(source->reader, module->path) : NULL;
    if (!module)
        return MAP_NONE;
    struct policy_loaded loaded = {.name = text_basename(path ? path : "unknown module")};
    if (module->flags & MODULE_MAIN) {
        loaded.kind |= POLICY_IS_MAIN;
        loaded.also = source->process->name;
    }
    if (module->flags & (MODULE_LIBC | MODULE_SHUNT))
        loaded.kind |= POLICY_IS_LIBC;
    policy_loaded_find(&playing->replay->view, &loaded, module->build_id, module->build_id_size);
    playing->loaded = arena_grow(playing->replay->arena, playing->loaded, sizeof *playing->loaded,
                                 playing->loaded_count, &playing->loaded_room);
    playing->loaded[playing->loaded_count] = loaded;
    return (uint32_t)playing->loaded_count++;
}

/* All of them before any is pointed to: the array moves while it grows. */
static void load_chain(struct playing *playing, const struct trace_context *context)
{
    for (unsigned i = 0; context && i < context->frames; i++) {
        uint16_t id = TRACE_FRAME_MODULE(context->frame[i]);
        if (map_get(&playing->modules, id) != MAP_NONE)
            continue;
        uint32_t index = load_module(playing, id);
        if (index != MAP_NONE)
            map_put(&playing->modules, id, index);
    }
}

static void fill_frames(struct playing *playing, const struct trace_context *context,
                        struct policy_call *call)
{
    load_chain(playing, context);
    call->frames = playing->frames;
    call->cut = !context || context->flags & ~(uint32_t)CONTEXT_CUT_SIGNAL;
    call->frame_count = context ? context->frames : 0;
    for (unsigned i = 0; i < call->frame_count; i++) {
        uint32_t index = map_get(&playing->modules, TRACE_FRAME_MODULE(context->frame[i]));
        playing->frames[i] =
            (struct policy_frame){.module = index == MAP_NONE ? NULL : &playing->loaded[index],
                                  .offset = TRACE_FRAME_OFFSET(context->frame[i])};
    }
}

/* ---- what its thread runs ---- */

static uint64_t function_key(const struct python_frame *frame)
{
    return text_key(frame->path->file) * 31 + text_key(frame->name);
}

static void find_green(struct playing *playing)
{
    const struct source *source = playing->source;
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct trace_spawn *spawn = (const struct trace_spawn *)record;
        struct python_frame frame;
        if (record->type == RECORD_SPAWN && record->aux == SPAWN_GREEN &&
            spawn->pid == source->process->pid && python_frame_read(source, spawn->pyframe, &frame))
            map_put(&playing->green, function_key(&frame), 1);
    }
}

static bool only_starts(const struct python_frame *frame)
{
    static const char *const starters[] = {SPAWN_STARTERS};
    size_t length = strlen(frame->path->file);
    for (size_t i = 0; i < sizeof starters / sizeof *starters; i++) {
        size_t end = strlen(starters[i]);
        if (length >= end && strcmp(frame->path->file + length - end, starters[i]) == 0)
            return true;
    }
    return false;
}

/* What the green thread runs that made a call, by its frames: function NULL: it is not known.
 * False: no green thread made it. */
static bool green_spawn(const struct playing *playing, uint32_t context, struct policy_spawn *spawn)
{
    struct python_chain *chain = playing->chain;
    *spawn = (struct policy_spawn){0};
    if (playing->green.count == 0)
        return false;
    python_chain_read(playing->source, context, chain);
    unsigned count = chain->count;
    while (!chain->cut && count && only_starts(&chain->frames[count - 1]))
        count--;
    if (chain->cut || count == 0)
        return chain->cut;
    const struct python_frame *outermost = &chain->frames[count - 1];
    if (map_get(&playing->green, function_key(outermost)) == MAP_NONE)
        return false;
    *spawn = (struct policy_spawn){.module = outermost->path->file, .function = outermost->name};
    return true;
}

static struct policy_spawn spawn_of(const struct playing *playing,
                                    const struct report_thread *thread, uint32_t context)
{
    const struct report_spawn *point = thread->spawn;
    struct policy_spawn spawn;
    if (green_spawn(playing, context, &spawn))
        return spawn;
    if (!point || thread->is_main)
        return (struct policy_spawn){.function = ""};
    return (struct policy_spawn){.module = point->python ? point->file : point->shown_module,
                                 .function = point->function};
}

static uint32_t roles_of(const struct report_thread *thread)
{
    uint32_t roles = thread->loop ? 1u << POLICY_ROLE_LOOP : 1u << POLICY_ROLE_THREAD;
    return roles | (thread->is_main ? 1u << POLICY_ROLE_MAIN : 0);
}

static struct policy_call call_of(struct playing *playing, const struct report_use *use,
                                  const struct trace_slot *slot)
{
    const struct report_site *site = use->site;
    struct policy_call call = {
        .call = policy_call_index(&playing->replay->view, site->call),
        .executable = playing->source->process->exe ? playing->source->process->exe : "",
        .python_file = site->python ? (site->file ? site->file : site->module) : NULL,
        .python_function = site->python ? site->function : NULL,
        .spawn = spawn_of(playing, use->thread, slot->context)};
    fill_frames(playing, reader_record(playing->source->reader, slot->context, RECORD_CONTEXT),
                &call);
    return call;
}

/* ---- adding up ---- */

static struct replay_site *site_at(struct replay *replay, const struct source *source,
                                   const struct report_site *site)
{
    uint32_t index = map_get(&replay->by_id, site->id);
    if (index == MAP_NONE) {
        replay->sites = arena_grow(replay->arena, replay->sites, sizeof *replay->sites,
                                   replay->count, &replay->room);
        index = (uint32_t)replay->count++;
        replay->sites[index] =
            (struct replay_site){.id = site->id, .site = site, .process = source->process};
        map_put(&replay->by_id, site->id, index);
    }
    return &replay->sites[index];
}

static struct replay_answer *answer_at(struct replay *replay, struct replay_site *site,
                                       uint32_t rule, bool unknown)
{
    struct replay_answer **at = &site->answers;
    while (*at && ((*at)->rule != rule || (*at)->unknown != unknown))
        at = &(*at)->next;
    if (!*at) {
        *at = ARENA_NEW(replay->arena, struct replay_answer);
        **at = (struct replay_answer){.rule = rule, .unknown = unknown};
        if (rule != POLICY_NONE)
            replay->rules[rule].sites++;
    }
    return *at;
}

static void add(struct playing *playing, const struct report_use *use,
                const struct trace_slot *slot, const struct policy_answer *answer)
{
    struct replay *replay = playing->replay;
    const struct source *source = playing->source;
    bool unknown = answer->why == POLICY_WHY_UNKNOWN || answer->why == POLICY_WHY_CROWDED;
    uint32_t rule = answer->rule == POLICY_NONE ? POLICY_NONE : replay->rule_of[answer->rule];
    struct replay_site *site = site_at(replay, source, use->site);
    struct replay_answer *to = answer_at(replay, site, rule, unknown);
    struct replay_rule nobody = {0};
    struct replay_rule *sum = rule == POLICY_NONE ? &nobody : &replay->rules[rule];
    if (use->noise) {
        to->idle_calls += slot->count;
        sum->idle_calls += slot->count;
        return;
    }
    struct report_sums sums = sums_of_slot(source, slot, use->thread->loop != NULL);
    sums_add(&site->sums, &sums);
    to->calls += slot->count;
    to->ns += sums.total_ns;
    to->blocked += sums.blocked;
    to->stall_ns += sums.stall_ns;
    *(unknown ? &sum->unknown_calls : &sum->calls) += slot->count;
    sum->ns += sums.total_ns;
}

static void play_slot(struct playing *playing, const struct report_use *use,
                      const struct trace_slot *slot)
{
    struct replay *replay = playing->replay;
    struct policy_call call = call_of(playing, use, slot);
    struct policy_moment moment = {.roles = roles_of(use->thread),
                                   .target = reader_string(playing->source->reader, slot->target)};
    if (replay->each_chain && !use->noise)
        replay->each_chain(replay->context, replay, use->site, &call, &moment, slot->count);
    struct policy_steps steps;
    policy_steps_find(&replay->view, &call, &steps);
    struct policy_answer answer = policy_decide(&replay->view, &steps, &moment);
    add(playing, use, slot, &answer);
}

void replay_source(void *context, const struct source *source)
{
    struct replay *replay = context;
    struct playing playing = {.replay = replay,
                              .source = source,
                              .modules.arena = replay->arena,
                              .green.arena = replay->arena,
                              .chain = ARENA_NEW(replay->arena, struct python_chain)};
    find_green(&playing);
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct trace_slot *slot = (const struct trace_slot *)record;
        const struct report_use *use =
            record->type == RECORD_SLOT ? source_use(source, cursor.id) : NULL;
        if (use && slot->count)
            play_slot(&playing, use, slot);
    }
}

/* ---- the whole ---- */

int replay_begin(struct replay *replay, struct arena *arena, const struct policy *policy,
                 const struct policy_compiled *compiled, struct error *error)
{
    *replay = (struct replay){.arena = arena, .policy = policy, .by_id.arena = arena};
    enum policy_fault fault = policy_blob_open(&replay->view, compiled->block, compiled->size);
    if (fault != POLICY_FINE)
        return error_set(error, "the compiled policy %s", policy_fault_text(fault));
    replay->rules = ARENA_ARRAY(arena, struct replay_rule, policy->rule_count);
    replay->rule_of = ARENA_ARRAY(arena, uint32_t, policy->rule_count);
    uint32_t at = 0;
    for (unsigned i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].routes)
            replay->rule_of[at++] = i;
    return 0;
}

static int by_rank(const void *a, const void *b)
{
    const struct replay_site *x = a, *y = b;
    int order = sums_order(&x->sums, &y->sums);
    return order ? order : x->id < y->id ? -1 : x->id > y->id;
}

void replay_finish(struct replay *replay)
{
    if (replay->count)
        qsort(replay->sites, replay->count, sizeof *replay->sites, by_rank);
    for (size_t i = 0; i < replay->count; i++)
        map_put(&replay->by_id, replay->sites[i].id, (uint32_t)i);
}

const struct replay_answer *replay_main_answer(const struct replay_site *site)
{
    const struct replay_answer *best = site->answers;
    for (const struct replay_answer *answer = best; answer; answer = answer->next)
        if (answer->calls > best->calls ||
            (answer->calls == best->calls && answer->idle_calls > best->idle_calls))
            best = answer;
    return best;
}

void replay_ledger_of(struct policy *ledger, struct arena *arena, const struct policy *policy)
{
    *ledger = *policy;
    ledger->rule_count = policy->rule_count + policy->group_count;
    ledger->rules = ARENA_ARRAY(arena, struct policy_rule, ledger->rule_count);
    for (unsigned i = 0; i < ledger->rule_count; i++) {
        struct policy_rule *rule = &ledger->rules[i];
        if (i < policy->rule_count) {
            *rule = policy->rules[i];
        } else {
            const struct policy_group *group = &policy->groups[i - policy->rule_count];
            *rule = (struct policy_rule){
                .id = group->name, .at = group->at, .match = group->match, .ledger = group->ledger};
        }
        rule->routes = true;
        rule->route = POLICY_INPLACE;
        rule->rollout = POLICY_ROLLOUT_ALL;
    }
}
