/* SPDX-License-Identifier: MIT
 *
 * A policy file's keys and values become the model of policy.h. What is wrong with several rules
 * together is policy_check.c's business.
 */
#include "nearest.h"
#include "policy_check.h"
#include "policy_file.h"
#include "policy_match_keys.h"
#include "policy_modifiers.h"
#include "policy_words.h"
#include "preload/policy_blob.h"

#include <stdlib.h>
#include <string.h>

#define POOLS_MOST   64u
#define GROUPS_MOST  1000u
#define THREADS_MOST 4096u
#define POOL_DEFAULT "default"
#define POOL_MAX     64u
#define POOL_IDLE    5000000000ull
#define SECOND       1000000000ull

/* A rule or a group while its keys are read. */
struct item {
    struct policy *policy;
    const char *what; /* "a rule", "a group" */
    struct policy_match *match;
    struct policy_ledger *ledger;
    struct policy_rule *rule; /* NULL: a group */
    const char *id, *group, *pool;
    struct policy_at id_at, group_at, pool_at, rollout_at;
    bool matches; /* the key `match` stands there */
};

/* ---- which calls ---- */

static int take_matcher(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct item *item = into;
    return policy_take_matcher(yaml, value, item->match, (enum policy_matcher)argument);
}

static int take_group(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct item *item = into;
    (void)argument;
    item->group_at = policy_yaml_at(value);
    return policy_yaml_text(yaml, value, "group", &item->group);
}

/* clang-format off */
#define MATCHER_KEYS                                                                       \
    {"site", take_matcher, MATCH_SITE}, {"call", take_matcher, MATCH_CALL},                \
    {"family", take_matcher, MATCH_FAMILY}, {"role", take_matcher, MATCH_ROLE},            \
    {"owner", take_matcher, MATCH_OWNER}, {"module", take_matcher, MATCH_MODULE},          \
    {"function", take_matcher, MATCH_FUNCTION}, {"source", take_matcher, MATCH_SOURCE},    \
    {"via", take_matcher, MATCH_VIA}, {"python_file", take_matcher, MATCH_PYTHON_FILE},    \
    {"python_function", take_matcher, MATCH_PYTHON_FUNCTION},                              \
    {"executable", take_matcher, MATCH_EXECUTABLE}, {"spawn", take_matcher, MATCH_SPAWN},  \
    {"frames", take_matcher, MATCH_FRAMES}, {"fd", take_matcher, MATCH_FD}
/* clang-format on */

static const struct policy_key match_keys[] = {MATCHER_KEYS, {"group", take_group, 0}, {0}};

static int take_match(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct item *item = into;
    (void)argument;
    item->matches = true;
    item->match->at = policy_yaml_at(value);
    return policy_yaml_map(yaml, value, match_keys, "match", item);
}

/* ---- the ledger ---- */

static int take_state(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct item *item = into;
    unsigned index;
    (void)argument;
    if (policy_yaml_word(yaml, value, "state", policy_state_words + 1, POLICY_STATES - 1, &index) <
        0)
        return -1;
    item->ledger->state = (enum policy_state)(index + 1);
    item->ledger->state_at = policy_yaml_at(value);
    return 0;
}

enum ledger_text { LEDGER_REASON, LEDGER_CONTACT };

static int take_ledger_text(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct policy_ledger *ledger = ((struct item *)into)->ledger;
    return argument == LEDGER_REASON ? policy_yaml_text(yaml, value, "reason", &ledger->reason)
                                     : policy_yaml_text(yaml, value, "contact", &ledger->contact);
}

static int take_expires(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct policy_ledger *ledger = ((struct item *)into)->ledger;
    (void)argument;
    ledger->expires_at = policy_yaml_at(value);
    return policy_yaml_date(yaml, value, "expires", &ledger->expires, &ledger->expires_day);
}

/* clang-format off */
#define LEDGER_KEYS                                                                           \
    {"state", take_state, 0}, {"reason", take_ledger_text, LEDGER_REASON},                    \
    {"contact", take_ledger_text, LEDGER_CONTACT}, {"expires", take_expires, 0}
/* clang-format on */

/* ---- a rule ---- */

static int take_id(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct item *item = into;
    (void)argument;
    item->id_at = policy_yaml_at(value);
    if (policy_yaml_text(yaml, value, "id", &item->id) < 0)
        return -1;
    return policy_yaml_name(yaml, item->id_at, "an id", item->id);
}

static int take_route(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct policy_rule *rule = ((struct item *)into)->rule;
    unsigned index;
    (void)argument;
    if (policy_yaml_word(yaml, value, "route", policy_route_words, POLICY_ROUTES, &index) < 0)
        return -1;
    rule->routes = true;
    rule->route = (enum policy_route)index;
    rule->route_at = policy_yaml_at(value);
    return 0;
}

static int take_pool(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct item *item = into;
    (void)argument;
    item->pool_at = policy_yaml_at(value);
    return policy_yaml_text(yaml, value, "pool", &item->pool);
}

static int take_rollout(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct item *item = into;
    (void)argument;
    item->rollout_at = policy_yaml_at(value);
    return policy_yaml_percent(yaml, value, "rollout", &item->rule->rollout);
}

static int take_rollout_by(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct item *item = into;
    unsigned index;
    (void)argument;
    if (policy_yaml_word(yaml, value, "rollout_by", policy_rollout_words, POLICY_ROLLOUTS, &index) <
        0)
        return -1;
    item->rule->rollout_by = (enum policy_rollout_by)index;
    if (!item->rollout_at.line)
        item->rollout_at = policy_yaml_at(value);
    return 0;
}

static int take_modifier(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    static int (*const takers[])(struct policy_yaml *, yaml_node_t *, struct policy_rule *) = {
        policy_take_deadline, policy_take_bulkhead, policy_take_deny};
    return takers[argument](yaml, value, ((struct item *)into)->rule);
}

static const struct policy_key rule_keys[] = {{"id", take_id, 0},
                                              {"match", take_match, 0},
                                              {"route", take_route, 0},
                                              {"pool", take_pool, 0},
                                              {"rollout", take_rollout, 0},
                                              {"rollout_by", take_rollout_by, 0},
                                              {"deadline", take_modifier, 0},
                                              {"bulkhead", take_modifier, 1},
                                              {"deny", take_modifier, 2},
                                              LEDGER_KEYS,
                                              {0}};

/* ---- what a rule refers to ---- */

static int find_group(struct item *item, struct policy_notes *notes)
{
    struct policy *policy = item->policy;
    struct nearest near = {.word = item->group ? item->group : ""};
    for (unsigned i = 0; item->group && i < policy->group_count; i++) {
        const struct policy_group *group = &policy->groups[i];
        if (strcmp(group->name, item->group) == 0) {
            item->rule->group = group;
            return policy_match_join(item->match, &group->match, group->name, notes);
        }
        nearest_offer(&near, group->name);
    }
    if (!item->group)
        return 0;
    if (near.best)
        return policy_error(notes, item->group_at, "unknown group \"%s\"; did you mean \"%s\"?",
                            item->group, near.best);
    return policy_error(notes, item->group_at,
                        "unknown group \"%s\"; groups are declared under "
                        "\"groups:\"",
                        item->group);
}

static int find_pool(struct item *item, struct policy_notes *notes)
{
    const struct policy *policy = item->policy;
    if (!item->pool)
        return 0;
    struct nearest near = {.word = item->pool};
    for (unsigned i = 0; i < policy->pool_count; i++) {
        if (strcmp(policy->pools[i].name, item->pool) == 0) {
            item->rule->pool = i;
            return 0;
        }
        nearest_offer(&near, policy->pools[i].name);
    }
    if (near.best)
        return policy_error(notes, item->pool_at, "unknown pool \"%s\"; did you mean \"%s\"?",
                            item->pool, near.best);
    return policy_error(notes, item->pool_at,
                        "unknown pool \"%s\"; pools are declared under \"pools:\"", item->pool);
}

/* A rule that bounds time needs a worker that can be waited for. */
static int find_route(struct item *item, struct policy_notes *notes)
{
    struct policy_rule *rule = item->rule;
    if (!rule->routes && rule->deadline_ns) {
        rule->routes = true;
        rule->route = POLICY_POOL;
        rule->route_at = rule->deadline_at;
    }
    bool moves = rule->routes && (rule->route == POLICY_POOL || rule->route == POLICY_GREEN);
    if (item->pool_at.line && !moves)
        return policy_error(notes, item->pool_at, "pool is for the routes pool and green");
    if (item->rollout_at.line && !moves && !(rule->routes && rule->route == POLICY_DENY))
        return policy_error(notes, item->rollout_at,
                            "rollout is for the routes pool, green and deny");
    if (policy_modifiers_finish(rule, notes) < 0)
        return -1;
    if (rule->routes || rule->ledger.state)
        return 0;
    return policy_error(notes, rule->at,
                        "rule \"%s\" has no route: add one (inplace, pool, green, "
                        "deny), or a state if it only keeps the ledger",
                        rule->id);
}

static void inherit(struct policy_rule *rule)
{
    if (!rule->group)
        return;
    const struct policy_ledger *group = &rule->group->ledger;
    struct policy_ledger *own = &rule->ledger;
    if (!own->state && !rule->routes)
        own->state = group->state;
    own->reason = own->reason ? own->reason : group->reason;
    own->contact = own->contact ? own->contact : group->contact;
    if (!own->expires && group->expires) {
        own->expires = group->expires;
        own->expires_at = group->expires_at;
        own->expires_day = group->expires_day;
    }
}

static int finish_rule(struct item *item, yaml_node_t *node, struct policy_notes *notes)
{
    struct policy_rule *rule = item->rule;
    struct policy_at at = policy_yaml_at(node);
    if (!item->id)
        return policy_error(notes, at, "a rule without an id: it is what counts and reports name");
    rule->id = item->id;
    rule->at = item->id_at;
    if (!item->matches)
        return policy_error(notes, at, "rule \"%s\" has no match; for every call write match: {}",
                            rule->id);
    if (find_group(item, notes) < 0 || find_pool(item, notes) < 0 || find_route(item, notes) < 0)
        return -1;
    inherit(rule);
    return policy_match_finish(&rule->match, notes);
}

static int read_rule(struct policy_yaml *yaml, struct policy *policy, yaml_node_t *node)
{
    struct policy_rule *rule = &policy->rules[policy->rule_count];
    *rule = (struct policy_rule){.rollout = POLICY_ROLLOUT_ALL,
                                 .error = POLICY_DENY_ERROR,
                                 .match.at = policy_yaml_at(node)};
    struct item item = {.policy = policy,
                        .what = "a rule",
                        .match = &rule->match,
                        .ledger = &rule->ledger,
                        .rule = rule};
    if (policy_yaml_map(yaml, node, rule_keys, "a rule", &item) < 0 ||
        finish_rule(&item, node, yaml->notes) < 0)
        return -1;
    policy->rule_count++;
    return 0;
}

/* ---- the whole ---- */

/* Sections in the order in which they refer to each other, whatever the file's. */
struct file {
    struct policy *policy;
    yaml_node_t *version, *pools, *groups, *rules;
};

static int take_version(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    const char *text;
    (void)argument;
    ((struct file *)into)->version = value;
    if (policy_yaml_text(yaml, value, "version", &text) < 0)
        return -1;
    char *end;
    unsigned long version = strtoul(text, &end, 10);
    if (*end || end == text)
        return policy_error(yaml->notes, policy_yaml_at(value), "version is a number, not \"%s\"",
                            text);
    if (version > POLICY_VERSION)
        return policy_error(yaml->notes, policy_yaml_at(value),
                            "the policy is of version %s, and this shunt knows up to %d: a newer "
                            "shunt is needed",
                            text, POLICY_VERSION);
    if (version == 0)
        return policy_error(yaml->notes, policy_yaml_at(value),
                            "there was no version 0; write "
                            "version: 1");
    return 0;
}

static int take_goal(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    unsigned index = 0;
    (void)argument;
    int result = policy_yaml_word(yaml, value, "goal", policy_goal_words, 2, &index);
    ((struct file *)into)->policy->threads = index == 1;
    return result;
}

enum section { SECTION_POOLS, SECTION_GROUPS, SECTION_RULES };

static int take_section(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct file *file = into;
    (void)yaml;
    *(argument == SECTION_POOLS    ? &file->pools
      : argument == SECTION_GROUPS ? &file->groups
                                   : &file->rules) = value;
    return 0;
}

static int take_wrappers(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    struct policy *policy = ((struct file *)into)->policy;
    yaml_node_t **nodes;
    unsigned count;
    (void)argument;
    if (policy_yaml_list(yaml, value, POLICY_LIST_MOST, "wrappers", &nodes, &count) < 0)
        return -1;
    int result = 0;
    for (unsigned i = 0; i < count; i++) {
        const char *text;
        struct error error;
        if (policy_yaml_text(yaml, nodes[i], "a wrapper", &text) < 0)
            result = -1;
        else if (wrappers_add(yaml->arena, &policy->wrappers, text, &error) < 0)
            result = policy_error(yaml->notes, policy_yaml_at(nodes[i]), "%s", error.text);
    }
    return result;
}

static const struct policy_key file_keys[] = {{"version", take_version, 0},
                                              {"goal", take_goal, 0},
                                              {"pools", take_section, SECTION_POOLS},
                                              {"groups", take_section, SECTION_GROUPS},
                                              {"rules", take_section, SECTION_RULES},
                                              {"wrappers", take_wrappers, 0},
                                              {0}};

static int take_max(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    (void)argument;
    return policy_yaml_count(yaml, value, "max", 1, THREADS_MOST,
                             &((struct policy_pool *)into)->max);
}

static int take_idle(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument)
{
    (void)argument;
    return policy_yaml_time(yaml, value, "idle", &((struct policy_pool *)into)->idle_ns);
}

static const struct policy_key pool_keys[] = {{"max", take_max, 0}, {"idle", take_idle, 0}, {0}};

static int read_pool(struct policy_yaml *yaml, const char *name, struct policy_at at,
                     yaml_node_t *value, void *into)
{
    struct policy *policy = into;
    bool is_default = strcmp(name, POOL_DEFAULT) == 0;
    struct policy_pool *pool = &policy->pools[is_default ? 0 : policy->pool_count++];
    *pool = (struct policy_pool){.name = name, .at = at, .max = POOL_MAX, .idle_ns = POOL_IDLE};
    return policy_yaml_map(yaml, value, pool_keys, "a pool", pool);
}

static const struct policy_key group_keys[] = {MATCHER_KEYS, LEDGER_KEYS, {0}};

static int read_group(struct policy_yaml *yaml, const char *name, struct policy_at at,
                      yaml_node_t *value, void *into)
{
    struct policy *policy = into;
    struct policy_group *group = &policy->groups[policy->group_count++];
    *group = (struct policy_group){.name = name, .at = at, .match.at = at};
    struct item item = {
        .policy = policy, .what = "a group", .match = &group->match, .ledger = &group->ledger};
    if (policy_yaml_map(yaml, value, group_keys, "a group", &item) < 0)
        return -1;
    return policy_match_finish(&group->match, yaml->notes);
}

static int read_rules(struct policy_yaml *yaml, struct policy *policy, yaml_node_t *node)
{
    yaml_node_t **nodes;
    unsigned count;
    if (node->type != YAML_SEQUENCE_NODE)
        return policy_error(yaml->notes, policy_yaml_at(node),
                            "rules is a list: each rule begins with \"- id:\"");
    if (node->data.sequence.items.start == node->data.sequence.items.top)
        return 0;
    if (policy_yaml_list(yaml, node, POLICY_RULES_MOST, "rules", &nodes, &count) < 0)
        return -1;
    policy->rules = ARENA_ARRAY(yaml->arena, struct policy_rule, count);
    int result = 0;
    for (unsigned i = 0; i < count; i++)
        if (read_rule(yaml, policy, nodes[i]) < 0)
            result = -1;
    return result;
}

static int read_sections(struct policy_yaml *yaml, struct file *file)
{
    struct policy *policy = file->policy;
    int result = 0;
    if (!file->version)
        result = policy_error(yaml->notes, (struct policy_at){1, 1},
                              "the policy does not tell its version; begin with version: 1");
    if (file->pools &&
        policy_yaml_names(yaml, file->pools, POOLS_MOST, "pools", read_pool, policy) < 0)
        result = -1;
    policy->groups =
        ARENA_ARRAY(yaml->arena, struct policy_group, policy_yaml_pairs(file->groups, GROUPS_MOST));
    if (file->groups &&
        policy_yaml_names(yaml, file->groups, GROUPS_MOST, "groups", read_group, policy) < 0)
        result = -1;
    if (!file->rules)
        return policy_error(yaml->notes, (struct policy_at){1, 1},
                            "the policy has no rules; for "
                            "none yet write rules: []");
    if (read_rules(yaml, policy, file->rules) < 0)
        result = -1;
    return result;
}

static int read_document(struct policy_yaml *yaml, struct policy *policy)
{
    yaml_node_t *root = policy_yaml_root(yaml);
    struct file file = {.policy = policy};
    if (!root)
        return policy_error(yaml->notes, (struct policy_at){0},
                            "the file is empty; \"shunt policy init\" makes a first policy");
    policy_yaml_map(yaml, root, file_keys, "a policy", &file);
    return root->type == YAML_MAPPING_NODE ? read_sections(yaml, &file) : -1;
}

int policy_read_text(struct policy *policy, const char *path, const char *text, size_t size,
                     struct policy_notes *notes)
{
    struct policy_yaml yaml = {.arena = notes->arena, .notes = notes};
    *policy = (struct policy){.path = path, .hash = policy_hash(text, size)};
    policy->pools = ARENA_ARRAY(yaml.arena, struct policy_pool, POOLS_MOST + 1);
    policy->pools[policy->pool_count++] =
        (struct policy_pool){.name = POOL_DEFAULT, .max = POOL_MAX, .idle_ns = POOL_IDLE};
    if (policy_yaml_open(&yaml, text, size) == 0) {
        read_document(&yaml, policy);
        policy_yaml_close(&yaml);
        policy_check(policy, notes);
    }
    policy_notes_order(notes);
    return notes->errors ? -1 : 0;
}

int policy_read(struct policy *policy, const char *path, struct policy_notes *notes)
{
    const char *text;
    size_t size;
    *policy = (struct policy){.path = path};
    if (policy_file_read(notes->arena, path, &text, &size, notes) < 0)
        return -1;
    return policy_read_text(policy, path, text, size, notes);
}
