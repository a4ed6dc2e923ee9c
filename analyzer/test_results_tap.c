/* SPDX-License-Identifier: MIT
 *
 * The Test Anything Protocol, versions 12 to 14, as a test program writes it or as `prove -v` shows
 * it: "ok 1 - reads", "not ok 2 - writes # TODO later", subtests indented by four blanks, each
 * level before the test it belongs to. `prove` without -v says one word a file; that is read too.
 */
#include "test_results.h"

#include "text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INDENT 4

struct tap {
    struct test_results *results;
    const char *file; /* as prove names it; NULL */
    size_t first;     /* index of the first test of this file */
    long planned;     /* -1: no plan yet */
    long seen;        /* tests outside of subtests */
};

static bool take_word(const char **text, const char *word)
{
    size_t length = strlen(word);
    if (strncmp(*text, word, length) != 0 ||
        ((*text)[length] && !isspace((unsigned char)(*text)[length])))
        return false;
    *text += length + strspn(*text + length, " \t");
    return true;
}

/* The part after an unescaped '#'; cuts it off the description. NULL: there is none. */
static const char *cut_directive(char *description)
{
    for (char *at = description; *at; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == '#') {
            *at = '\0';
            return at + 1 + strspn(at + 1, " \t");
        }
    }
    return NULL;
}

static const char *status_of(bool ok, const char *directive)
{
    if (directive && strncasecmp(directive, "skip", 4) == 0)
        return "skip";
    if (directive && strncasecmp(directive, "todo", 4) == 0)
        return ok ? "todo-pass" : "todo";
    return ok ? "pass" : "fail";
}

/* A test closes the subtests that stand before it and lie deeper: they become "test > subtest". */
static void name_subtests(struct tap *tap, const struct test_result *parent)
{
    struct test_result *list = tap->results->list;
    for (size_t i = (size_t)(parent - list); i-- > tap->first && list[i].depth > parent->depth;) {
        list[i].name = arena_print(tap->results->arena, "%s > %s", parent->name, list[i].name);
        list[i].depth = parent->depth + 1;
    }
}

static void take_test(struct tap *tap, const char *text, bool ok, unsigned depth)
{
    struct arena *arena = tap->results->arena;
    char *end;
    long number = strtol(text, &end, 10);
    bool numbered = end != text && (!*end || isspace((unsigned char)*end));
    char *description = arena_copy(arena, numbered ? end : text);
    const char *directive = cut_directive(description);
    description += strspn(description, " \t");
    if (*description == '-')
        description += 1 + strspn(description + 1, " \t");
    for (size_t length = strlen(description);
         length && isspace((unsigned char)description[length - 1]);)
        description[--length] = '\0';
    tap->seen += depth == 0;
    if (!*description)
        description = arena_print(arena, "test %ld", numbered ? number : tap->seen);
    struct test_result *result =
        test_results_add(tap->results, description, status_of(ok, directive));
    result->depth = depth;
    name_subtests(tap, result);
}

/* What is left when a file, or all, has ended: was the plan kept? */
static void end_file(struct tap *tap)
{
    struct test_results *results = tap->results;
    if (tap->planned >= 0)
        test_results_add(results, "(plan)", tap->planned == tap->seen ? "pass" : "fail");
    for (size_t i = tap->first; tap->file && i < results->count; i++)
        results->list[i].name =
            arena_print(results->arena, "%s: %s", tap->file, results->list[i].name);
    tap->file = NULL;
    tap->first = results->count;
    tap->planned = -1;
    tap->seen = 0;
}

/* prove's word for a whole file. */
static const char *prove_word(const char *text)
{
    static const char *const words[][2] = {{"ok", "pass"},          {"skipped", "skip"},
                                           {"Failed", "fail"},      {"Dubious", "fail"},
                                           {"No subtests", "fail"}, {"All ", "fail"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text_starts(text, words[i][0]))
            return words[i][1];
    return NULL;
}

/* "t/reads.t .. " begins a file (-v), "t/reads.t .. ok" is all there is of one. */
static bool take_prove(struct tap *tap, char *line)
{
    char *dots = strstr(line, " ..");
    if (!dots || dots == line || strcspn(line, " \t") != (size_t)(dots - line))
        return false;
    const char *rest = dots + 1 + strspn(dots + 1, ".");
    rest += strspn(rest, " \t");
    const char *word = prove_word(rest);
    if (*rest && !word)
        return false;
    end_file(tap);
    *dots = '\0';
    if (word)
        test_results_add(tap->results, line, word);
    else
        tap->file = arena_copy(tap->results->arena, line);
    tap->first = tap->results->count;
    return true;
}

/* prove -v ends a file with its word; "ok" is one when the plan has been kept and a test otherwise.
 */
static bool closes_file(const struct tap *tap, const char *text)
{
    if (!tap->file)
        return false;
    return text_starts(text, "ok") ? strcmp(text, "ok") == 0 && tap->planned == tap->seen
                                   : prove_word(text) != NULL;
}

static void take_plan(struct tap *tap, const char *text)
{
    char *end;
    long planned = strtol(text, &end, 10);
    if (end != text)
        tap->planned = planned;
}

static void take_line(void *data, char *line)
{
    struct tap *tap = data;
    size_t blanks = strspn(line, " ");
    unsigned depth = (unsigned)(blanks / INDENT);
    const char *text = line + blanks;
    if (blanks % INDENT)
        return;
    if (depth == 0 && closes_file(tap, text)) {
        test_results_add(tap->results, "(file)", prove_word(text));
        end_file(tap);
    } else if (take_word(&text, "not")) {
        if (take_word(&text, "ok"))
            take_test(tap, text, false, depth);
    } else if (take_word(&text, "ok")) {
        take_test(tap, text, true, depth);
    } else if (depth == 0 && text_starts(text, "1..")) {
        take_plan(tap, text + 3);
    } else if (text_starts(text, "Bail out!")) {
        test_results_add(tap->results, "(bail out)", "fail");
    } else if (depth == 0) {
        take_prove(tap, line);
    }
}

int test_results_tap(struct test_results *results, const char *path, struct error *error)
{
    struct tap tap = {.results = results, .first = results->count, .planned = -1};
    if (test_results_lines(path, take_line, &tap, error) < 0)
        return -1;
    end_file(&tap);
    return 0;
}
