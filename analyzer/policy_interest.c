/* SPDX-License-Identifier: MIT
 *
 * See policy_interest.h.
 */
#include "policy_interest.h"

#include "demangle.h"
#include "map.h"
#include "preload/policy_glob.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

/* ---- parts of patterns ---- */

const char *policy_source_split(struct arena *arena, const char *text, unsigned *first,
                                unsigned *last)
{
    const char *colon = strrchr(text, ':');
    *first = *last = 0;
    if (!colon)
        return text;
    if (sscanf(colon, ":%9u-%9u", first, last) == 1)
        *last = *first;
    return arena_print(arena, "%.*s", (int)(colon - text), text);
}

void policy_frame_split(struct arena *arena, const char *text, const char **module,
                        const char **function)
{
    const char *colon = strchr(text, ':');
    while (colon && colon[1] == ':') /* C++'s own */
        colon = strchr(colon + 2, ':');
    *module = *function = NULL;
    if (strcmp(text, "...") == 0)
        return;
    *module = colon ? arena_print(arena, "%.*s", (int)(colon - text), text) : NULL;
    *function = colon ? colon + 1 : text;
    if (colon && strcmp(*function, "*") == 0)
        *function = NULL;
}

bool policy_module_matches(const char *pattern, const char *name, const char *also)
{
    return policy_glob_module(pattern, name) || (also && policy_glob_module(pattern, also));
}

bool policy_name_matches(struct arena *arena, const char *pattern, const char *name)
{
    return policy_glob(pattern, name) ||
           (text_starts(name, "_Z") && policy_glob(pattern, demangle(arena, name)));
}

/* ---- what is asked ---- */

struct search {
    struct arena *arena;
    struct policy_interest *interest;
    size_t function_room, source_room;
    struct map seen;
    const char *name, *also; /* the module's */
};

static void add(struct search *search, const char ***list, unsigned *count, size_t *room,
                const char *pattern)
{
    uint64_t key = text_key(pattern) + (list == &search->interest->sources);
    if (map_get(&search->seen, key) != MAP_NONE)
        return;
    map_put(&search->seen, key, 1);
    *list = arena_grow(search->arena, *list, sizeof **list, *count, room);
    (*list)[(*count)++] = pattern;
}

static void add_function(struct search *search, const char *pattern)
{
    add(search, &search->interest->functions, &search->interest->function_count,
        &search->function_room, pattern);
}

static bool is_asked(const struct search *search, const char *pattern)
{
    return policy_module_matches(pattern, search->name, search->also);
}

static void add_frames(struct search *search, const struct policy_texts *frames)
{
    for (unsigned i = 0; i < frames->count; i++) {
        const char *module, *function;
        policy_frame_split(search->arena, frames->items[i], &module, &function);
        if (function && (!module || is_asked(search, module)))
            add_function(search, function);
    }
}

static bool modules_allow(const struct search *search, const struct policy_texts *modules)
{
    for (unsigned i = 0; i < modules->count; i++)
        if (is_asked(search, modules->items[i]))
            return true;
    return modules->count == 0;
}

static void add_rule(struct search *search, const struct policy_match *match)
{
    unsigned first, last;
    add_frames(search, &match->by[MATCH_FRAMES]);
    add_frames(search, &match->by[MATCH_SPAWN]);
    if (!modules_allow(search, &match->by[MATCH_MODULE]))
        return;
    for (unsigned i = 0; i < match->by[MATCH_FUNCTION].count; i++)
        add_function(search, match->by[MATCH_FUNCTION].items[i]);
    for (unsigned i = 0; i < match->by[MATCH_OWNER].count; i++)
        add_function(search, match->by[MATCH_OWNER].items[i]);
    for (unsigned i = 0; i < match->by[MATCH_SOURCE].count; i++)
        add(search, &search->interest->sources, &search->interest->source_count,
            &search->source_room,
            policy_source_split(search->arena, match->by[MATCH_SOURCE].items[i], &first, &last));
}

void policy_interest_find(struct policy_interest *interest, struct arena *arena,
                          const struct policy *policy, const char *module, const char *also)
{
    struct search search = {
        .arena = arena, .interest = interest, .seen.arena = arena, .name = module, .also = also};
    *interest = (struct policy_interest){0};
    for (unsigned i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].routes)
            add_rule(&search, &policy->rules[i].match);
    for (size_t i = 0; i < policy->wrappers.count; i++) {
        const struct wrapper *wrapper = &policy->wrappers.items[i];
        bool whole = strcmp(wrapper->function, "*") == 0; /* needs no names */
        if (!whole && (!wrapper->module || is_asked(&search, wrapper->module)))
            add_function(&search, wrapper->function);
    }
}

bool policy_interest_function(const struct policy_interest *interest, struct arena *arena,
                              const char *name)
{
    char plain[256]; /* without what follows a dot: the compiler's suffixes are there */
    size_t length = *name ? 1 + strcspn(name + 1, ".") : 0;
    if (length >= sizeof plain)
        length = 0;
    memcpy(plain, name, length);
    plain[length] = 0;
    const char *written = text_starts(name, "_Z") ? demangle(arena, name) : name;
    for (unsigned i = 0; i < interest->function_count; i++) {
        const char *pattern = interest->functions[i];
        if (policy_glob(pattern, name) || (length && policy_glob(pattern, plain)) ||
            (written != name && policy_glob(pattern, written)))
            return true;
    }
    return false;
}

bool policy_interest_source(const struct policy_interest *interest, const char *path)
{
    for (unsigned i = 0; i < interest->source_count; i++)
        if (policy_glob_path(interest->sources[i], path))
            return true;
    return false;
}
