/* SPDX-License-Identifier: MIT
 *
 * See policy_blob.h. Everything that refers to something else is followed once here, so that
 * whoever reads later needs no bounds.
 */
#include "policy_blob.h"

/* As static functions of this file: nothing is linked. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#define WORK_MOST   (64u << 20)
#define HASHED_FROM (offsetof(struct policy_header, checksum) + sizeof(uint64_t))

const uint32_t policy_sizes[POLICY_SECTIONS] = {
    [POLICY_STRINGS] = 1,
    [POLICY_POOLS] = sizeof(struct policy_blob_pool),
    [POLICY_CALLS] = sizeof(uint32_t),
    [POLICY_BITS] = sizeof(uint64_t),
    [POLICY_RULES] = sizeof(struct policy_blob_rule),
    [POLICY_TERMS] = sizeof(struct policy_term),
    [POLICY_CHOICES] = sizeof(uint32_t),
    [POLICY_ATOMS] = sizeof(struct policy_atom),
    [POLICY_WRAPPERS] = sizeof(struct policy_wrapper),
    [POLICY_MODULES] = sizeof(struct policy_module),
    [POLICY_RANGES] = sizeof(struct policy_range),
    [POLICY_FRAMES] = sizeof(struct policy_frame_names),
    [POLICY_SETS] = sizeof(uint32_t),
};

uint64_t policy_hash(const void *bytes, size_t size)
{
    return XXH64(bytes, size, 0);
}

/* ---- the frame ---- */

static enum policy_fault check_header(const void *block, size_t size)
{
    const struct policy_header *header = block;
    if (size < sizeof *header || (uintptr_t)block % 8 != 0 || header->magic != POLICY_MAGIC)
        return POLICY_NO_POLICY;
    if (header->version != POLICY_BLOB_VERSION || header->header_size != sizeof *header)
        return POLICY_OTHER_VERSION;
    if (header->size != size || size > POLICY_SIZE_MOST)
        return POLICY_DAMAGED;
    const char *bytes = block;
    return policy_hash(bytes + HASHED_FROM, size - HASHED_FROM) == header->checksum
               ? POLICY_FINE
               : POLICY_DAMAGED;
}

static bool place_fits(const struct policy_header *header, unsigned section)
{
    const struct policy_place *place = &header->section[section];
    if (place->offset % 8 != 0 || place->offset < sizeof *header || place->offset > header->size)
        return false;
    return place->count <= (header->size - place->offset) / policy_sizes[section];
}

static const void *section_at(const struct policy_header *header, unsigned section)
{
    return (const char *)header + header->section[section].offset;
}

static void fill(struct policy_view *view, const struct policy_header *header)
{
    *view = (struct policy_view){
        .header = header,
        .strings = section_at(header, POLICY_STRINGS),
        .pools = section_at(header, POLICY_POOLS),
        .calls = section_at(header, POLICY_CALLS),
        .bits = section_at(header, POLICY_BITS),
        .rules = section_at(header, POLICY_RULES),
        .terms = section_at(header, POLICY_TERMS),
        .choices = section_at(header, POLICY_CHOICES),
        .atoms = section_at(header, POLICY_ATOMS),
        .wrappers = section_at(header, POLICY_WRAPPERS),
        .modules = section_at(header, POLICY_MODULES),
        .ranges = section_at(header, POLICY_RANGES),
        .frames = section_at(header, POLICY_FRAMES),
        .sets = section_at(header, POLICY_SETS),
    };
    for (unsigned i = 0; i < POLICY_SECTIONS; i++)
        view->count[i] = (uint32_t)header->section[i].count;
}

/* ---- what refers to what ---- */

static bool is_string(const struct policy_view *view, uint32_t string)
{
    return string < view->count[POLICY_STRINGS];
}

static bool in_section(const struct policy_view *view, unsigned section, struct policy_slice slice)
{
    return slice.first <= view->count[section] && slice.count <= view->count[section] - slice.first;
}

static bool is_atom(const struct policy_view *view, uint32_t atom, unsigned kind)
{
    return atom < view->count[POLICY_ATOMS] && view->atoms[atom].kind == kind;
}

static bool is_set(const struct policy_view *view, struct policy_slice slice)
{
    if (!in_section(view, POLICY_SETS, slice))
        return false;
    for (uint32_t i = 0; i < slice.count; i++) {
        uint32_t atom = view->sets[slice.first + i];
        if (atom >= view->count[POLICY_ATOMS] || (i && view->sets[slice.first + i - 1] >= atom))
            return false;
    }
    return true;
}

static bool pairs_fit(const struct policy_view *view, const uint32_t *pairs, uint32_t count)
{
    if (count % 2 != 0)
        return false;
    for (uint32_t i = 0; i < count; i += 2)
        if ((pairs[i] != POLICY_NONE && !is_atom(view, pairs[i], POLICY_ATOM_MODULE)) ||
            (pairs[i + 1] != POLICY_NONE && !is_atom(view, pairs[i + 1], POLICY_ATOM_FUNCTION)))
            return false;
    return true;
}

static bool term_fits(const struct policy_view *view, const struct policy_term *term)
{
    static const uint8_t atom_kinds[POLICY_TERM_KINDS] = {
        [POLICY_TERM_OWNER] = POLICY_ATOM_FUNCTION,    [POLICY_TERM_MODULE] = POLICY_ATOM_MODULE,
        [POLICY_TERM_FUNCTION] = POLICY_ATOM_FUNCTION, [POLICY_TERM_SOURCE] = POLICY_ATOM_SOURCE,
        [POLICY_TERM_VIA] = POLICY_ATOM_MODULE,
    };
    if (term->kind >= POLICY_TERM_KINDS || term->choices.count == 0 ||
        !in_section(view, POLICY_CHOICES, term->choices))
        return false;
    const uint32_t *choices = view->choices + term->choices.first;
    if (term->kind == POLICY_TERM_FRAMES && term->choices.count > 2 * POLICY_FRAMES_MOST)
        return false;
    if (term->kind == POLICY_TERM_FRAMES || term->kind == POLICY_TERM_SPAWN)
        return pairs_fit(view, choices, term->choices.count);
    for (uint32_t i = 0; i < term->choices.count; i++)
        if (term->kind < POLICY_TERM_FRAMES ? !is_atom(view, choices[i], atom_kinds[term->kind])
                                            : !is_string(view, choices[i]))
            return false;
    return true;
}

static bool rule_fits(const struct policy_view *view, const struct policy_blob_rule *rule)
{
    uint32_t words = policy_set_words(view->count[POLICY_CALLS]);
    struct policy_slice calls = {rule->calls, words};
    return is_string(view, rule->id) &&
           (rule->calls == POLICY_NONE || in_section(view, POLICY_BITS, calls)) &&
           in_section(view, POLICY_TERMS, rule->terms) && rule->pool < view->count[POLICY_POOLS] &&
           rule->rollout <= POLICY_ROLLOUT_ALL && rule->roles < 1u << POLICY_ROLES &&
           rule->route < POLICY_ROUTES && rule->rollout_by < POLICY_ROLLOUTS &&
           (rule->over == POLICY_INPLACE || rule->over == POLICY_DENY) && rule->moment <= 1 &&
           rule->bulkhead <= POLICY_BULKHEAD_MOST && rule->error <= POLICY_ERROR_MOST;
}

static bool atom_fits(const struct policy_view *view, const struct policy_atom *atom)
{
    return atom->kind < POLICY_ATOM_KINDS && is_string(view, atom->text);
}

static int compare_ids(const uint8_t *a, const uint8_t *b)
{
    for (unsigned i = 0; i < sizeof((struct policy_module *)0)->build_id; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static bool module_fits(const struct policy_view *view, uint32_t index)
{
    const struct policy_module *module = &view->modules[index];
    if (module->build_id_size > sizeof module->build_id || !is_string(view, module->name) ||
        !is_set(view, module->atoms) || !in_section(view, POLICY_RANGES, module->ranges))
        return false;
    if (index && compare_ids(module[-1].build_id, module->build_id) >= 0)
        return false;
    uint64_t end = 0;
    for (uint32_t i = 0; i < module->ranges.count; i++) {
        const struct policy_range *range = &view->ranges[module->ranges.first + i];
        if (range->start < end || range->start > UINT64_MAX - range->size)
            return false;
        end = range->start + range->size;
    }
    return true;
}

static bool all_fit(const struct policy_view *view)
{
    const uint32_t *count = view->count;
    bool fits =
        count[POLICY_STRINGS] && !view->strings[count[POLICY_STRINGS] - 1] && count[POLICY_POOLS];
    for (uint32_t i = 0; fits && i < count[POLICY_POOLS]; i++)
        fits = is_string(view, view->pools[i].name) && view->pools[i].max;
    for (uint32_t i = 0; fits && i < count[POLICY_CALLS]; i++)
        fits = is_string(view, view->calls[i]);
    for (uint32_t i = 0; fits && i < count[POLICY_ATOMS]; i++)
        fits = atom_fits(view, &view->atoms[i]);
    for (uint32_t i = 0; fits && i < count[POLICY_TERMS]; i++)
        fits = term_fits(view, &view->terms[i]);
    for (uint32_t i = 0; fits && i < count[POLICY_RULES]; i++)
        fits = rule_fits(view, &view->rules[i]);
    for (uint32_t i = 0; fits && i < count[POLICY_WRAPPERS]; i++)
        fits =
            is_string(view, view->wrappers[i].function) &&
            (view->wrappers[i].module == POLICY_NONE || is_string(view, view->wrappers[i].module));
    for (uint32_t i = 0; fits && i < count[POLICY_MODULES]; i++)
        fits = module_fits(view, i);
    for (uint32_t i = 0; fits && i < count[POLICY_RANGES]; i++)
        fits =
            view->ranges[i].frames.count && in_section(view, POLICY_FRAMES, view->ranges[i].frames);
    for (uint32_t i = 0; fits && i < count[POLICY_FRAMES]; i++)
        fits = is_set(view, view->frames[i].atoms);
    return fits;
}

enum policy_fault policy_blob_open(struct policy_view *view, const void *block, size_t size)
{
    enum policy_fault fault = check_header(block, size);
    if (fault != POLICY_FINE)
        return fault;
    for (unsigned i = 0; i < POLICY_SECTIONS; i++)
        if (!place_fits(block, i))
            return POLICY_INCONSISTENT;
    fill(view, block);
    return all_fit(view) ? POLICY_FINE : POLICY_INCONSISTENT;
}

const char *policy_fault_text(enum policy_fault fault)
{
    static const char *const texts[] = {
        [POLICY_FINE] = "is a compiled policy",
        [POLICY_NO_POLICY] = "is no compiled policy",
        [POLICY_OTHER_VERSION] = "was compiled by another version of shunt",
        [POLICY_DAMAGED] = "is damaged: its checksum does not hold",
        [POLICY_INCONSISTENT] = "contradicts itself",
    };
    return texts[fault];
}

/* ---- looking up ---- */

uint32_t policy_blob_module(const struct policy_view *view, const uint8_t *build_id, size_t size)
{
    uint8_t key[sizeof((struct policy_module *)0)->build_id] = {0};
    if (size == 0 || size > sizeof key)
        return POLICY_NONE;
    for (size_t i = 0; i < size; i++)
        key[i] = build_id[i];
    uint32_t low = 0, high = view->count[POLICY_MODULES];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = compare_ids(view->modules[middle].build_id, key);
        if (order == 0)
            return view->modules[middle].build_id_size == size ? middle : POLICY_NONE;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return POLICY_NONE;
}

const struct policy_range *policy_blob_range(const struct policy_view *view, uint32_t module,
                                             uint64_t offset)
{
    const struct policy_range *ranges = view->ranges + view->modules[module].ranges.first;
    uint32_t low = 0, high = view->modules[module].ranges.count;
    if (offset == 0)
        return NULL;
    offset--; /* the call lies before the address that it returns to */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ranges[middle].start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low && offset - ranges[low - 1].start < ranges[low - 1].size ? &ranges[low - 1] : NULL;
}
