/* SPDX-License-Identifier: MIT
 *
 * See policy_compile.h. Rules first, for they say which atoms there are; then for each module which
 * of the atoms its name and its functions are.
 */
#include "policy_compile.h"

#include "policy_block.h"
#include "preload/policy_blob.h"
#include "preload/policy_glob.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct making {
    struct policy_block block;
    struct arena *arena;
    const struct policy *policy;
    uint32_t call_index[CALL_COUNT]; /* in POLICY_CALLS; POLICY_NONE */
};

/* ---- calls ---- */

static void add_calls(struct making *making)
{
    for (unsigned id = 0; id < CALL_COUNT; id++) {
        making->call_index[id] = POLICY_NONE;
        for (unsigned i = 0; i < making->policy->rule_count; i++) {
            const struct policy_match *match = &making->policy->rules[i].match;
            if (match->any_call || !match->calls[id] || !making->policy->rules[i].routes)
                continue;
            uint32_t name = policy_block_string(&making->block, call_infos[id].name);
            making->call_index[id] = policy_block_add(&making->block, POLICY_CALLS, &name);
            break;
        }
    }
}

static uint32_t add_call_set(struct making *making, const struct policy_match *match)
{
    uint32_t first = policy_block_count(&making->block, POLICY_BITS);
    uint32_t words = policy_set_words(policy_block_count(&making->block, POLICY_CALLS));
    uint64_t *bits = ARENA_ARRAY(making->arena, uint64_t, words);
    if (match->any_call)
        return POLICY_NONE;
    for (unsigned id = 0; id < CALL_COUNT; id++)
        if (match->calls[id])
            bits[making->call_index[id] / 64] |= 1ull << making->call_index[id] % 64;
    for (uint32_t i = 0; i < words; i++)
        policy_block_add(&making->block, POLICY_BITS, &bits[i]);
    return first;
}

/* ---- terms ---- */

static uint32_t add_atom(struct making *making, enum policy_atom_kind kind, const char *text)
{
    struct policy_atom atom = {.kind = kind};
    if (kind == POLICY_ATOM_SOURCE)
        text = policy_source_split(making->arena, text, &atom.first_line, &atom.last_line);
    atom.text = policy_block_string(&making->block, text);
    return policy_block_atom(&making->block, &atom);
}

static void add_choice(struct making *making, uint32_t choice)
{
    policy_block_add(&making->block, POLICY_CHOICES, &choice);
}

static void add_frame(struct making *making, const char *text)
{
    const char *module, *function;
    policy_frame_split(making->arena, text, &module, &function);
    add_choice(making, module ? add_atom(making, POLICY_ATOM_MODULE, module) : POLICY_NONE);
    add_choice(making, function ? add_atom(making, POLICY_ATOM_FUNCTION, function) : POLICY_NONE);
}

enum { TEXT = -1, PAIR = -2 };

/* How matchers become terms; those that are not here become something else. */
static const struct term_row {
    enum policy_matcher matcher;
    enum policy_term_kind kind;
    int choice; /* enum policy_atom_kind, TEXT or PAIR */
} term_rows[] = {
    /* what is cheap to refuse by comes first */
    {MATCH_EXECUTABLE, POLICY_TERM_EXECUTABLE, TEXT},
    {MATCH_PYTHON_FILE, POLICY_TERM_PYTHON_FILE, TEXT},
    {MATCH_PYTHON_FUNCTION, POLICY_TERM_PYTHON_FUNCTION, TEXT},
    {MATCH_SPAWN, POLICY_TERM_SPAWN, PAIR},
    {MATCH_MODULE, POLICY_TERM_MODULE, POLICY_ATOM_MODULE},
    {MATCH_FUNCTION, POLICY_TERM_FUNCTION, POLICY_ATOM_FUNCTION},
    {MATCH_OWNER, POLICY_TERM_OWNER, POLICY_ATOM_FUNCTION},
    {MATCH_SOURCE, POLICY_TERM_SOURCE, POLICY_ATOM_SOURCE},
    {MATCH_VIA, POLICY_TERM_VIA, POLICY_ATOM_MODULE},
    {MATCH_FRAMES, POLICY_TERM_FRAMES, PAIR},
    {MATCH_FD, POLICY_TERM_FD, TEXT},
};

static void add_term(struct making *making, const struct term_row *row,
                     const struct policy_texts *texts)
{
    struct policy_term term = {.kind = row->kind,
                               .choices.first = policy_block_count(&making->block, POLICY_CHOICES)};
    for (unsigned i = 0; i < texts->count; i++) {
        if (row->choice == PAIR)
            add_frame(making, texts->items[i]);
        else if (row->choice == TEXT)
            add_choice(making, policy_block_string(&making->block, texts->items[i]));
        else
            add_choice(making,
                       add_atom(making, (enum policy_atom_kind)row->choice, texts->items[i]));
    }
    term.choices.count = policy_block_count(&making->block, POLICY_CHOICES) - term.choices.first;
    policy_block_add(&making->block, POLICY_TERMS, &term);
}

static struct policy_slice add_terms(struct making *making, const struct policy_match *match)
{
    struct policy_slice terms = {.first = policy_block_count(&making->block, POLICY_TERMS)};
    for (size_t i = 0; i < sizeof term_rows / sizeof *term_rows; i++)
        if (match->by[term_rows[i].matcher].count)
            add_term(making, &term_rows[i], &match->by[term_rows[i].matcher]);
    terms.count = policy_block_count(&making->block, POLICY_TERMS) - terms.first;
    return terms;
}

/* ---- rules ---- */

static void add_rule(struct making *making, const struct policy_rule *rule)
{
    const struct policy_match *match = &rule->match;
    bool part = rule->rollout != 0 && rule->rollout != POLICY_ROLLOUT_ALL;
    struct policy_blob_rule out = {
        .id = policy_block_string(&making->block, rule->id),
        .calls = add_call_set(making, match),
        .terms = add_terms(making, match),
        .deadline_ns = rule->deadline_ns,
        .pool = rule->pool,
        .bulkhead = rule->bulkhead,
        .rollout = (uint16_t)rule->rollout,
        .roles = (uint16_t)match->roles,
        .route = (uint8_t)rule->route,
        .over = (uint8_t)rule->over,
        .rollout_by = (uint8_t)rule->rollout_by,
        .moment = match->roles || match->by[MATCH_FD].count || part,
        .salt = policy_hash(rule->id, strlen(rule->id)),
        .error = rule->error,
    };
    policy_block_add(&making->block, POLICY_RULES, &out);
}

static void add_pools(struct making *making)
{
    for (unsigned i = 0; i < making->policy->pool_count; i++) {
        const struct policy_pool *pool = &making->policy->pools[i];
        struct policy_blob_pool out = {.name = policy_block_string(&making->block, pool->name),
                                       .max = pool->max,
                                       .idle_ns = pool->idle_ns};
        policy_block_add(&making->block, POLICY_POOLS, &out);
    }
}

static void add_wrappers(struct making *making)
{
    for (size_t i = 0; i < making->policy->wrappers.count; i++) {
        const struct wrapper *wrapper = &making->policy->wrappers.items[i];
        struct policy_wrapper out = {
            .module = wrapper->module ? policy_block_string(&making->block, wrapper->module)
                                      : POLICY_NONE,
            .function = policy_block_string(&making->block, wrapper->function)};
        policy_block_add(&making->block, POLICY_WRAPPERS, &out);
    }
}

/* ---- modules ---- */

static const char *text_at(const struct making *making, uint32_t string)
{
    return making->block.section[POLICY_STRINGS].bytes + string;
}

/* The atoms that are still open in this module: what one of its frames may be. */
struct open_atoms {
    uint32_t *items;
    uint32_t count;
    uint32_t *found; /* room for the answer */
};

static bool atom_is(struct making *making, const struct policy_atom *atom,
                    const struct symbol_frame *frame)
{
    const char *text = text_at(making, atom->text);
    if (atom->kind == POLICY_ATOM_FUNCTION)
        return policy_name_matches(making->arena, text, frame->function);
    if (atom->kind != POLICY_ATOM_SOURCE || !frame->file || !policy_glob_path(text, frame->file))
        return false;
    return atom->first_line == 0 || (frame->line > 0 && (uint32_t)frame->line >= atom->first_line &&
                                     (uint32_t)frame->line <= atom->last_line);
}

static struct policy_slice module_atoms(struct making *making, const struct policy_code *code,
                                        struct open_atoms *open)
{
    uint32_t count = policy_block_count(&making->block, POLICY_ATOMS), found = 0;
    const struct policy_atom *atoms = policy_block_atoms(&making->block);
    open->items = ARENA_ARRAY(making->arena, uint32_t, count);
    open->found = ARENA_ARRAY(making->arena, uint32_t, count);
    open->count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (atoms[i].kind != POLICY_ATOM_MODULE)
            open->items[open->count++] = i;
        else if (policy_module_matches(text_at(making, atoms[i].text), code->name, code->also))
            open->found[found++] = i;
    return policy_block_set(&making->block, open->found, found);
}

static bool is_wrapper(struct making *making, const struct policy_code *code, const char *function)
{
    for (size_t i = 0; i < making->policy->wrappers.count; i++) {
        const struct wrapper *wrapper = &making->policy->wrappers.items[i];
        if ((!wrapper->module || policy_module_matches(wrapper->module, code->name, code->also)) &&
            policy_name_matches(making->arena, wrapper->function, function))
            return true;
    }
    return false;
}

static struct policy_frame_names name_frame(struct making *making, const struct policy_code *code,
                                            const struct open_atoms *open,
                                            const struct symbol_frame *frame)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < open->count; i++)
        if (atom_is(making, &policy_block_atoms(&making->block)[open->items[i]], frame))
            open->found[found++] = open->items[i];
    bool libc = frame->file && strstr(frame->file, "/bits/");
    bool wrapper = is_wrapper(making, code, frame->function);
    return (struct policy_frame_names){
        .atoms = policy_block_set(&making->block, open->found, found),
        .flags = (libc ? POLICY_FRAME_LIBC : 0) | (wrapper ? POLICY_FRAME_WRAPPER : 0)};
}

/* Puts the frames at the section's end; false: no rule speaks of any of them. */
static bool add_frames(struct making *making, const struct policy_code *code,
                       const struct open_atoms *open, const struct policy_code_range *range,
                       struct policy_slice *slice)
{
    struct policy_frame_names names[64] = {0};
    unsigned count = range->count < 64 ? range->count : 64;
    bool any = false;
    for (unsigned i = 0; i < count; i++) {
        names[i] = name_frame(making, code, open, &range->frames[i]);
        any |= names[i].atoms.count || names[i].flags & POLICY_FRAME_WRAPPER;
    }
    any |= count && names[count - 1].flags & POLICY_FRAME_LIBC; /* there is no owner in it */
    *slice = (struct policy_slice){policy_block_count(&making->block, POLICY_FRAMES), count};
    if (!any)
        return false;
    const struct policy_block_section *frames = &making->block.section[POLICY_FRAMES];
    size_t bytes = count * sizeof *names; /* often the same as before */
    if (frames->count >= count &&
        memcmp(frames->bytes + (frames->count - count) * sizeof *names, names, bytes) == 0) {
        slice->first -= count;
        return true;
    }
    for (unsigned i = 0; i < count; i++)
        policy_block_add(&making->block, POLICY_FRAMES, &names[i]);
    return true;
}

static bool same_slice(struct policy_slice a, struct policy_slice b)
{
    return a.first == b.first && a.count == b.count;
}

static struct policy_slice add_ranges(struct making *making, const struct policy_code *code,
                                      const struct open_atoms *open)
{
    struct policy_slice ranges = {.first = policy_block_count(&making->block, POLICY_RANGES)};
    struct policy_range last = {0};
    for (size_t i = 0; i < code->range_count; i++) {
        const struct policy_code_range *range = &code->ranges[i];
        struct policy_slice frames;
        if (range->size == 0 || range->size > UINT32_MAX / 2 ||
            !add_frames(making, code, open, range, &frames))
            continue;
        if (last.size && last.start + last.size == range->start &&
            same_slice(last.frames, frames) && last.size <= UINT32_MAX / 2) {
            last.size += (uint32_t)range->size;
            continue;
        }
        if (last.size)
            policy_block_add(&making->block, POLICY_RANGES, &last);
        last = (struct policy_range){
            .start = range->start, .size = (uint32_t)range->size, .frames = frames};
    }
    if (last.size)
        policy_block_add(&making->block, POLICY_RANGES, &last);
    ranges.count = policy_block_count(&making->block, POLICY_RANGES) - ranges.first;
    return ranges;
}

static void add_module(struct making *making, const struct policy_code *code)
{
    struct open_atoms open;
    struct policy_module out = {.build_id_size = code->build_id_size,
                                .name = policy_block_string(&making->block, code->name),
                                .flags = code->nameless ? POLICY_MODULE_NAMELESS : 0};
    memcpy(out.build_id, code->build_id, code->build_id_size);
    out.atoms = module_atoms(making, code, &open);
    out.ranges = add_ranges(making, code, &open);
    policy_block_add(&making->block, POLICY_MODULES, &out);
}

static int by_build_id(const void *a, const void *b)
{
    const struct policy_code *x = *(const struct policy_code *const *)a;
    const struct policy_code *y = *(const struct policy_code *const *)b;
    return memcmp(x->build_id, y->build_id, sizeof x->build_id);
}

static void add_modules(struct making *making, const struct policy_code *modules, unsigned count)
{
    const struct policy_code **order =
        ARENA_ARRAY(making->arena, const struct policy_code *, count);
    for (unsigned i = 0; i < count; i++)
        order[i] = &modules[i];
    if (count)
        qsort(order, count, sizeof *order, by_build_id);
    for (unsigned i = 0; i < count; i++)
        if (i == 0 || by_build_id(&order[i - 1], &order[i]) != 0)
            add_module(making, order[i]);
}

int policy_compile(struct policy_compiled *compiled, struct arena *arena,
                   const struct policy *policy, const struct policy_code *modules, unsigned count,
                   struct error *error)
{
    struct making making = {.arena = arena, .policy = policy};
    policy_block_begin(&making.block, arena);
    add_pools(&making);
    add_calls(&making);
    for (unsigned i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].routes)
            add_rule(&making, &policy->rules[i]);
    add_wrappers(&making);
    add_modules(&making, modules, count);
    compiled->block = policy_block_end(&making.block, policy->hash, &compiled->size);
    if (compiled->size <= POLICY_SIZE_MOST)
        return 0;
    return error_set(error,
                     "%s: compiled it takes %zu MB, more than the %u a process maps: its patterns "
                     "match too much code",
                     policy->path, compiled->size >> 20, POLICY_SIZE_MOST >> 20);
}
