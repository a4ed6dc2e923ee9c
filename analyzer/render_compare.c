/* SPDX-License-Identifier: MIT
 *
 * See render_compare.h: the page.
 */
#include "render_compare.h"

#include "format.h"
#include "page.h"
#include "text.h"

#include <string.h>

/* The page in the making. */
struct sheet {
    struct page page;
    const struct compare *compare;
    unsigned top;
};

static const char *kinds_text(const struct sheet *sheet)
{
    const struct compare_options *options = &sheet->compare->options;
    if (options->policy && options->route)
        return arena_print(sheet->page.arena, "bare, observed and routed (%s, by %s)",
                           options->route, options->policy);
    if (options->route || options->policy)
        return arena_print(sheet->page.arena, "bare, observed and routed (%s)",
                           options->route ? options->route : options->policy);
    return "bare and observed";
}

static void verdict(struct sheet *sheet)
{
    const struct compare *compare = sheet->compare;
    struct arena *a = sheet->page.arena;
    const char *runs = format_plural(a, compare->options.runs, "run", "runs");
    if (compare->differences)
        page_wrap(&sheet->page, PAGE_RED, "NOT THE SAME: ", 14,
                  arena_print(a, "%s between %s, %s of each.",
                              format_plural(a, compare->differences, "difference", "differences"),
                              kinds_text(sheet), runs));
    else
        page_wrap(&sheet->page, PAGE_GREEN, "The same: ", 10,
                  arena_print(a, "%s, %s of each.", kinds_text(sheet), runs));
}

static const char *title(const struct sheet *sheet, const struct compare_part *part)
{
    return text_clean(sheet->page.arena, part_title(sheet->page.arena, part->kind, part->name));
}

/* ---- evidence ---- */

static void say(struct sheet *sheet, const char *who, const char *what)
{
    page_line(&sheet->page, "    %-9s %s", arena_print(sheet->page.arena, "%s:", who), what);
}

static const char *size_text(struct arena *arena, const struct part *part)
{
    return part->text ? part->text
                      : arena_print(arena, "%s", format_bytes(arena, part->digest.bytes));
}

/* What the first bare run and the first differing run have there. */
static void evidence(struct sheet *sheet, const struct compare_part *part, enum compare_kind kind)
{
    struct arena *a = sheet->page.arena;
    const struct part *bare = part->bare, *other = part->kinds[kind].part;
    const char *name = compare_kind_names[kind];
    struct digest_difference found = {0};
    if (bare && other && bare->path && other->path)
        found = digest_difference(a, bare->path, other->path, part->rule);
    if (found.line) {
        say(sheet, "bare",
            arena_print(a, "line %llu: %s", (unsigned long long)found.line,
                        found.one ? found.one : "(the end)"));
        say(sheet, name,
            arena_print(a, "line %llu: %s", (unsigned long long)found.line,
                        found.another ? found.another : "(the end)"));
        return;
    }
    say(sheet, "bare", bare ? size_text(a, bare) : "(not there)");
    say(sheet, name, other ? size_text(a, other) : "(not there)");
}

static const char *how_often(const struct sheet *sheet, const struct compare_part *part,
                             enum compare_kind kind)
{
    const struct compare *compare = sheet->compare;
    const char *first =
        arena_print(sheet->page.arena, "%u of %u %s runs", part->kinds[kind].differing,
                    compare->options.runs, compare_kind_names[kind]);
    if (!compare->repeated)
        return first;
    return arena_print(sheet->page.arena, "%s, %u of %d repetitions", first,
                       part->kinds[kind].repeated, COMPARE_REPETITIONS);
}

/* ---- lists ---- */

static void heading(struct sheet *sheet, const char *text)
{
    fputc('\n', sheet->page.out);
    page_line(&sheet->page, "%s", text);
}

static void more(struct sheet *sheet, unsigned count)
{
    if (count > sheet->top)
        page_line(&sheet->page, "  and %s more (--top %u)",
                  format_count(sheet->page.arena, count - sheet->top), count);
}

static void list_verdict(struct sheet *sheet, enum compare_verdict wanted, const char *head)
{
    const struct compare *compare = sheet->compare;
    unsigned count = 0;
    for (size_t i = 0; i < compare->part_count; i++) {
        const struct compare_part *part = &compare->parts[i];
        for (unsigned kind = COMPARE_OBSERVED; kind < COMPARE_KINDS; kind++) {
            if (part->kinds[kind].verdict != wanted)
                continue;
            if (count++ == 0)
                heading(sheet, head);
            if (count > sheet->top)
                continue;
            page_wrap(&sheet->page, PAGE_PLAIN, "  ", 6,
                      arena_print(sheet->page.arena, "%s: %s", title(sheet, part),
                                  how_often(sheet, part, (enum compare_kind)kind)));
            evidence(sheet, part, (enum compare_kind)kind);
        }
    }
    more(sheet, count);
}

/* What a rule leaves out, in words. */
static const char *rule_text(const struct compare_part *part)
{
    static const char *const texts[DIGEST_RULES] = {
        [DIGEST_NUMBERS] = "compared, all numbers taken for one",
        [DIGEST_LINES] = "compared, numbers for one, lines in any order",
        [DIGEST_PRESENCE] = "only that it is there: its content was NOT judged"};
    if (!part->stable)
        return part->kind == PART_TEST ? "flaky, NOT judged" : "NOT judged";
    return texts[part->rule];
}

static void list_bare(struct sheet *sheet)
{
    const struct compare *compare = sheet->compare;
    unsigned count = 0;
    for (size_t i = 0; i < compare->part_count; i++) {
        const struct compare_part *part = &compare->parts[i];
        if (part->stable && part->rule == DIGEST_EXACT)
            continue;
        if (count++ == 0)
            heading(sheet, "Bare runs differ among themselves already in:");
        if (count <= sheet->top)
            page_wrap(
                &sheet->page, PAGE_PLAIN, "  ", 6,
                arena_print(sheet->page.arena, "%s: %s", title(sheet, part), rule_text(part)));
    }
    more(sheet, count);
}

/* ---- what was compared ---- */

static unsigned parts_of(const struct compare *compare, enum part_kind kind)
{
    unsigned count = 0;
    for (size_t i = 0; i < compare->part_count; i++)
        count += compare->parts[i].kind == kind;
    return count;
}

static void compared(struct sheet *sheet)
{
    const struct compare *compare = sheet->compare;
    const struct compare_options *options = &compare->options;
    struct arena *a = sheet->page.arena;
    const char *text;
    if (options->format)
        text = arena_print(
            a, "how it ended; %s, by name. Output and files are not compared with --tests",
            format_plural(a, parts_of(compare, PART_TEST) - 1, "test", "tests"));
    else if (options->in)
        text = arena_print(
            a, "how it ended, standard output, standard error, %s with contents and modes",
            format_plural(a, parts_of(compare, PART_MODE), "file", "files"));
    else
        text =
            "how it ended, standard output, standard error. Files are compared with --in DIR alone";
    fputc('\n', sheet->page.out);
    page_wrap(&sheet->page, PAGE_DIM, "Compared: ", 10, arena_print(a, "%s.", text));
    if (compare->moved)
        page_wrap(&sheet->page, PAGE_DIM, "Routed: ", 8,
                  arena_print(a, "workers made %s calls in %s.", format_count(a, compare->moved),
                              format_plural(a, compare->count[COMPARE_ROUTED], "run", "runs")));
    else if (options->route || options->policy)
        page_wrap(&sheet->page, PAGE_YELLOW, "No call was moved: ", 10,
                  "the routed runs prove nothing of the route.");
    else
        page_wrap(&sheet->page, PAGE_DIM, "Nothing was routed: ", 10,
                  "--route or --policy adds routed runs.");
    if (options->keep)
        page_wrap(&sheet->page, PAGE_DIM, "The runs lie in ", 2, text_clean(a, compare->kept));
}

int render_compare(const struct compare *compare, const struct render_compare_options *options,
                   FILE *out, struct error *error)
{
    struct sheet sheet = {.page = {.out = out, .arena = compare->arena, .color = options->color},
                          .compare = compare,
                          .top = options->top};
    (void)error; /* the page cannot fail */
    verdict(&sheet);
    list_verdict(&sheet, COMPARE_DIFFERENT, "Different:");
    list_verdict(&sheet, COMPARE_ONCE, "Differed once and not again (not counted):");
    list_bare(&sheet);
    compared(&sheet);
    return 0;
}
