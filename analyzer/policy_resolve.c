/* SPDX-License-Identifier: MIT
 *
 * See policy_resolve.h.
 */
#include "policy_resolve.h"

#include "nearest.h"
#include "policy_show.h"
#include "preload/policy_blob.h"
#include "preload/policy_glob.h"

#include <string.h>

struct resolving {
    const struct policy_view *view;
    const struct policy_modules *modules;
    struct policy_notes *notes;
    bool *used; /* of each atom: some module or function is it */
};

static void mark(struct resolving *resolving)
{
    const struct policy_view *view = resolving->view;
    resolving->used = ARENA_ARRAY(resolving->notes->arena, bool, view->count[POLICY_ATOMS]);
    for (uint32_t i = 0; i < view->count[POLICY_SETS]; i++)
        resolving->used[view->sets[i]] = true;
}

static bool any_used(const struct resolving *resolving, const struct policy_term *term)
{
    for (uint32_t i = 0; i < term->choices.count; i++) {
        uint32_t choice = resolving->view->choices[term->choices.first + i];
        if (choice != POLICY_NONE && resolving->used[choice])
            return true;
    }
    return false;
}

/* A stripped module in which the name may well be. */
static const struct policy_code *nameless(const struct resolving *resolving,
                                          const struct policy_match *match)
{
    const struct policy_texts *names = &match->by[MATCH_MODULE];
    for (unsigned i = 0; i < resolving->modules->count; i++) {
        const struct policy_code *code = &resolving->modules->items[i];
        bool asked = names->count == 0;
        for (unsigned j = 0; j < names->count; j++)
            asked |= policy_module_matches(names->items[j], code->name, code->also);
        if (code->nameless && asked)
            return code;
    }
    return NULL;
}

static void warn_name(struct resolving *resolving, const struct policy_rule *rule,
                      enum policy_matcher matcher)
{
    const struct policy_match *match = &rule->match;
    const char *asked = policy_show_matcher(resolving->notes->arena, match, matcher);
    const struct policy_code *stripped = nameless(resolving, match);
    if (stripped)
        policy_warn(resolving->notes, match->by[matcher].at,
                    "rule \"%s\" takes nothing here: %s is not found, for %s is stripped; its "
                    "debug symbols (Debian: a -dbgsym package) give the names back",
                    rule->id, asked, stripped->name);
    else
        policy_warn(resolving->notes, match->by[matcher].at,
                    "rule \"%s\" takes nothing here: no %s in these modules", rule->id, asked);
}

/* A file that could not be read still has its name. */
static bool is_unread(const struct policy_modules *modules, const struct policy_texts *texts)
{
    for (unsigned i = 0; i < modules->unread_count; i++)
        for (unsigned j = 0; j < texts->count; j++)
            if (policy_glob_module(texts->items[j], modules->unread[i]))
                return true;
    return false;
}

/* A name that is a misspelt one of these modules is wrong; one that is none of them may be that of
 * a library which the program opens later. */
static void warn_module(struct resolving *resolving, const struct policy_rule *rule,
                        enum policy_matcher matcher)
{
    const struct policy_texts *texts = &rule->match.by[matcher];
    struct nearest near = {.word = texts->items[0]};
    for (unsigned i = 0; i < resolving->modules->count; i++)
        nearest_offer(&near, resolving->modules->items[i].name);
    if (is_unread(resolving->modules, texts) || (resolving->modules->opens_more && !near.best))
        return;
    policy_warn(
        resolving->notes, texts->at, "rule \"%s\" takes nothing here: no %s is loaded%s%s%s",
        rule->id, policy_show_matcher(resolving->notes->arena, &rule->match, matcher),
        near.best ? "; did you mean \"" : "", near.best ? near.best : "", near.best ? "\"?" : "");
}

/* True: it warned. */
static bool check_term(struct resolving *resolving, const struct policy_rule *rule,
                       const struct policy_term *term)
{
    bool is_text = term->kind > POLICY_TERM_FRAMES;
    if (is_text || any_used(resolving, term))
        return false;
    switch ((enum policy_term_kind)term->kind) {
    case POLICY_TERM_MODULE:
        warn_module(resolving, rule, MATCH_MODULE);
        break;
    case POLICY_TERM_VIA:
        warn_module(resolving, rule, MATCH_VIA);
        break;
    case POLICY_TERM_FUNCTION:
        warn_name(resolving, rule, MATCH_FUNCTION);
        break;
    case POLICY_TERM_SOURCE:
        warn_name(resolving, rule, MATCH_SOURCE);
        break;
    case POLICY_TERM_FRAMES:
        warn_name(resolving, rule, MATCH_FRAMES);
        break;
    default: /* an owner may be a Python function */
        return false;
    }
    return true;
}

void policy_resolve_check(const struct policy *policy, const struct policy_compiled *compiled,
                          const struct policy_modules *modules, struct policy_notes *notes)
{
    struct policy_view view;
    struct resolving resolving = {.view = &view, .modules = modules, .notes = notes};
    if (policy_blob_open(&view, compiled->block, compiled->size) != POLICY_FINE)
        return;
    mark(&resolving);
    uint32_t at = 0; /* rules that only keep the ledger are not in the block */
    for (unsigned i = 0; i < policy->rule_count; i++) {
        if (!policy->rules[i].routes)
            continue;
        const struct policy_blob_rule *rule = &view.rules[at++];
        bool warned = false; /* of a rule the first is enough */
        for (uint32_t t = 0; t < rule->terms.count && !warned; t++)
            warned = check_term(&resolving, &policy->rules[i], &view.terms[rule->terms.first + t]);
    }
}
