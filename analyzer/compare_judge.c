/* SPDX-License-Identifier: MIT
 *
 * Holds the parts of all runs against each other. It starts nothing and reads no file.
 */
#include "compare.h"

#include "map.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* The parts of one name over all runs: an array of as many as there are runs, NULL where a run has
 * none. */
struct row {
    struct compare_part *part;
    const struct part **of_run;
};

/* The most lenient rule that a kind of part may need: a status or a mode is the same or is not. */
static enum digest_rule most_lenient(enum part_kind kind)
{
    switch (kind) {
    case PART_TEST:
    case PART_MODE:
        return DIGEST_EXACT;
    case PART_END:
        return DIGEST_NUMBERS;
    default:
        return DIGEST_PRESENCE;
    }
}

static bool equal(const struct part *a, const struct part *b, enum digest_rule rule)
{
    return a && b ? a->digest.hash[rule] == b->digest.hash[rule] : a == b;
}

static bool bare_agrees(const struct compare *compare, const struct row *row, enum digest_rule rule)
{
    const struct part *first = NULL;
    bool any = false;
    for (unsigned i = 0; i < compare->run_count; i++) {
        if (compare->runs[i].kind != COMPARE_BARE)
            continue;
        if (any && !equal(first, row->of_run[i], rule))
            return false;
        first = row->of_run[i];
        any = true;
    }
    return true;
}

static void find_rule(const struct compare *compare, const struct row *row)
{
    struct compare_part *part = row->part;
    enum digest_rule last = most_lenient(part->kind);
    for (unsigned i = 0; i < compare->run_count && !part->bare; i++)
        if (compare->runs[i].kind == COMPARE_BARE)
            part->bare = row->of_run[i];
    for (part->rule = DIGEST_EXACT; part->rule <= last; part->rule++) {
        part->stable = bare_agrees(compare, row, part->rule);
        if (part->stable)
            return;
    }
    part->rule = last;
}

static enum compare_verdict verdict(unsigned first, unsigned repeated)
{
    if (repeated && first + repeated > 1)
        return COMPARE_DIFFERENT;
    return first + repeated ? COMPARE_ONCE : COMPARE_SAME;
}

static void judge_row(struct compare *compare, const struct row *row)
{
    struct compare_part *part = row->part;
    bool different = false;
    find_rule(compare, row);
    for (unsigned i = 0; i < compare->run_count && part->stable; i++) {
        const struct compare_run *run = &compare->runs[i];
        if (equal(part->bare, row->of_run[i], part->rule))
            continue;
        unsigned *count =
            run->repetition ? &part->kinds[run->kind].repeated : &part->kinds[run->kind].differing;
        if (!part->kinds[run->kind].run) {
            part->kinds[run->kind].run = run;
            part->kinds[run->kind].part = row->of_run[i];
        }
        ++*count;
    }
    for (unsigned kind = COMPARE_OBSERVED; kind < COMPARE_KINDS; kind++) {
        part->kinds[kind].verdict =
            verdict(part->kinds[kind].differing, part->kinds[kind].repeated);
        different |= part->kinds[kind].verdict == COMPARE_DIFFERENT;
    }
    compare->differences += different;
}

/* ---- the table of parts ---- */

struct table {
    struct compare *compare;
    struct map by_key;
    struct row *rows;
    size_t count, capacity;
};

static struct row *row_of(struct table *table, const struct part *part)
{
    struct arena *arena = table->compare->arena;
    uint64_t key = text_key(part_title(arena, part->kind, part->name));
    uint32_t index = map_get(&table->by_key, key);
    if (index != MAP_NONE)
        return &table->rows[index];
    if (table->count == table->capacity)
        table->rows =
            arena_grow(arena, table->rows, sizeof *table->rows, table->count, &table->capacity);
    map_put(&table->by_key, key, (uint32_t)table->count);
    struct row *row = &table->rows[table->count++];
    row->of_run = ARENA_ARRAY(arena, const struct part *, table->compare->run_count);
    row->part = ARENA_NEW(arena, struct compare_part);
    row->part->kind = part->kind;
    row->part->name = part->name;
    return row;
}

static int by_kind_and_name(const void *a, const void *b)
{
    const struct compare_part *one = ((const struct row *)a)->part;
    const struct compare_part *another = ((const struct row *)b)->part;
    return one->kind != another->kind ? (one->kind > another->kind) - (one->kind < another->kind)
                                      : strcmp(one->name, another->name);
}

void compare_judge(struct compare *compare)
{
    struct table table = {.compare = compare, .by_key = {.arena = compare->arena}};
    for (unsigned i = 0; i < compare->run_count; i++)
        for (size_t p = 0; p < compare->runs[i].capture.count; p++) {
            const struct part *part = &compare->runs[i].capture.parts[p];
            row_of(&table, part)->of_run[i] = part;
        }
    if (table.count)
        qsort(table.rows, table.count, sizeof *table.rows, by_kind_and_name);
    compare->parts = ARENA_ARRAY(compare->arena, struct compare_part, table.count + 1);
    compare->part_count = table.count;
    compare->differences = 0;
    for (size_t i = 0; i < table.count; i++) {
        judge_row(compare, &table.rows[i]);
        compare->parts[i] = *table.rows[i].part;
    }
}

bool compare_suspects(const struct compare *compare, enum compare_kind kind)
{
    for (size_t i = 0; i < compare->part_count; i++)
        if (compare->parts[i].kinds[kind].differing)
            return true;
    return false;
}
