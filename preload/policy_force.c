/* SPDX-License-Identifier: MIT
 *
 * See policy_force.h. The memory of a policy is mapped once and copied by fork; only the numbers of
 * its rules' records are wiped there, for a child counts in records of its own.
 */
#include "policy_force.h"

#include "calls.h"
#include "gap.h"
#include "modules.h"
#include "policy_eval.h"
#include "pool.h"
#include "python_frames.h"
#include "raw.h"
#include "slot.h"
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

enum {
    MODULES = 2048, /* numbers from there on: not looked up, their names are not known */
    LISTS = 8192,   /* distinct lists of rules; without room the rules are gone through each time */
    PROBES = 16,
    PATH_SIZE = 4096
};

enum filling { EMPTY, BEGUN, FILLED };

/* The rules that may take the calls of a chain. */
struct list {
    uint32_t state; /* enum filling */
    struct policy_steps steps;
};

struct module {
    uint32_t state; /* enum filling */
    struct policy_loaded loaded;
};

struct force {
    struct policy_view view;
    uint32_t *records;         /* ids of the rules' records, 0 none yet; wiped by fork */
    uint64_t second;           /* in ticks */
    uint32_t call[CALL_COUNT]; /* index in POLICY_CALLS */
    uint8_t asked[CALL_COUNT]; /* a rule may be about it */
    struct module module[MODULES];
    struct list list[LISTS];
};

static struct force *in_force;
static char executable[PATH_SIZE];
static char started_as[TRACE_THREAD_NAME + 1];

/* ---- the file ---- */

static void refuse(const char *path, const char *why)
{
    char text[PATH_SIZE + 256];
    snprintf(text, sizeof text, "the policy %s %s: every call runs in place", path, why);
    gap_note(text);
}

/* Why the file is not to be trusted; NULL: it is. */
static const char *fault_of_file(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "is no regular file";
    if (st->st_uid != 0 && st->st_uid != (uid_t)arch_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0))
        return "belongs to another user";
    if (st->st_mode & 022)
        return "may be written to by others than its owner";
    if (st->st_size < (long)sizeof(struct policy_header) || st->st_size > POLICY_SIZE_MOST)
        return policy_fault_text(POLICY_NO_POLICY);
    return NULL;
}

static void *map(size_t size)
{
    void *memory = raw_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return raw_mmap_failed(memory) ? NULL : memory;
}

static int read_whole(int fd, char *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        long got = raw_read(fd, to + done, size - done);
        if (got <= 0 && got != -EINTR)
            return 0;
        done += got > 0 ? (size_t)got : 0;
    }
    return 1;
}

/* A copy of the file in memory that is only to be read; NULL with the reason. */
static void *read_block(const char *path, size_t *size, const char **why)
{
    struct stat st = {0};
    char *block = NULL;
    long fd = raw_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
    *why = "cannot be read";
    if (fd < 0)
        return NULL;
    if (raw_fstat((int)fd, &st) == 0 && !(*why = fault_of_file(&st))) {
        *size = (size_t)st.st_size;
        *why = "cannot be read";
        block = map(*size);
        if (block && !read_whole((int)fd, block, *size)) {
            raw_munmap(block, *size);
            block = NULL;
        }
    }
    raw_close((int)fd);
    return block;
}

/* ---- putting it into force ---- */

static int may_be_asked(const struct policy_view *view, uint32_t call)
{
    for (uint32_t i = 0; i < view->count[POLICY_RULES]; i++)
        if (policy_rule_names(view, &view->rules[i], call))
            return 1;
    return 0;
}

static void find_names(void)
{
    long n = raw_readlink("/proc/self/exe", executable, sizeof executable - 1);
    executable[n > 0 ? n : 0] = 0;
    arch_syscall(SYS_prctl, PR_GET_NAME, (long)started_as, 0, 0, 0, 0);
}

static struct force *prepare(const struct policy_view *view)
{
    size_t records = (view->count[POLICY_RULES] * sizeof(uint32_t) + 4096) & ~(size_t)4095;
    struct force *force = map(sizeof *force);
    uint32_t *wiped = force ? map(records) : NULL;
    if (!wiped || raw_madvise(wiped, records, MADV_WIPEONFORK) != 0)
        return NULL; /* in the constructor, once: what was mapped is left */
    force->view = *view;
    force->records = wiped;
    force->second = clock_ticks(1000000000);
    for (uint32_t i = 0; i < CALL_COUNT; i++) {
        force->call[i] = policy_call_index(view, call_infos[i].name);
        force->asked[i] = (uint8_t)may_be_asked(view, force->call[i]);
    }
    return force;
}

static void define_pools(const struct policy_view *view)
{
    for (uint32_t i = 0; i < view->count[POLICY_POOLS] && i < POOLS; i++) {
        const struct policy_blob_pool *pool = &view->pools[i];
        pool_define(i, policy_text(view, pool->name), pool->max, pool->idle_ns);
    }
}

static void note_policy(const struct policy_view *view)
{
    struct trace_policy *record = (void *)trace_meta_new(sizeof *record);
    if (!record)
        return;
    record->pid = raw_getpid();
    record->rules = view->count[POLICY_RULES];
    record->source = view->header->source;
    record->since = clock_now();
    trace_commit(&record->head, RECORD_POLICY);
}

int force_load(const char *path)
{
    struct policy_view view;
    size_t size = 0;
    const char *why;
    void *block = read_block(path, &size, &why);
    if (block) {
        enum policy_fault fault = policy_blob_open(&view, block, size);
        why = fault == POLICY_FINE ? NULL : policy_fault_text(fault);
    }
    if (!why) {
        find_names();
        in_force = prepare(&view);
        why = in_force ? NULL : "finds no memory";
    }
    if (why) {
        if (block)
            raw_munmap(block, size);
        refuse(path, why);
        return -1;
    }
    define_pools(&view);
    note_policy(&view);
    return 0;
}

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
        loaded.also = started_as;
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
    struct module *m = id && id < MODULES ? &f->module[id] : NULL;
    uint32_t empty = EMPTY;
    if (!id)
        return NULL;
    if (m && __atomic_load_n(&m->state, __ATOMIC_ACQUIRE) == FILLED)
        return &m->loaded;
    *own = describe(&f->view, id);
    if (!m || !__atomic_compare_exchange_n(&m->state, &empty, BEGUN, 0, __ATOMIC_ACQ_REL,
                                           __ATOMIC_RELAXED))
        return own;
    m->loaded = *own;
    __atomic_store_n(&m->state, FILLED, __ATOMIC_RELEASE);
    return &m->loaded;
}

static int is_main(const struct thread *t)
{
    return t->record->tid == t->record->pid;
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
                               .executable = executable,
                               .spawn = is_main(t) ? "" : NULL};
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
        uint32_t at = (hash + i) % LISTS, empty = EMPTY;
        struct list *list = &f->list[at];
        if (__atomic_compare_exchange_n(&list->state, &empty, BEGUN, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            list->steps = *steps;
            __atomic_store_n(&list->state, FILLED, __ATOMIC_RELEASE);
            return at + 1;
        }
        if (empty == FILLED && is_same(&list->steps, steps))
            return at + 1;
    }
    return 0;
}

/* The slot's rules: noted there, or found now. `scratch` is where they are if there is no room. */
static const struct policy_steps *steps_of(struct force *f, const struct visit *v,
                                           struct policy_steps *scratch)
{
    struct trace_slot *slot = trace_at(v->slot);
    if (slot->head.aux)
        return &f->list[slot->head.aux - 1].steps;
    find_steps(f, v->thread, slot, scratch);
    slot->head.aux = number_of(f, scratch);
    return slot->head.aux ? &f->list[slot->head.aux - 1].steps : scratch;
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

static struct policy_moment moment_of(const struct force *f, const struct visit *v)
{
    uint32_t target = guard_target(v);
    return (struct policy_moment){.roles = roles_of(v->thread),
                                  .target = target ? text_of(target) : NULL,
                                  .fd = v->fd,
                                  .thread = (uint64_t)(uint32_t)v->thread->record->tid,
                                  .second = v->start / f->second};
}

/* ---- rules' records ---- */

/* Two threads may both make one: one of the two stays in use, and a reader adds up. */
static uint32_t record_of(struct force *f, uint32_t rule)
{
    uint32_t known = __atomic_load_n(&f->records[rule], __ATOMIC_ACQUIRE);
    struct trace_rule *record = known ? NULL : (void *)trace_meta_new(sizeof *record);
    if (!record)
        return known;
    const char *id = policy_text(&f->view, f->view.rules[rule].id);
    record->pid = trace_sealed() ? trace_file->pid : raw_getpid();
    record->rule = rule;
    record->route = f->view.rules[rule].route;
    record->source = f->view.header->source;
    record->id = trace_string(STRING_TEXT, id, strlen(id));
    trace_commit(&record->head, RECORD_RULE);
    __atomic_store_n(&f->records[rule], trace_id(record), __ATOMIC_RELEASE);
    return trace_id(record);
}

void force_count(uint32_t record, int moved, unsigned reason)
{
    struct trace_rule *rule = trace_at(record);
    if (!record)
        return;
    __atomic_fetch_add(moved ? &rule->moved : &rule->in_place[reason], 1, __ATOMIC_RELAXED);
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
        moment = moment_of(f, v);
    struct policy_answer found = policy_decide(&f->view, steps, &moment);
    if (found.rule == POLICY_NONE)
        return (struct force_answer){.reason = reason_of[found.why]};
    const struct policy_blob_rule *rule = &f->view.rules[found.rule];
    struct force_answer result = {.route = rule->route,
                                  .reason = reason_of[found.why],
                                  .pool = (uint16_t)rule->pool,
                                  .record = record_of(f, found.rule)};
    if (rule->route == POLICY_GREEN && !result.reason)
        result.reason = REASON_GREEN;
    return result;
}

struct force_answer force_ask(struct visit *v)
{
    struct thread *t = v->thread;
    if (!in_force || !t || !t->epoch || !in_force->asked[v->call])
        return (struct force_answer){0};
    int saved = errno;
    struct force_answer result = {0};
    if (!v->slot) {
        const struct trace_slot *slot = slot_learn(t, v->call, v->caller, v->frame, 0);
        v->slot = slot ? trace_id(slot) : 0;
        t->current->slot = v->slot;
    }
    if (v->slot)
        result = answer(in_force, v);
    errno = saved;
    return result;
}
