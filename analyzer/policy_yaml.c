/* SPDX-License-Identifier: MIT
 *
 * See policy_yaml.h. Scalars are taken as they are written: whether `25%` is a share or `7f31` a
 * site is the key's business, so that none of YAML's own guesses (numbers, yes and no) comes in.
 */
#include "policy_yaml.h"

#include "days.h"
#include "nearest.h"
#include "policy_format.h"
#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST  1024u
#define DEPTH_MOST 64 /* brackets: libyaml's time grows with the square of their depth */

/* ---- the document ---- */

static struct policy_at at_mark(const yaml_mark_t *mark)
{
    return (struct policy_at){(int)mark->line + 1, (int)mark->column + 1};
}

struct policy_at policy_yaml_at(const yaml_node_t *node)
{
    return at_mark(&node->start_mark);
}

static int too_deep(struct policy_yaml *yaml, const char *text, size_t size)
{
    struct policy_at at = {1, 1};
    int depth = 0;
    for (size_t i = 0; i < size; i++, at.column++) {
        depth += (text[i] == '[' || text[i] == '{') - (text[i] == ']' || text[i] == '}');
        if (depth > DEPTH_MOST)
            return policy_error(yaml->notes, at, "brackets are nested more than %d deep",
                                DEPTH_MOST);
        depth = depth < 0 || text[i] == '\n' ? 0 : depth;
        if (text[i] == '\n')
            at = (struct policy_at){at.line + 1, 0};
    }
    return 0;
}

static int parse_failed(struct policy_yaml *yaml, const yaml_parser_t *parser)
{
    struct policy_at at = at_mark(&parser->problem_mark);
    const char *problem = parser->problem ? parser->problem : "it cannot be read";
    if (parser->error == YAML_READER_ERROR)
        return policy_error(yaml->notes, (struct policy_at){0}, "no UTF-8 text: %s at byte %zu",
                            problem, parser->problem_offset);
    if (parser->context)
        return policy_error(yaml->notes, at, "no YAML: %s (%s, line %zu)", problem, parser->context,
                            parser->context_mark.line + 1);
    return policy_error(yaml->notes, at, "no YAML: %s", problem);
}

/* A second document would be left out silently. */
static int check_end(struct policy_yaml *yaml, yaml_parser_t *parser)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &second))
        return parse_failed(yaml, parser);
    yaml_node_t *root = yaml_document_get_root_node(&second);
    int result = root ? policy_error(yaml->notes, policy_yaml_at(root),
                                     "a second document begins here (---): a file is one policy")
                      : 0;
    yaml_document_delete(&second);
    return result;
}

int policy_yaml_open(struct policy_yaml *yaml, const char *text, size_t size)
{
    yaml_parser_t parser;
    if (too_deep(yaml, text, size) < 0)
        return -1;
    if (!yaml_parser_initialize(&parser))
        return policy_error(yaml->notes, (struct policy_at){0}, "no memory for the YAML reader");
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    int result = yaml_parser_load(&parser, &yaml->document) ? 0 : parse_failed(yaml, &parser);
    if (result == 0 && yaml_document_get_root_node(&yaml->document) &&
        check_end(yaml, &parser) < 0) {
        yaml_document_delete(&yaml->document);
        result = -1;
    }
    yaml_parser_delete(&parser);
    return result;
}

void policy_yaml_close(struct policy_yaml *yaml)
{
    yaml_document_delete(&yaml->document);
}

yaml_node_t *policy_yaml_root(struct policy_yaml *yaml)
{
    return yaml_document_get_root_node(&yaml->document);
}

yaml_node_t *policy_yaml_node(struct policy_yaml *yaml, int index)
{
    return yaml_document_get_node(&yaml->document, index);
}

/* ---- mappings and lists ---- */

static const char *kind_of(const yaml_node_t *node)
{
    return node->type == YAML_MAPPING_NODE    ? "a mapping"
           : node->type == YAML_SEQUENCE_NODE ? "a list"
                                              : "a plain value";
}

/* The names that may stand there, for a sentence. */
static const char *list_keys(struct arena *arena, const struct policy_key *keys)
{
    const char *list = keys->name;
    while ((++keys)->name)
        list = arena_print(arena, "%s, %s", list, keys->name);
    return list;
}

static int unknown_key(struct policy_yaml *yaml, const char *name, struct policy_at at,
                       const struct policy_key *keys, const char *what)
{
    struct nearest near = {.word = name};
    for (const struct policy_key *key = keys; key->name; key++)
        nearest_offer(&near, key->name);
    if (near.best)
        return policy_error(yaml->notes, at, "unknown key \"%s\" of %s; did you mean \"%s\"?", name,
                            what, near.best);
    return policy_error(yaml->notes, at, "unknown key \"%s\" of %s; there are %s", name, what,
                        list_keys(yaml->arena, keys));
}

static bool seen_before(struct policy_yaml *yaml, const yaml_node_t *node,
                        const yaml_node_pair_t *pair, const char *name)
{
    for (const yaml_node_pair_t *before = node->data.mapping.pairs.start; before < pair; before++) {
        const yaml_node_t *key = policy_yaml_node(yaml, before->key);
        if (key->type == YAML_SCALAR_NODE && strcmp((char *)key->data.scalar.value, name) == 0)
            return true;
    }
    return false;
}

static int take_pair(struct policy_yaml *yaml, const yaml_node_t *node,
                     const yaml_node_pair_t *pair, const struct policy_key *keys, const char *what,
                     void *into)
{
    yaml_node_t *key = policy_yaml_node(yaml, pair->key);
    struct policy_at at = policy_yaml_at(key);
    const char *name;
    if (policy_yaml_text(yaml, key, "a key", &name) < 0)
        return -1;
    if (seen_before(yaml, node, pair, name))
        return policy_error(yaml->notes, at, "the key \"%s\" stands twice in %s", name, what);
    const struct policy_key *known = keys;
    while (known->name && strcmp(known->name, name) != 0)
        known++;
    if (!known->name)
        return unknown_key(yaml, name, at, keys, what);
    return known->take(yaml, policy_yaml_node(yaml, pair->value), into, known->argument);
}

int policy_yaml_map(struct policy_yaml *yaml, yaml_node_t *node, const struct policy_key *keys,
                    const char *what, void *into)
{
    if (node->type != YAML_MAPPING_NODE)
        return policy_error(yaml->notes, policy_yaml_at(node),
                            "%s is a mapping (key: value), not %s", what, kind_of(node));
    int result = 0;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++)
        if (take_pair(yaml, node, pair, keys, what, into) < 0)
            result = -1;
    return result;
}

int policy_yaml_names(struct policy_yaml *yaml, yaml_node_t *node, unsigned most, const char *what,
                      policy_named *each, void *into)
{
    if (node->type != YAML_MAPPING_NODE)
        return policy_error(yaml->notes, policy_yaml_at(node), "%s is a mapping of names, not %s",
                            what, kind_of(node));
    int result = 0;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        yaml_node_t *key = policy_yaml_node(yaml, pair->key);
        struct policy_at at = policy_yaml_at(key);
        const char *name = "";
        if (pair - node->data.mapping.pairs.start == most)
            return policy_error(yaml->notes, at, "more than %u %s", most, what);
        int right = policy_yaml_text(yaml, key, "a name", &name) == 0 &&
                    policy_yaml_name(yaml, at, "a name", name) == 0;
        if (right && seen_before(yaml, node, pair, name))
            right = policy_error(yaml->notes, at, "\"%s\" stands twice in %s", name, what) == 0;
        if (!right || each(yaml, name, at, policy_yaml_node(yaml, pair->value), into) < 0)
            result = -1;
    }
    return result;
}

unsigned policy_yaml_pairs(const yaml_node_t *node, unsigned most)
{
    if (!node || node->type != YAML_MAPPING_NODE)
        return 0;
    size_t count = (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    return count < most ? (unsigned)count : most;
}

int policy_yaml_list(struct policy_yaml *yaml, yaml_node_t *node, unsigned most, const char *what,
                     yaml_node_t ***items, unsigned *count)
{
    if (node->type != YAML_SEQUENCE_NODE) {
        *items = ARENA_ARRAY(yaml->arena, yaml_node_t *, 1);
        (*items)[0] = node;
        *count = 1;
        return 0;
    }
    size_t length = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (length == 0)
        return policy_error(yaml->notes, policy_yaml_at(node), "%s is an empty list", what);
    if (length > most)
        return policy_error(yaml->notes, policy_yaml_at(node), "%s has more than %u entries", what,
                            most);
    *items = ARENA_ARRAY(yaml->arena, yaml_node_t *, length);
    for (size_t i = 0; i < length; i++)
        (*items)[i] = policy_yaml_node(yaml, node->data.sequence.items.start[i]);
    *count = (unsigned)length;
    return 0;
}

/* ---- plain values ---- */

int policy_yaml_text(struct policy_yaml *yaml, yaml_node_t *node, const char *what,
                     const char **text)
{
    struct policy_at at = policy_yaml_at(node);
    if (node->type != YAML_SCALAR_NODE)
        return policy_error(yaml->notes, at, "%s is a plain value, not %s", what, kind_of(node));
    size_t length = node->data.scalar.length;
    if (length == 0)
        return policy_error(yaml->notes, at, "%s is empty", what);
    if (length > TEXT_MOST)
        return policy_error(yaml->notes, at, "%s is longer than %u bytes", what, TEXT_MOST);
    const unsigned char *value = node->data.scalar.value;
    for (size_t i = 0; i < length; i++)
        if (iscntrl(value[i]))
            return policy_error(yaml->notes, at, "%s has a control character or a line end in it",
                                what);
    *text = arena_copy(yaml->arena, (const char *)value);
    return 0;
}

int policy_yaml_count(struct policy_yaml *yaml, yaml_node_t *node, const char *what, unsigned least,
                      unsigned most, unsigned *number)
{
    const char *text;
    if (policy_yaml_text(yaml, node, what, &text) < 0)
        return -1;
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || errno || value < least || value > most)
        return policy_error(yaml->notes, policy_yaml_at(node),
                            "%s is a number from %u to %u, not \"%s\"", what, least, most, text);
    *number = (unsigned)value;
    return 0;
}

int policy_yaml_time(struct policy_yaml *yaml, yaml_node_t *node, const char *what, uint64_t *ns)
{
    const char *text;
    if (policy_yaml_text(yaml, node, what, &text) < 0)
        return -1;
    if (units_parse_time(text, ns) < 0 || *ns == 0)
        return policy_error(yaml->notes, policy_yaml_at(node),
                            "%s is a time with its unit (ns, us, ms, s), as 500ms, not \"%s\"",
                            what, text);
    return 0;
}

int policy_yaml_percent(struct policy_yaml *yaml, yaml_node_t *node, const char *what,
                        unsigned *hundredths)
{
    const char *text;
    if (policy_yaml_text(yaml, node, what, &text) < 0)
        return -1;
    unsigned whole = 0, part = 0;
    size_t digits = strspn(text, "0123456789");
    const char *at = text + digits;
    for (size_t i = 0; i < digits && whole <= 100; i++)
        whole = whole * 10 + (unsigned)(text[i] - '0');
    if (digits && *at == '.' && isdigit((unsigned char)at[1])) {
        part = (unsigned)(*++at - '0') * 10;
        if (isdigit((unsigned char)*++at))
            part += (unsigned)(*at++ - '0');
    }
    if (digits == 0 || strcmp(at, "%") != 0 || whole * 100 + part > POLICY_ROLLOUT_ALL)
        return policy_error(yaml->notes, policy_yaml_at(node),
                            "%s is a share from 0%% to 100%%, as 25%%, not \"%s\"", what, text);
    *hundredths = whole * 100 + part;
    return 0;
}

int policy_yaml_date(struct policy_yaml *yaml, yaml_node_t *node, const char *what,
                     const char **text, int *day)
{
    if (policy_yaml_text(yaml, node, what, text) < 0)
        return -1;
    if (days_parse(*text, day) < 0)
        return policy_error(yaml->notes, policy_yaml_at(node),
                            "%s is a date as 2027-03-31, not \"%s\"", what, *text);
    return 0;
}

static const char *list_words(struct arena *arena, const char *const *words, unsigned count)
{
    const char *list = words[0];
    for (unsigned i = 1; i < count; i++)
        list = arena_print(arena, "%s%s %s", list, i + 1 < count ? "," : " or", words[i]);
    return list;
}

int policy_yaml_word(struct policy_yaml *yaml, yaml_node_t *node, const char *what,
                     const char *const *words, unsigned count, unsigned *index)
{
    const char *text = "";
    if (policy_yaml_text(yaml, node, what, &text) < 0)
        return -1;
    struct nearest near = {.word = text};
    for (*index = 0; *index < count; ++*index) {
        if (strcmp(words[*index], text) == 0)
            return 0;
        nearest_offer(&near, words[*index]);
    }
    if (near.best)
        return policy_error(yaml->notes, policy_yaml_at(node),
                            "unknown %s \"%s\"; did you mean \"%s\"?", what, text, near.best);
    return policy_error(yaml->notes, policy_yaml_at(node), "unknown %s \"%s\"; it is %s", what,
                        text, list_words(yaml->arena, words, count));
}

int policy_yaml_name(struct policy_yaml *yaml, struct policy_at at, const char *what,
                     const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const char *rest = name + strcspn(name, "._-");
    if (strchr(allowed, *name) && strspn(name, allowed) == (size_t)(rest - name)) {
        while (*rest && (strchr("._-", *rest) || strchr(allowed, *rest)))
            rest++;
        if (!*rest)
            return 0;
    }
    return policy_error(yaml->notes, at,
                        "%s consists of letters, digits and . _ -, and begins with one of the "
                        "first two; not \"%s\"",
                        what, name);
}
