/* SPDX-License-Identifier: MIT
 *
 * `shunt calls`: the table of intercepted calls, as a list, as JSON, or as the page docs/calls.md.
 */
#include "arena.h"
#include "calls.h"
#include "command.h"

#include <errno.h>
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
    "\n"
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

static const char *const families[] = {
    [FAMILY_file] = "file",     [FAMILY_stdio] = "stdio",   [FAMILY_ipc] = "ipc",
    [FAMILY_signal] = "signal", [FAMILY_socket] = "socket", [FAMILY_select] = "select",
    [FAMILY_time] = "time",     [FAMILY_dns] = "dns",       [FAMILY_process] = "process",
    [FAMILY_sync] = "sync",
};
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
    printf("%-18s %-8s %-6s %-10s %-11s %s\n", "CALL", "FAMILY", "MOVE", "WAITS FOR", "ENDS EARLY",
           "OTHER NAMES");
}

static void text_row(struct arena *arena, unsigned id)
{
    const struct call_info *call = &call_infos[id];
    const char *others = aliases(arena, id);
    printf("%-18s %-8s %-6s %-10s %s%*s%s\n", call->name, families[call->family], moves[call->move],
           waits[call->blocks], ends[call->abort],
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
    printf("| `%s` | %s | %s | %s | %s | %s | %s |\n", call->name, families[call->family],
           moves[call->move], waits[call->blocks], ends[call->abort], failures[call->fail],
           aliases(arena, id));
}

static json_t *json_row(unsigned id)
{
    const struct call_info *call = &call_infos[id];
    json_t *others = json_array();
    for (unsigned i = 0; i < call_alias_count; i++)
        if (call_aliases[i].id == id)
            json_array_append_new(others, json_string(call_aliases[i].twin));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "call", call->name, "family",
                     families[call->family], "move", moves[call->move], "waits_for",
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

static int check_names(char *const *names)
{
    for (; *names; names++) {
        unsigned id = 0;
        while (id < CALL_COUNT && !is_named(id, *names))
            id++;
        if (id == CALL_COUNT) {
            fprintf(stderr, "shunt calls: %s is not intercepted; \"shunt calls\" lists what is\n",
                    *names);
            return -1;
        }
    }
    return 0;
}

enum form { FORM_TEXT, FORM_JSON = 256, FORM_MARKDOWN };

static void print(struct arena *arena, int form, char *const *names)
{
    json_t *rows = json_array();
    if (form == FORM_TEXT)
        text_head();
    else if (form == FORM_MARKDOWN)
        markdown_head();
    for (unsigned id = 0; id < CALL_COUNT; id++) {
        if (!wanted(id, names))
            continue;
        if (form == FORM_TEXT)
            text_row(arena, id);
        else if (form == FORM_MARKDOWN)
            markdown_row(arena, id);
        else
            json_array_append_new(rows, json_row(id));
    }
    if (form == FORM_JSON) {
        json_t *root = json_pack("{s:s, s:O}", "schema", "shunt.calls/1", "calls", rows);
        json_dumpf(root, stdout, JSON_INDENT(1));
        putchar('\n');
        json_decref(root);
    }
    json_decref(rows);
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, FORM_JSON},
                                            {"markdown", no_argument, NULL, FORM_MARKDOWN},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int form = FORM_TEXT;
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_FINE;
        }
        if (option == '?') {
            fputs("shunt calls: see \"shunt calls --help\"\n", stderr);
            return EXIT_USAGE;
        }
        form = option;
    }
    if (check_names(argv + optind) < 0)
        return EXIT_FAILED;
    struct arena arena = {0};
    print(&arena, form, argv + optind);
    arena_release(&arena);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "shunt calls: standard output cannot be written: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return EXIT_FINE;
}

const struct command command_calls = {
    .name = "calls", .summary = "the calls that are intercepted", .help = help, .run = run};
