/* SPDX-License-Identifier: MIT
 *
 * See policy_explain.h.
 */
#include "policy_explain.h"

#include "policy_show.h"

/* Which matcher became the term, and what to say that the call is. */
static const struct term_words {
    enum policy_matcher matcher;
    const char *nothing; /* when there is nothing to compare with */
} words[POLICY_TERM_KINDS] = {
    [POLICY_TERM_OWNER] = {MATCH_OWNER, "it has no owner"},
    [POLICY_TERM_MODULE] = {MATCH_MODULE, "it has no owner"},
    [POLICY_TERM_FUNCTION] = {MATCH_FUNCTION, "it has no owner"},
    [POLICY_TERM_SOURCE] = {MATCH_SOURCE, "its source file is not known"},
    [POLICY_TERM_VIA] = {MATCH_VIA, "no such library lies between"},
    [POLICY_TERM_FRAMES] = {MATCH_FRAMES, "its callers are others"},
    [POLICY_TERM_PYTHON_FILE] = {MATCH_PYTHON_FILE, "it has no Python frame"},
    [POLICY_TERM_PYTHON_FUNCTION] = {MATCH_PYTHON_FUNCTION, "it has no Python frame"},
    [POLICY_TERM_EXECUTABLE] = {MATCH_EXECUTABLE, "the program is not known"},
    [POLICY_TERM_SPAWN] = {MATCH_SPAWN, "its thread was started by nobody known"},
    [POLICY_TERM_FD] = {MATCH_FD, "it has no fd, or it is not known what it is"},
};

static const char *value_of(const struct policy_call *call, const struct policy_moment *moment,
                            const struct explain_facts *facts, enum policy_term_kind kind)
{
    switch (kind) {
    case POLICY_TERM_OWNER:
        return call->python_function ? call->python_function : facts->function;
    case POLICY_TERM_MODULE:
        return call->python_function ? "another one" : facts->module;
    case POLICY_TERM_FUNCTION:
        return call->python_function ? "another one" : facts->function;
    case POLICY_TERM_SOURCE:
        return call->python_function ? "another one" : facts->source;
    case POLICY_TERM_PYTHON_FILE:
        return call->python_file;
    case POLICY_TERM_PYTHON_FUNCTION:
        return call->python_function;
    case POLICY_TERM_EXECUTABLE:
        return call->executable && *call->executable ? call->executable : NULL;
    case POLICY_TERM_SPAWN:
        return call->spawn.function && *call->spawn.function ? call->spawn.function : NULL;
    case POLICY_TERM_FD:
        return moment->target;
    default:
        return NULL;
    }
}

static const char *because(struct arena *arena, const struct policy_rule *rule,
                           enum policy_matcher matcher, const char *value, const char *nothing)
{
    const char *asked = policy_show_matcher(arena, &rule->match, matcher);
    return value ? arena_print(arena, "it asks for %s; this is %s", asked, value)
                 : arena_print(arena, "it asks for %s; %s", asked, nothing);
}

static const char *role_text(struct arena *arena, uint32_t roles)
{
    const char *text = NULL;
    for (unsigned i = 0; i < POLICY_ROLES; i++)
        if (roles >> i & 1)
            text = text ? arena_print(arena, "%s, %s", text, policy_role_name((enum policy_role)i))
                        : policy_role_name((enum policy_role)i);
    return text;
}

enum explain_answer explain_rule(struct arena *arena, const struct policy_view *view,
                                 uint32_t block_rule, const struct policy_rule *rule,
                                 const struct policy_call *call, const struct policy_moment *moment,
                                 const struct explain_facts *facts, const char **why)
{
    const struct policy_blob_rule *block = &view->rules[block_rule];
    enum explain_answer answer = EXPLAIN_YES;
    *why = NULL;
    if (!policy_rule_names(view, block, call->call)) {
        bool named = rule->match.by[MATCH_CALL].count;
        *why = because(arena, rule, named ? MATCH_CALL : MATCH_FAMILY, facts->call, "");
        return EXPLAIN_NO;
    }
    for (uint32_t i = 0; i < block->terms.count; i++) {
        const struct policy_term *term = &view->terms[block->terms.first + i];
        const struct term_words *row = &words[term->kind];
        enum policy_truth holds = term->kind == POLICY_TERM_FD
                                      ? (enum policy_truth)policy_fd_fits(view, term, moment)
                                      : policy_term_holds(view, call, term);
        if (holds == POLICY_NO) {
            *why = because(arena, rule, row->matcher,
                           value_of(call, moment, facts, (enum policy_term_kind)term->kind),
                           row->nothing);
            return EXPLAIN_NO;
        }
        if (holds == POLICY_UNKNOWN && answer == EXPLAIN_YES) {
            answer = EXPLAIN_UNKNOWN;
            *why = arena_print(arena,
                               "whether %s holds cannot be told: its names, or its callers, "
                               "are not known here",
                               policy_show_matcher(arena, &rule->match, row->matcher));
        }
    }
    if (block->roles && !(block->roles & moment->roles)) {
        *why = because(arena, rule, MATCH_ROLE, role_text(arena, moment->roles), "");
        return EXPLAIN_NO;
    }
    return answer;
}
