/* SPDX-License-Identifier: MIT
 *
 * See policy_match_keys.h.
 */
#include "policy_match_keys.h"

#include "call_words.h"
#include "nearest.h"
#include "policy_interest.h"
#include "policy_words.h"
#include "preload/policy_glob.h"
#include "sites.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SITE_DIGITS_LEAST 4u

static struct policy_at at_item(struct policy_yaml *yaml, yaml_node_t *value, unsigned index)
{
    if (value->type == YAML_SEQUENCE_NODE)
        value = policy_yaml_node(yaml, value->data.sequence.items.start[index]);
    return policy_yaml_at(value);
}

/* ---- values that are words ---- */

static bool is_pattern(const char *text)
{
    return strpbrk(text, "*?") != NULL;
}

static int unknown_call(struct policy_notes *notes, struct policy_at at, const char *name)
{
    struct nearest near = {.word = name};
    for (unsigned id = 0; id < CALL_COUNT; id++)
        nearest_offer(&near, call_infos[id].name);
    for (unsigned i = 0; i < call_alias_count; i++)
        nearest_offer(&near, call_aliases[i].twin);
    if (near.best)
        return policy_error(notes, at, "unknown call \"%s\"; did you mean \"%s\"?", name,
                            near.best);
    return policy_error(notes, at, "unknown call \"%s\"; \"shunt calls\" lists them", name);
}

static int check_call(struct policy_match *match, const char *name, struct policy_at at,
                      struct policy_notes *notes)
{
    enum call_id id = call_id_of(name);
    if (id != CALL_COUNT) {
        match->named[id] = true;
        return 0;
    }
    for (unsigned i = 0; is_pattern(name) && i < CALL_COUNT; i++)
        if (policy_glob(name, call_infos[i].name))
            return 0;
    return unknown_call(notes, at, name);
}

static int check_family(const char *name, struct policy_at at, struct policy_notes *notes)
{
    if (call_family_of(name) != FAMILY_COUNT)
        return 0;
    struct nearest near = {.word = name};
    const char *list = "";
    for (unsigned i = 0; i < FAMILY_COUNT; i++) {
        nearest_offer(&near, call_family_name(i));
        list = arena_print(notes->arena, "%s%s%s", list, i ? ", " : "", call_family_name(i));
    }
    if (near.best)
        return policy_error(notes, at, "unknown family \"%s\"; did you mean \"%s\"?", name,
                            near.best);
    return policy_error(notes, at, "unknown family \"%s\"; there are %s", name, list);
}

static int check_role(struct policy_match *match, const char *name, struct policy_at at,
                      struct policy_notes *notes)
{
    struct nearest near = {.word = name};
    for (unsigned i = 0; i < POLICY_ROLES; i++) {
        if (strcmp(policy_role_words[i], name) == 0) {
            match->roles |= 1u << i;
            return 0;
        }
        nearest_offer(&near, policy_role_words[i]);
    }
    if (near.best)
        return policy_error(notes, at, "unknown role \"%s\"; did you mean \"%s\"?", name,
                            near.best);
    return policy_error(notes, at, "unknown role \"%s\"; it is loop, hub, main or thread", name);
}

static int check_site(const char *text, struct policy_at at, struct policy_notes *notes)
{
    size_t digits = strlen(text);
    if (digits >= SITE_DIGITS_LEAST && digits <= 16 &&
        strspn(text, "0123456789abcdefABCDEF") == digits)
        return 0;
    return policy_error(notes, at,
                        "a site is the beginning of its id, 4 to 16 hexadecimal digits, "
                        "not \"%s\"",
                        text);
}

/* ---- values that are patterns ---- */

/* "aof.c", "aof.c:1246" or "aof.c:1200-1260". */
static int check_source(const char *text, struct policy_at at, struct policy_notes *notes)
{
    const char *colon = strrchr(text, ':');
    unsigned first, last;
    int used = 0;
    if (!colon)
        return 0;
    bool one = sscanf(colon, ":%9u%n", &first, &used) == 1 && !colon[used];
    bool both = !one && sscanf(colon, ":%9u-%9u%n", &first, &last, &used) == 2 && !colon[used];
    if (colon > text && (one || (both && last >= first)) && first > 0)
        return 0;
    return policy_error(notes, at, "a source is FILE, FILE:LINE or FILE:FIRST-LAST, not \"%s\"",
                        text);
}

static int check_frame(const char *text, struct policy_at at, struct policy_notes *notes)
{
    const char *module, *function;
    policy_frame_split(notes->arena, text, &module, &function);
    if (!module && function && strspn(function, "*") == strlen(function))
        return policy_error(notes, at,
                            "a frame is FUNCTION or MODULE:FUNCTION; for any number of "
                            "frames write \"...\"");
    if ((module && !*module) || (function && !*function))
        return policy_error(notes, at, "a frame is FUNCTION or MODULE:FUNCTION, not \"%s\"", text);
    return 0;
}

static int check_text(enum policy_matcher matcher, struct policy_match *match, const char *text,
                      struct policy_at at, struct policy_notes *notes)
{
    switch (matcher) {
    case MATCH_SITE:
        return check_site(text, at, notes);
    case MATCH_CALL:
        return check_call(match, text, at, notes);
    case MATCH_FAMILY:
        return check_family(text, at, notes);
    case MATCH_ROLE:
        return check_role(match, text, at, notes);
    case MATCH_SOURCE:
        return check_source(text, at, notes);
    case MATCH_FRAMES:
        return check_frame(text, at, notes);
    default:
        return 0;
    }
}

static int check_frames(const struct policy_texts *frames, struct policy_notes *notes)
{
    if (frames->count > POLICY_FRAMES_MOST)
        return policy_error(notes, frames->at, "frames has more than %u entries",
                            POLICY_FRAMES_MOST);
    for (unsigned i = 0; i < frames->count; i++)
        if (strcmp(frames->items[i], "...") != 0)
            return 0;
    return policy_error(notes, frames->at, "frames names no frame, only \"...\"");
}

int policy_take_matcher(struct policy_yaml *yaml, yaml_node_t *value, struct policy_match *match,
                        enum policy_matcher matcher)
{
    yaml_node_t **nodes;
    unsigned count;
    const char *what = policy_matcher_words[matcher];
    if (policy_yaml_list(yaml, value, POLICY_LIST_MOST, what, &nodes, &count) < 0)
        return -1;
    struct policy_texts *texts = &match->by[matcher];
    *texts = (struct policy_texts){.items = ARENA_ARRAY(yaml->arena, const char *, count),
                                   .at = policy_yaml_at(value)};
    int result = 0;
    for (unsigned i = 0; i < count; i++) {
        const char *text;
        if (policy_yaml_text(yaml, nodes[i], what, &text) < 0 ||
            check_text(matcher, match, text, at_item(yaml, value, i), yaml->notes) < 0)
            result = -1;
        else
            texts->items[texts->count++] = text;
    }
    if (result == 0 && matcher == MATCH_FRAMES)
        result = check_frames(texts, yaml->notes);
    return result;
}

/* ---- together ---- */

static bool calls_allow(const struct policy_texts *calls, unsigned id)
{
    for (unsigned i = 0; i < calls->count; i++) {
        enum call_id named = call_id_of(calls->items[i]);
        if (named == id ||
            (named == CALL_COUNT && policy_glob(calls->items[i], call_infos[id].name)))
            return true;
    }
    return calls->count == 0;
}

static bool families_allow(const struct policy_texts *families, unsigned id)
{
    for (unsigned i = 0; i < families->count; i++)
        if (call_family_of(families->items[i]) == call_infos[id].family)
            return true;
    return families->count == 0;
}

static int find_calls(struct policy_match *match, struct policy_notes *notes)
{
    const struct policy_texts *calls = &match->by[MATCH_CALL], *families = &match->by[MATCH_FAMILY];
    bool any = false;
    match->any_call = calls->count == 0 && families->count == 0;
    for (unsigned id = 0; id < CALL_COUNT; id++) {
        match->calls[id] = calls_allow(calls, id) && families_allow(families, id);
        match->named[id] &= match->calls[id];
        any |= match->calls[id];
    }
    if (any)
        return 0;
    return policy_error(notes, families->at, "no call asked for is of the family \"%s\"",
                        families->items[0]);
}

/* The names that a site's id is made of; NULL: they are not all there. */
static const char *site_names(const struct policy_match *match, const char **function)
{
    const struct policy_texts *module = &match->by[MATCH_MODULE];
    const struct policy_texts *native = &match->by[MATCH_FUNCTION];
    const struct policy_texts *file = &match->by[MATCH_PYTHON_FILE];
    const struct policy_texts *python = &match->by[MATCH_PYTHON_FUNCTION];
    if (file->count == 1 && python->count == 1) {
        *function = python->items[0];
        return file->items[0];
    }
    if (module->count != 1 || native->count != 1)
        return NULL;
    *function = native->items[0];
    return module->items[0];
}

/* An id finds nothing by itself: it is what the names beside it must give. */
static int find_sites(struct policy_match *match, struct policy_notes *notes)
{
    const struct policy_texts *site = &match->by[MATCH_SITE], *call = &match->by[MATCH_CALL];
    const char *function, *module;
    if (site->count == 0)
        return 0;
    if (site->count > 1)
        return policy_error(notes, site->at,
                            "a rule is about one site; for several write a rule "
                            "each, or match what they have in common");
    module = site_names(match, &function);
    if (call->count != 1 || !module)
        return policy_error(notes, site->at,
                            "an id alone is not found again in a program: add its call, module and "
                            "function, as \"shunt policy init\" writes them");
    enum call_id id = call_id_of(call->items[0]);
    if (id == CALL_COUNT)
        return policy_error(notes, call->at, "a site has one call, not a pattern");
    uint64_t is = sites_id(call_infos[id].name, module, function);
    if (!sites_has_prefix(is, site->items[0]))
        return policy_error(notes, site->at,
                            "site %s is another one: %s in %s of %s is %08" PRIx64
                            "; mend the names or the id",
                            site->items[0], call->items[0], function, module, is >> 32);
    return 0;
}

int policy_match_finish(struct policy_match *match, struct policy_notes *notes)
{
    if (find_calls(match, notes) < 0)
        return -1;
    return find_sites(match, notes);
}

int policy_match_join(struct policy_match *match, const struct policy_match *group,
                      const char *name, struct policy_notes *notes)
{
    for (unsigned i = 0; i < MATCHERS; i++) {
        if (group->by[i].count == 0)
            continue;
        if (match->by[i].count)
            return policy_error(notes, match->by[i].at,
                                "the rule and its group \"%s\" both ask for %s; leave it to one",
                                name, policy_matcher_words[i]);
        match->by[i] = group->by[i];
        match->by[i].of_group = true;
    }
    for (unsigned id = 0; id < CALL_COUNT; id++)
        match->named[id] |= group->named[id];
    match->roles |= group->roles;
    return 0;
}
