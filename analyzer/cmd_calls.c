/* SPDX-License-Identifier: MIT
 *
 * `shunt calls`: the table of intercepted calls, as a list, as JSON, or as the page docs/calls.md.
 */
#include "arena.h"
#include "arguments.h"
#include "call_words.h"
#include "calls.h"
#include "command.h"
#include "json_values.h"
#include "nearest.h"

#include <getopt.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: shunt calls [OPTIONS] [NAME]...\n"
    "\n"
    "Lists the calls that shunt intercepts and what it knows of each; with NAMEs,\n"
    "only those. Other names of the same code are counted under the first.\n"
    "What is asked for by number is told apart: syscall:futex, syscall:openat2;\n"
    "numbers without a row of their own are counted as syscall.\n"
    "\n"
    "  --passed      instead those that are passed through unmeasured, and why\n"
    "  --json        as JSON\n"
    "  --markdown    as the page docs/calls.md\n"
    "  --help        this text\n"
    "\n"
    "columns\n"
    "  FAMILY     what belongs together: file, stdio, socket, select,\n"
    "             time, dns, ipc, signal, process, sync\n"
    "  MOVE       may another thread execute it: yes; care, under conditions; never\n"
    "  WAITS FOR  data, ready (poll and its kind), disk, timer, name (DNS), child,\n"
    "             lock, condition (what other threads do), nothing\n"
    "  ENDS EARLY how a call that waits can be ended without losing data: at once\n"
    "             (one restartable system call), signal (any handler ends it), resend\n"
    "             (libc code around the call), no\n";

static const char *const moves[] = {
    [MOVE_YES] = "yes", [MOVE_CARE] = "care", [MOVE_NEVER] = "never"};
static const char *const waits[] = {
    [BLOCKS_DATA] = "data",   [BLOCKS_READY] = "ready",   [BLOCKS_DISK] = "disk",
    [BLOCKS_TIMER] = "timer", [BLOCKS_NAME] = "name",     [BLOCKS_CHILD] = "child",
    [BLOCKS_LOCK] = "lock",   [BLOCKS_NEVER] = "nothing", [BLOCKS_CONDITION] = "condition",
};
static const char *const ends[] = {
    [ABORT_RANGE] = "at once",
    [ABORT_ALWAYS_EINTR] = "signal",
    [ABORT_RESEND] = "resend",
    [ABORT_NONE] = "no",
};
static const char *const failures[] = {
    [FAIL_MINUS_ONE] = "-1 and errno",      [FAIL_NONZERO_ERROR] = "an error number",
    [FAIL_NONZERO_EAI] = "an EAI_ number",  [FAIL_REMAINING] = "what is left of the wait",
    [FAIL_NULL_POINTER] = "NULL and errno", [FAIL_NOTHING] = "cannot fail",
    [FAIL_NONZERO_THRD] = "a thrd_ number",
};

static const struct passed {
    const char *name;
    const char *why;
} passed[] = {
#define PASSED(name, why) {#name, why},
#include "calls/passed.def"
#undef PASSED
};
enum { PASSED_COUNT = sizeof passed / sizeof *passed };

static const char *aliases(struct arena *arena, unsigned id)
{
    const char *list = "";
    for (unsigned i = 0; i < call_alias_count; i++)
        if (call_aliases[i].id == id)
            list = arena_print(arena, "%s%s%s", list, *list ? ", " : "", call_aliases[i].twin);
    return list;
}

/* ---- the three forms ---- */

static void text_head(void)
{
    printf("%-25s %-8s %-6s %-10s %-11s %s\n", "CALL", "FAMILY", "MOVE", "WAITS FOR", "ENDS EARLY",
           "OTHER NAMES");
}

static void text_row(struct arena *arena, unsigned id)
{
    const struct call_info *call = &call_infos[id];
    const char *others = aliases(arena, id);
    printf("%-25s %-8s %-6s %-10s %s%*s%s\n", call->name, call_family_name(call->family),
           moves[call->move], waits[call->blocks], ends[call->abort],
           *others ? 12 - (int)strlen(ends[call->abort]) : 0, "", others);
}

static void markdown_head(void)
{
    puts("# Intercepted calls\n\n"
         "Made by `shunt calls --markdown` from common/calls.def; a test keeps it current. What "
         "the\n"
         "columns mean: `shunt calls --help`.\n\n"
         "| call | family | move | waits for | ends early | failure | other names |\n"
         "|---|---|---|---|---|---|---|");
}

static void markdown_row(struct arena *arena, unsigned id)
{
    const struct call_info *call = &call_infos[id];
    printf("| `%s` | %s | %s | %s | %s | %s | %s |\n", call->name, call_family_name(call->family),
           moves[call->move], waits[call->blocks], ends[call->abort], failures[call->fail],
           aliases(arena, id));
}

static void text_passed(const struct passed *call)
{
    printf("%-25s passed through: %s\n", call->name, call->why);
}

static void markdown_passed_head(void)
{
    puts("\n## Passed through\n\n"
         "Not measured, and why.\n\n"
         "| call | why |\n"
         "|---|---|");
}

static void markdown_passed(const struct passed *call)
{
    printf("| `%s` | %s |\n", call->name, call->why);
}

static json_t *json_passed(const struct passed *call)
{
    return json_pack("{s:s, s:s}", "call", call->name, "why", call->why);
}

static json_t *json_row(unsigned id)
{
    const struct call_info *call = &call_infos[id];
    json_t *others = json_array();
    for (unsigned i = 0; i < call_alias_count; i++)
        if (call_aliases[i].id == id)
            json_array_append_new(others, json_string(call_aliases[i].twin));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "call", call->name, "family",
                     call_family_name(call->family), "move", moves[call->move], "waits_for",
                     waits[call->blocks], "ends_early", ends[call->abort], "failure",
                     failures[call->fail], "other_names", others);
}

/* ---- which rows ---- */

static bool is_named(unsigned id, const char *name)
{
    if (strcmp(call_infos[id].name, name) == 0)
        return true;
    for (unsigned i = 0; i < call_alias_count; i++)
        if (call_aliases[i].id == id && strcmp(call_aliases[i].twin, name) == 0)
            return true;
    return false;
}

static bool wanted(unsigned id, char *const *names)
{
    if (!*names)
        return true;
    for (; *names; names++)
        if (is_named(id, *names))
            return true;
    return false;
}

static bool wanted_passed(unsigned index, char *const *names)
{
    for (; *names; names++)
        if (strcmp(passed[index].name, *names) == 0)
            return true;
    return false;
}

static bool is_known(const char *name)
{
    char *const names[] = {(char *)name, NULL};
    for (unsigned id = 0; id < CALL_COUNT; id++)
        if (is_named(id, name))
            return true;
    for (unsigned i = 0; i < PASSED_COUNT; i++)
        if (wanted_passed(i, names))
            return true;
    return false;
}

static int check_names(char *const *names)
{
    for (; *names; names++)
        if (!is_known(*names)) {
            struct nearest near = {.word = *names};
            for (unsigned id = 0; id < CALL_COUNT; id++)
                nearest_offer(&near, call_infos[id].name);
            if (near.best)
                fprintf(stderr, "shunt calls: %s is not intercepted; did you mean \"%s\"?\n",
                        *names, near.best);
            else
                fprintf(stderr,
                        "shunt calls: %s is not intercepted; \"shunt calls\" lists what is\n",
                        *names);
            return -1;
        }
    return 0;
}

/* ---- printing ---- */

enum form { FORM_TEXT, FORM_JSON = 256, FORM_MARKDOWN, ONLY_PASSED };

/* What is shown of both lists. */
struct shown {
    bool call[CALL_COUNT];
    bool passed[PASSED_COUNT];
    unsigned calls;
};

/* Without names, text is one list or the other; JSON and the page have both. */
static void choose(struct shown *shown, int form, bool only_passed, char *const *names)
{
    for (unsigned id = 0; id < CALL_COUNT; id++) {
        shown->call[id] = !only_passed && wanted(id, names);
        shown->calls += shown->call[id];
    }
    for (unsigned i = 0; i < PASSED_COUNT; i++)
        shown->passed[i] = *names ? wanted_passed(i, names) : only_passed || form != FORM_TEXT;
}

static void print_json(const struct shown *shown)
{
    json_t *calls = json_array();
    json_t *others = json_array();
    for (unsigned id = 0; id < CALL_COUNT; id++)
        if (shown->call[id])
            json_array_append_new(calls, json_row(id));
    for (unsigned i = 0; i < PASSED_COUNT; i++)
        if (shown->passed[i])
            json_array_append_new(others, json_passed(&passed[i]));
    json_t *root =
        json_pack("{s:s, s:o, s:o}", "schema", "shunt.calls/1", "calls", calls, "passed", others);
    json_print(root, stdout);
}

static void print_markdown(struct arena *arena, const struct shown *shown)
{
    markdown_head();
    for (unsigned id = 0; id < CALL_COUNT; id++)
        if (shown->call[id])
            markdown_row(arena, id);
    markdown_passed_head();
    for (unsigned i = 0; i < PASSED_COUNT; i++)
        if (shown->passed[i])
            markdown_passed(&passed[i]);
}

static void print_text(struct arena *arena, const struct shown *shown)
{
    if (shown->calls)
        text_head();
    for (unsigned id = 0; id < CALL_COUNT; id++)
        if (shown->call[id])
            text_row(arena, id);
    for (unsigned i = 0; i < PASSED_COUNT; i++)
        if (shown->passed[i])
            text_passed(&passed[i]);
}

static void print(struct arena *arena, int form, const struct shown *shown)
{
    if (form == FORM_JSON)
        print_json(shown);
    else if (form == FORM_MARKDOWN)
        print_markdown(arena, shown);
    else
        print_text(arena, shown);
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, FORM_JSON},
                                            {"markdown", no_argument, NULL, FORM_MARKDOWN},
                                            {"passed", no_argument, NULL, ONLY_PASSED},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int form = FORM_TEXT;
    bool only_passed = false;
    optind = 0;
    for (int option; (option = arguments_next("calls", argc, argv, "h", options)) != -1;) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_FINE;
        }
        if (option == '?')
            return EXIT_USAGE;
        if (option == ONLY_PASSED)
            only_passed = true;
        else
            form = option;
    }
    if (check_names(argv + optind) < 0)
        return EXIT_FAILED;
    struct arena arena = {0};
    struct shown shown = {.calls = 0};
    choose(&shown, form, only_passed, argv + optind);
    print(&arena, form, &shown);
    arena_release(&arena);
    return EXIT_FINE;
}

const struct command command_calls = {
    .name = "calls", .summary = "the calls that are intercepted", .help = help, .run = run};
