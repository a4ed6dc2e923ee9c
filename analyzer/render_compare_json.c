/* SPDX-License-Identifier: MIT
 *
 * See render_compare.h: the comparison for programs, as docs/schema/shunt.compare-1.schema.json
 * says. Additive within a major number of the schema.
 */
#include "json_values.h"
#include "render_compare.h"
#include "text.h"

static const char *const verdict_names[] = {
    [COMPARE_SAME] = "same", [COMPARE_ONCE] = "once", [COMPARE_DIFFERENT] = "different"};

static json_t *side_json(const struct part *part)
{
    if (!part)
        return json_null();
    json_t *object = json_object();
    SET(object, "text", json_text_or_null(part->text));
    SET(object, "bytes", json_count(part->digest.bytes));
    return object;
}

static json_t *line_json(const struct compare *compare, const struct compare_part *part,
                         const struct part *other)
{
    struct digest_difference found = {0};
    if (part->bare && other && part->bare->path && other->path)
        found = digest_difference(compare->arena, part->bare->path, other->path, part->rule);
    if (!found.line)
        return json_null();
    json_t *object = json_object();
    SET(object, "number", json_count(found.line));
    SET(object, "bare", json_text_or_null(found.one));
    SET(object, "other", json_text_or_null(found.another));
    return object;
}

static json_t *kind_json(const struct compare *compare, const struct compare_part *part,
                         enum compare_kind kind)
{
    json_t *object = json_object();
    SET(object, "verdict", json_string(verdict_names[part->kinds[kind].verdict]));
    SET(object, "differing", json_count(part->kinds[kind].differing));
    SET(object, "differing_repetitions", json_count(part->kinds[kind].repeated));
    if (part->kinds[kind].run) {
        SET(object, "run", json_count(part->kinds[kind].run->number));
        SET(object, "has", side_json(part->kinds[kind].part));
        SET(object, "line", line_json(compare, part, part->kinds[kind].part));
    }
    return object;
}

static bool is_worth_telling(const struct compare_part *part)
{
    return !part->stable || part->rule != DIGEST_EXACT ||
           part->kinds[COMPARE_OBSERVED].verdict != COMPARE_SAME ||
           part->kinds[COMPARE_ROUTED].verdict != COMPARE_SAME || part->kind == PART_TEST;
}

static json_t *parts_json(const struct compare *compare)
{
    json_t *list = json_array();
    for (size_t i = 0; i < compare->part_count; i++) {
        const struct compare_part *part = &compare->parts[i];
        if (!is_worth_telling(part))
            continue;
        json_t *object = json_object();
        SET(object, "kind", json_string(part_kind_names[part->kind]));
        SET(object, "name", json_string(text_clean(compare->arena, part->name)));
        SET(object, "rule", json_text_or_null(part->stable ? digest_rule_names[part->rule] : NULL));
        SET(object, "bare", side_json(part->bare));
        for (unsigned kind = COMPARE_OBSERVED; kind < COMPARE_KINDS; kind++)
            if (compare->count[kind])
                SET(object, compare_kind_names[kind],
                    kind_json(compare, part, (enum compare_kind)kind));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *runs_json(const struct compare *compare)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < compare->run_count; i++) {
        const struct compare_run *run = &compare->runs[i];
        json_t *object = json_object();
        SET(object, "number", json_count(run->number));
        SET(object, "kind", json_string(compare_kind_names[run->kind]));
        SET(object, "repetition", json_boolean(run->repetition));
        SET(object, "end", json_string(run->end));
        SET(object, "wall_ns", json_count(run->wall_ns));
        SET(object, "moved", json_count(run->moved));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *command_json(const struct compare *compare)
{
    json_t *list = json_array();
    for (char **word = compare->options.argv; *word; word++)
        json_array_append_new(list, json_string(text_clean(compare->arena, *word)));
    return list;
}

int render_compare_json(const struct compare *compare, const struct render_compare_options *options,
                        FILE *out, struct error *error)
{
    (void)error;
    json_t *root = json_object();
    (void)options; /* nothing is left out */
    SET(root, "schema", json_string("shunt.compare/1"));
    SET(root, "shunt", json_string(SHUNT_VERSION));
    SET(root, "command", command_json(compare));
    SET(root, "route", json_text_or_null(compare->options.route));
    SET(root, "policy", json_text_or_null(compare->options.policy));
    SET(root, "tests",
        json_text_or_null(compare->options.format ? compare->options.format->name : NULL));
    SET(root, "same", json_boolean(compare->differences == 0));
    SET(root, "differences", json_count(compare->differences));
    SET(root, "compared", json_count(compare->part_count));
    SET(root, "runs", runs_json(compare));
    SET(root, "parts", parts_json(compare));
    json_print(root, out);
    return 0;
}
