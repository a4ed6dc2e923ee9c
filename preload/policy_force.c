/* SPDX-License-Identifier: MIT
 *
 * See policy_force.h. Rules' records are numbered in memory that fork wipes: a child counts in
 * records of its own.
 */
#include "policy_force.h"

#include "calls.h"
#include "handoff.h"
#include "modules.h"
#include "policy_load.h"
#include "python_frames.h"
#include "slot.h"
#include "spawn_point.h"

#include <errno.h>
#include <string.h>

enum { PROBES = 16, NUMBER_BITS = 14 };

_Static_assert(FORCE_LISTS < 1 << NUMBER_BITS, "a list's number fits");
_Static_assert((uint64_t)FORCE_SERIALS << NUMBER_BITS <= 1ull << 32, "a slot's note");

/* ---- what a chain decides ---- */

static const char *text_of(uint32_t string)
{
    return string ? ((const struct trace_string *)trace_at(string))->text : "";
}

static struct policy_loaded describe(const struct policy_view *view, uint16_t id)
{
    const struct trace_module *record = modules_record(id);
    const char *path = record ? text_of(record->path) : "";
    const char *slash = strrchr(path, '/');
    struct policy_loaded loaded = {.name = slash ? slash + 1 : path};
    if (record && record->flags & MODULE_MAIN) {
        loaded.kind |= POLICY_IS_MAIN;
        loaded.also = force_started_as;
    }
    if (record && record->flags & (MODULE_LIBC | MODULE_SHUNT))
        loaded.kind |= POLICY_IS_LIBC;
    policy_loaded_find(view, &loaded, record ? record->build_id : NULL,
                       record ? record->build_id_size : 0);
    return loaded;
}

/* Two threads may describe a module at the same time: one of them keeps its own for this once. */
static const struct policy_loaded *module_of(struct force *f, uint16_t id,
                                             struct policy_loaded *own)
{
    struct force_module *m = id && id < FORCE_MODULES ? &f->module[id] : NULL;
    uint32_t empty = FORCE_EMPTY;
    if (!id)
        return NULL;
    if (m && __atomic_load_n(&m->state, __ATOMIC_ACQUIRE) == FORCE_FILLED)
        return &m->loaded;
    *own = describe(&f->view, id);
    if (!m || !__atomic_compare_exchange_n(&m->state, &empty, FORCE_BEGUN, 0, __ATOMIC_ACQ_REL,
                                           __ATOMIC_RELAXED))
        return own;
    m->loaded = *own;
    __atomic_store_n(&m->state, FORCE_FILLED, __ATOMIC_RELEASE);
    return &m->loaded;
}

static int is_main(const struct thread *t)
{
    return t->record->tid == t->record->pid;
}

/* Where a thread begins, and the module if nobody else describes it. */
struct force_routine {
    struct policy_loaded own;
    struct policy_frame frame;
};

static void name_spawn(uint32_t pyframe, struct policy_spawn *spawn)
{
    const struct trace_python_frame *function = trace_at(pyframe);
    spawn->module = text_of(function->file);
    spawn->function = text_of(function->name);
}

/* What a greenlet runs is told by the frames of its call. A thread of Python's has the
 * interpreter's routine until its frames tell more: what they say then holds for its slots, which
 * have them. */
static void find_spawn(struct force *f, const struct thread *t, const struct trace_context *context,
                       struct force_routine *routine, struct policy_spawn *spawn)
{
    uint32_t pyframe = context ? context->pyframe : 0;
    if (t->green.number) {
        uint32_t green = pyframe ? spawn_point_of_green(t->record->pid, pyframe) : 0;
        if (green)
            name_spawn(((const struct trace_spawn *)trace_at(green))->pyframe, spawn);
        return;
    }
    if (is_main(t)) {
        spawn->function = "";
        return;
    }
    const struct trace_spawn *point = t->record->spawn ? trace_at(t->record->spawn) : NULL;
    if (point && point->pyframe) {
        name_spawn(point->pyframe, spawn);
    } else if (point && point->frame && !pyframe) {
        uint16_t module = TRACE_FRAME_MODULE(point->frame);
        routine->frame = (struct policy_frame){.module = module_of(f, module, &routine->own),
                                               .offset = TRACE_FRAME_OFFSET(point->frame)};
        spawn->frame = &routine->frame;
    }
}

static void find_steps(struct force *f, const struct thread *t, const struct trace_slot *slot,
                       struct policy_steps *steps)
{
    struct policy_loaded own[TRACE_FRAMES];
    struct policy_frame frames[TRACE_FRAMES];
    const struct trace_context *context = slot->context ? trace_at(slot->context) : NULL;
    struct policy_call call = {.call = f->call[slot->call],
                               .frames = frames,
                               .cut = !context || context->flags & ~CONTEXT_CUT_SIGNAL,
                               .executable = force_executable};
    for (; context && call.frame_count < context->frames; call.frame_count++) {
        uint64_t frame = context->frame[call.frame_count];
        frames[call.frame_count] = (struct policy_frame){
            .module = module_of(f, TRACE_FRAME_MODULE(frame), &own[call.frame_count]),
            .offset = TRACE_FRAME_OFFSET(frame)};
    }
    uint32_t python = context && context->pyframe ? python_owner(context->pyframe) : 0;
    if (python) {
        const struct trace_python_frame *frame = trace_at(python);
        call.python_file = text_of(frame->file);
        call.python_function = text_of(frame->name);
    }
    struct force_routine routine;
    find_spawn(f, t, context, &routine, &call.spawn);
    policy_steps_find(&f->view, &call, steps);
}

static uint32_t hash_of(const struct policy_steps *steps)
{
    uint32_t hash = steps->count + steps->more;
    for (uint32_t i = 0; i < steps->count; i++)
        hash = (hash ^ (steps->step[i].rule * 2 + steps->step[i].unknown)) * 0x9e3779b1u;
    return hash >> 16;
}

static int is_same(const struct policy_steps *a, const struct policy_steps *b)
{
    if (a->count != b->count || a->more != b->more)
        return 0;
    for (uint32_t i = 0; i < a->count; i++)
        if (a->step[i].rule != b->step[i].rule || a->step[i].unknown != b->step[i].unknown)
            return 0;
    return 1;
}

/* The number of a list like this, from 1; 0: there is no room for it. */
static uint32_t number_of(struct force *f, const struct policy_steps *steps)
{
    uint32_t hash = hash_of(steps);
    for (uint32_t i = 0; i < PROBES; i++) {
        uint32_t at = (hash + i) % f->list_count, empty = FORCE_EMPTY;
        struct force_list *list = &f->list[at];
        if (__atomic_compare_exchange_n(&list->state, &empty, FORCE_BEGUN, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            list->steps = *steps;
            __atomic_store_n(&list->state, FORCE_FILLED, __ATOMIC_RELEASE);
            return at + 1;
        }
        if (empty == FORCE_FILLED && is_same(&list->steps, steps))
            return at + 1;
    }
    return 0;
}

/* The slot's rules: noted there under this policy, or found now. `scratch` is where they are if
 * there is no room. */
static const struct policy_steps *steps_of(struct force *f, const struct visit *v,
                                           struct policy_steps *scratch)
{
    struct trace_slot *slot = trace_at(v->slot);
    uint32_t number = slot->head.aux & ((1u << NUMBER_BITS) - 1);
    if (slot->head.aux >> NUMBER_BITS != f->serial || !number) {
        find_steps(f, v->thread, slot, scratch);
        number = number_of(f, scratch);
        slot->head.aux = f->serial << NUMBER_BITS | number;
    }
    return number ? &f->list[number - 1].steps : scratch;
}

/* ---- what the moment decides ---- */

static uint32_t roles_of(const struct thread *t)
{
    const struct turn_point *loop = t->turns.loop;
    uint32_t roles = 1u << (loop ? POLICY_ROLE_LOOP : POLICY_ROLE_THREAD);
    if (loop && loop->record && loop->record->flags & WAIT_HUB)
        roles |= 1u << POLICY_ROLE_HUB;
    return roles | (is_main(t) ? 1u << POLICY_ROLE_MAIN : 0);
}

/* A descriptor's name costs a system call: only where a rule asks for it. */
static int asks_fd(const struct policy_view *view, const struct policy_steps *steps)
{
    for (uint32_t i = 0; i < steps->count; i++) {
        const struct policy_slice *terms = &view->rules[steps->step[i].rule].terms;
        for (uint32_t n = 0; n < terms->count; n++)
            if (view->terms[terms->first + n].kind == POLICY_TERM_FD)
                return 1;
    }
    return 0;
}

static struct policy_moment moment_of(const struct force *f, const struct policy_steps *steps,
                                      const struct visit *v)
{
    uint32_t target = asks_fd(&f->view, steps) ? guard_target(v) : 0;
    return (struct policy_moment){.roles = roles_of(v->thread),
                                  .target = target ? text_of(target) : NULL,
                                  .fd = v->fd,
                                  .thread = (uint64_t)(uint32_t)v->thread->record->tid,
                                  .second = v->start / f->second};
}

/* ---- rules' records ---- */

/* Two threads may both make one: one of the two stays in use, and a reader adds up. It is the
 * thread's process's, and not that of a vfork child, which is on its parent's memory. */
static uint32_t record_of(struct force *f, const struct thread *t, uint32_t rule)
{
    uint32_t known = __atomic_load_n(&f->records[rule], __ATOMIC_ACQUIRE);
    struct trace_rule *record = known ? NULL : (void *)trace_meta_new(sizeof *record);
    if (!record)
        return known;
    const char *id = policy_text(&f->view, f->view.rules[rule].id);
    record->head.aux = f->view.rules[rule].rollout;
    record->pid = t->record->pid;
    record->rule = rule;
    record->route = f->view.rules[rule].route;
    record->source = f->view.header->source;
    record->id = trace_string(STRING_TEXT, id, strlen(id));
    trace_commit(&record->head, RECORD_RULE);
    __atomic_store_n(&f->records[rule], trace_id(record), __ATOMIC_RELEASE);
    return trace_id(record);
}

static void count(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

void force_count(const struct handoff_outcome *outcome)
{
    struct trace_rule *rule = trace_at(outcome->rule);
    if (!outcome->rule)
        return;
    if (outcome->route == TRACE_ROUTE_IN_PLACE)
        count(&rule->in_place[outcome->reason]);
    else
        count(outcome->route == TRACE_ROUTE_DENY ? &rule->denied : &rule->moved);
    if (outcome->expired)
        count(&rule->expired);
}

/* ---- a call ---- */

static const uint8_t reason_of[] = {[POLICY_WHY_NO_RULE] = REASON_NONE,
                                    [POLICY_WHY_RULE] = REASON_NONE,
                                    [POLICY_WHY_ROLLOUT] = REASON_ROLLOUT,
                                    [POLICY_WHY_UNKNOWN] = REASON_UNKNOWN,
                                    [POLICY_WHY_CROWDED] = REASON_CROWDED};

static struct force_answer answer(struct force *f, struct visit *v)
{
    struct policy_steps scratch;
    struct policy_moment moment = {0};
    const struct policy_steps *steps = steps_of(f, v, &scratch);
    if (!steps->count)
        return (struct force_answer){0};
    if (!policy_steps_final(&f->view, steps))
        moment = moment_of(f, steps, v);
    struct policy_answer found = policy_decide(&f->view, steps, &moment);
    uint8_t reason = reason_of[found.why];
    /* A chain that found no room in the trace: what asks for callers cannot be told. */
    if (reason == REASON_UNKNOWN && !((const struct trace_slot *)trace_at(v->slot))->context)
        reason = REASON_CHAIN;
    if (found.rule == POLICY_NONE)
        return (struct force_answer){.reason = reason};
    const struct policy_blob_rule *rule = &f->view.rules[found.rule];
    struct force_answer result = {.route = rule->route,
                                  .reason = reason,
                                  .pool = (uint16_t)rule->pool,
                                  .record = record_of(f, v->thread, found.rule),
                                  .limits = {.rule = rule->salt,
                                             .deadline_ns = rule->deadline_ns,
                                             .bulkhead = rule->bulkhead,
                                             .error = (uint16_t)rule->error,
                                             .over = rule->over}};
    return result;
}

struct force_answer force_ask(struct visit *v)
{
    struct thread *t = v->thread;
    struct force_answer result = {0};
    if (!t || !t->epoch)
        return result;
    int saved = errno;
    struct force *f = force_hold(v);
    if (f && f->asked[v->call]) {
        if (!v->slot) {
            const struct trace_slot *slot = slot_learn(t, v->call, v->caller, v->frame, 0);
            v->slot = slot ? trace_id(slot) : 0;
            t->current->slot = v->slot;
        }
        if (v->slot)
            result = answer(f, v);
    }
    if (f)
        force_release();
    errno = saved;
    return result;
}
