/* SPDX-License-Identifier: MIT
 *
 * The comparison in words: the answer in one sentence, what casts doubt on it, and what a reader
 * should know of how the runs were made.
 */
#include "diff_parts.h"
#include "format.h"
#include "text.h"

#include <string.h>

#define REMARKS_MOST 12u
#define SAW_APART    2.0 /* percentage points of completeness */

static void add(struct diff *diff, const char ***list, unsigned *count, const char *text)
{
    if (!*list)
        *list = ARENA_ARRAY(&diff->arena, const char *, REMARKS_MOST);
    if (*count < REMARKS_MOST)
        (*list)[(*count)++] = text;
}

static void warn(struct diff *diff, const char *text)
{
    add(diff, &diff->warnings, &diff->warning_count, text);
}

static void note(struct diff *diff, const char *text)
{
    add(diff, &diff->notes, &diff->note_count, text);
}

/* ---- the answer ---- */

/* Sites that both sides have. */
static unsigned compared(const struct diff *diff)
{
    unsigned count = 0;
    for (size_t i = 0; i < diff->site_count; i++)
        count += diff_on_both(diff->sites[i]);
    return count;
}

static const char *verdict(const struct diff *diff)
{
    bool bad = diff_has(diff, DIFF_WORSE), good = diff_has(diff, DIFF_BETTER);
    bool added = diff->count[DIFF_NEW], gone = diff->count[DIFF_GONE];
    if ((bad || added) && (good || gone))
        return "MIXED";
    if (bad)
        return "WORSE";
    if (added)
        return "NEW CALLS";
    if (good || gone)
        return "BETTER";
    if (diff_has(diff, DIFF_UNSURE))
        return "NOTHING SURE";
    return compared(diff) == 0 ? "CANNOT TELL" : "NO DIFFERENCE";
}

/* "a, b and c" out of clauses. */
struct clauses {
    const char *text;
    unsigned count;
};

static void clause(struct arena *arena, struct clauses *clauses, const char *text)
{
    clauses->text = clauses->count++ ? arena_print(arena, "%s; %s", clauses->text, text) : text;
}

/* Does a call that left the loop, or came to it, go the same way as the loop's stalls? */
static bool explained(const struct diff *diff, const struct diff_loop *loop)
{
    bool less = loop->share[DIFF_AFTER] < loop->share[DIFF_BEFORE];
    for (size_t i = 0; i < diff->site_count; i++)
        if (less ? diff->sites[i]->left_loop : diff->sites[i]->came_to_loop)
            return true;
    return false;
}

static void loop_clause(struct diff *diff, struct clauses *clauses)
{
    struct arena *a = &diff->arena;
    const struct diff_loop *loop = diff->loop_count ? diff->loops[0] : NULL;
    if (!loop || loop->class == DIFF_SAME || (loop->class == DIFF_UNSURE && !explained(diff, loop)))
        return;
    if (loop->class == DIFF_GONE || loop->class == DIFF_NEW)
        clause(a, clauses,
               arena_print(a, "%s has no loop %s", loop->role->name,
                           loop->class == DIFF_GONE ? "any more" : "before"));
    else
        clause(a, clauses,
               arena_print(a, "the loop is stalled for %s of its time, was %s",
                           format_percent(a, 100 * loop->share[DIFF_AFTER]),
                           format_percent(a, 100 * loop->share[DIFF_BEFORE])));
}

static const char *call_name(struct diff *diff, const struct diff_site *site)
{
    const struct report_site *any =
        site->side[DIFF_BEFORE].site ? site->side[DIFF_BEFORE].site : site->side[DIFF_AFTER].site;
    const char *target = any->pattern ? text_basename(any->pattern) : NULL;
    return target && strcmp(target, "*") != 0 && strcmp(target, "file:*") != 0
               ? arena_print(&diff->arena, "%s > %s", any->call, text_fit(&diff->arena, target, 20))
               : any->call;
}

/* The heaviest that left the loop or came to it. */
static void place_clause(struct diff *diff, struct clauses *clauses, bool left)
{
    unsigned more = 0;
    const char *first = NULL;
    for (size_t i = 0; i < diff->site_count; i++) {
        const struct diff_site *site = diff->sites[i];
        bool twin = site->other && !site->side[DIFF_BEFORE].site; /* told with the other */
        if (twin || !(left ? site->left_loop : site->came_to_loop))
            continue;
        if (first)
            more++;
        else
            first = call_name(diff, site);
    }
    if (first)
        clause(&diff->arena, clauses,
               arena_print(&diff->arena, "%s%s %s the loop", first,
                           more ? arena_print(&diff->arena, " and %u more", more) : "",
                           left ? "left" : "came onto"));
}

static void wait_clause(struct diff *diff, struct clauses *clauses)
{
    static const struct {
        const char *one, *several;
    } words[] = {
        [DIFF_BEFORE] = {"site that yielded waits on a thread now",
                         "sites that yielded wait on threads now"},
        [DIFF_AFTER] = {"site that waited on a thread yields now",
                        "sites that waited on threads yield now"},
    };
    for (int when = 0; when < DIFF_SIDES; when++)
        if (diff->waits[when])
            clause(&diff->arena, clauses,
                   format_plural(&diff->arena, diff->waits[when], words[when].one,
                                 words[when].several));
}

/* Sites of a class, without those that the clauses above spoke of; pairs count once. */
static unsigned others(const struct diff *diff, enum diff_class class)
{
    unsigned count = 0;
    for (size_t i = 0; i < diff->site_count; i++) {
        const struct diff_site *site = diff->sites[i];
        bool apart = site->quiet && (class == DIFF_NEW || class == DIFF_GONE);
        count += site->class == class && site->measure != DIFF_PLACE && !apart;
    }
    return count;
}

static const char *heaviest(struct diff *diff, enum diff_class class)
{
    for (size_t i = 0; i < diff->site_count; i++) { /* in their order */
        const struct diff_site *site = diff->sites[i];
        if (site->class == class && site->measure != DIFF_PLACE)
            return call_name(diff, site);
    }
    return "";
}

static void count_clause(struct diff *diff, struct clauses *clauses, enum diff_class class)
{
    struct arena *a = &diff->arena;
    unsigned count = others(diff, class);
    if (count)
        clause(a, clauses,
               arena_print(a, "%s %s (%s%s)", format_plural(a, count, "site", "sites"),
                           diff_class_name(class), heaviest(diff, class), count > 1 ? ", .." : ""));
}

static const char *answer(struct diff *diff)
{
    struct arena *a = &diff->arena;
    static const enum diff_class told[] = {DIFF_WORSE, DIFF_NEW, DIFF_BETTER, DIFF_GONE};
    struct clauses clauses = {.text = ""};
    place_clause(diff, &clauses, true);
    place_clause(diff, &clauses, false);
    loop_clause(diff, &clauses);
    wait_clause(diff, &clauses);
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        count_clause(diff, &clauses, told[i]);
    const char *sites = format_plural(a, compared(diff), "site", "sites");
    if (clauses.count)
        return arena_print(a, "%s.", clauses.text);
    if (diff_has(diff, DIFF_UNSURE))
        return arena_print(a,
                           "%s compared; what differs, differs no more than runs of the same "
                           "program may.",
                           sites);
    return compared(diff) ? arena_print(a,
                                        "%s compared, and none differs by more than chance and the "
                                        "machine may.",
                                        sites)
                          : "the two sides have no call in common that could be compared.";
}

/* ---- doubts ---- */

static const struct report_process *first(const struct diff *diff, enum diff_when when)
{
    return diff->side[when].runs[0].main;
}

static const char *saw_text(struct diff *diff, enum diff_when when)
{
    struct arena *a = &diff->arena;
    const struct diff_side *side = &diff->side[when];
    if (!side->saw_known)
        return "unknown";
    const char *least = format_percent(a, side->saw_least);
    const char *most = format_percent(a, side->saw_most);
    return strcmp(least, most) == 0 ? least : arena_print(a, "%s to %s", least, most);
}

static void doubt_saw(struct diff *diff)
{
    const struct diff_side *before = &diff->side[DIFF_BEFORE], *after = &diff->side[DIFF_AFTER];
    double apart = before->saw_least - after->saw_least;
    bool same = before->saw_known == after->saw_known &&
                (!before->saw_known || (apart < SAW_APART && apart > -SAW_APART));
    if (!same)
        warn(diff, arena_print(&diff->arena,
                               "the sides were not seen equally well: %s of the waiting before, "
                               "%s after. What is new or gone may be what one side did not see",
                               saw_text(diff, DIFF_BEFORE), saw_text(diff, DIFF_AFTER)));
    if (before->lost || after->lost)
        warn(diff, arena_print(&diff->arena,
                               "records were lost: %s before, %s after; a larger --max-size keeps "
                               "them",
                               format_count(&diff->arena, before->lost),
                               format_count(&diff->arena, after->lost)));
}

/* Of all runs: does it have one value? */
static bool thresholds_agree(const struct diff *diff)
{
    for (int when = 0; when < DIFF_SIDES; when++)
        for (unsigned i = 0; i < diff->side[when].run_count; i++)
            if (diff->side[when].runs[i].main->threshold_ns !=
                first(diff, DIFF_BEFORE)->threshold_ns)
                return false;
    return true;
}

static void doubt_measures(struct diff *diff)
{
    struct arena *a = &diff->arena;
    static const char *const names[] = {"before", "after"};
    if (!thresholds_agree(diff))
        warn(diff, arena_print(a,
                               "the runs have different thresholds (%s before, %s after): what "
                               "counts as blocked or as a stall differs with them",
                               format_duration(a, first(diff, DIFF_BEFORE)->threshold_ns),
                               format_duration(a, first(diff, DIFF_AFTER)->threshold_ns)));
    for (int when = 0; when < DIFF_SIDES; when++) {
        unsigned assumed = 0, troubled = 0;
        for (unsigned i = 0; i < diff->side[when].run_count; i++) {
            assumed += diff->side[when].runs[i].main->clock_quality == TICKS_ASSUMED;
            troubled += diff->side[when].runs[i].main->setup_trouble != NULL;
        }
        if (assumed)
            warn(diff, arena_print(a,
                                   "the clock of a run %s is not known: its times may be wrong "
                                   "by a constant factor",
                                   names[when]));
        if (troubled)
            warn(diff, arena_print(a, "a run %s was not observed from its start", names[when]));
    }
}

static const char *program(const char *command)
{
    return command ? command : "unknown";
}

/* The words in which two command lines differ, from the first to the last. */
static const char *different(struct arena *arena, const char *line, const char *other)
{
    size_t begin = 0, i = 0, end = strlen(line), other_end = strlen(other);
    for (; line[i] && line[i] == other[i]; i++)
        if (line[i] == ' ')
            begin = i + 1;
    while (end > begin && other_end > begin && line[end - 1] == other[other_end - 1])
        end--, other_end--;
    while (line[end] && line[end] != ' ')
        end++;
    const char *words = arena_print(arena, "%.*s", (int)(end - begin), line + begin);
    return arena_print(arena, "%s%s%s", begin ? ".." : "", text_fit(arena, words, 120),
                       line[end] ? ".." : "");
}

static void note_programs(struct diff *diff)
{
    struct arena *a = &diff->arena;
    const char *before = program(diff->side[DIFF_BEFORE].command);
    const char *after = program(diff->side[DIFF_AFTER].command);
    const struct report_process *x = first(diff, DIFF_BEFORE), *y = first(diff, DIFF_AFTER);
    if (strcmp(x->name, y->name) != 0)
        warn(diff, arena_print(a,
                               "the main programs have different names, %s and %s: their sites "
                               "match only where they lie in the same libraries",
                               x->name, y->name));
    if (strcmp(before, after) != 0)
        note(diff, arena_print(a, "the command lines differ. Before: %s  After: %s",
                               different(a, before, after), different(a, after, before)));
}

static void note_runs(struct diff *diff)
{
    if (!diff->several && diff_has(diff, DIFF_UNSURE))
        note(diff,
             "one or two runs a side: calls that wait for something outside the program "
             "(disk, peer, child, lock) differ between equal runs by up to 20 times, so they "
             "are claimed to be worse or better beyond that only. Three runs a side, recorded "
             "in turn, tell more: shunt diff A1 A2 A3 -- B1 B2 B3");
    else if (diff->several && !diff->in_turn)
        warn(diff, "the runs of one side were recorded before those of the other: what changed on "
                   "the machine meanwhile looks the same as a change of the program. Recorded in "
                   "turn (A1 B1 A2 B2 ...), runs tell the two apart");
}

static void note_left_out(struct diff *diff)
{
    for (int when = 0; when < DIFF_SIDES; when++)
        for (unsigned i = 0; i < diff->side[when].run_count; i++)
            for (unsigned j = 0; j < diff->side[when].runs[i].report.note_count; j++)
                warn(diff, diff->side[when].runs[i].report.notes[j]);
}

void diff_words(struct diff *diff)
{
    diff->verdict = verdict(diff);
    diff->answer = answer(diff);
    doubt_saw(diff);
    doubt_measures(diff);
    note_programs(diff);
    note_runs(diff);
    note_left_out(diff);
}
