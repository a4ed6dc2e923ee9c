/* SPDX-License-Identifier: MIT
 *
 * `shunt ps`: which processes on this machine carry the library.
 */
#include "arguments.h"
#include "carriers.h"
#include "command.h"
#include "format.h"
#include "json_values.h"
#include "page.h"

#include <getopt.h>
#include <jansson.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "usage: shunt ps [OPTIONS]\n"
    "\n"
    "Lists the processes on this machine that carry libshunt.so: since when, how many\n"
    "calls they have recorded and lost, where their trace is, and whether the library\n"
    "on disk still is the one they run. Yours only, unless you are root. They notice\n"
    "nothing.\n"
    "\n"
    "  --json        for programs (shunt.ps/1)\n"
    "  --help        this text\n"
    "\n"
    "what it says of a process\n"
    "  observing     calls are recorded\n"
    "  not ready     the library did not get to the end of its own start\n"
    "  unrecorded    it carries the library and writes no trace: SHUNT_DIR was not\n"
    "                set, or no trace could be made\n"
    "  off           observing was switched off\n"
    "  unreadable    its trace was deleted, or cannot be read by you\n"
    "\n"
    "examples:\n"
    "  shunt ps\n"
    "  shunt ps --json | jq '.processes[].trace'\n";

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ---- for people ---- */

static const char *doing(struct arena *a, const struct carrier *carrier)
{
    const char *mode = carriers_mode_name(carrier->mode);
    uint64_t now = now_ns();
    if (carrier->mode != CARRIER_OBSERVING)
        return mode;
    return arena_print(a, "%s for %s", mode,
                       format_duration(a, now > carrier->since_realtime_ns
                                              ? now - carrier->since_realtime_ns
                                              : 0));
}

static const char *counted(struct arena *a, const struct carrier *carrier)
{
    const char *text = "";
    if (carrier->mode == CARRIER_OBSERVING || carrier->mode == CARRIER_OFF)
        text = arena_print(a, "  %s, lost %s", format_plural(a, carrier->calls, "call", "calls"),
                           format_count(a, carrier->lost));
    if (carrier->writer && strcmp(carrier->writer, "shunt " SHUNT_VERSION) != 0)
        text = arena_print(a, "%s  (%s)", text, carrier->writer);
    return text;
}

static const char *filter_words(enum carrier_filter filter)
{
    static const char *const words[] = {
        [CARRIER_INHERITED] =
            "an inherited filter, which was there before it began: it is observed "
            "as ever",
        [CARRIER_OWN] = "a filter of its own: the library makes no system calls since, so that new "
                        "places find no more room at some point, and new threads are not seen",
        [CARRIER_UNNOTICED] = "a filter installed past the library, by a system call instruction "
                              "of its own",
        [CARRIER_WHOSE] =
            "a filter, its own or an inherited one: without its trace nobody can tell",
    };
    return words[filter];
}

static void show(struct page *page, const struct carrier *carrier)
{
    struct arena *a = page->arena;
    page_line(page, "%7d %-15s %s%s", carrier->pid, carrier->name, doing(a, carrier),
              counted(a, carrier));
    if (carrier->trace)
        page_wrap(page, PAGE_PLAIN, "        trace   ", 16,
                  carrier->why
                      ? arena_print(a, "%s: %s", carrier->trace, carrier->why)
                      : arena_print(a, "%s  %s", format_bytes(a, carrier->bytes), carrier->trace));
    else
        page_wrap(page, PAGE_PLAIN, "        trace   ", 16,
                  "none: SHUNT_DIR was not set, or no trace could be made");
    if (carrier->filter != CARRIER_NO_FILTER)
        page_wrap(page, PAGE_PLAIN, "        seccomp ", 16, filter_words(carrier->filter));
    if (carrier->library_state != CARRIER_SAME)
        page_wrap(page, PAGE_YELLOW, "        library ", 16,
                  arena_print(a,
                              "%s was %s since it was loaded: the process goes on with the old "
                              "one",
                              carrier->library, carriers_library_name(carrier->library_state)));
}

static void show_all(struct arena *arena, const struct carriers *carriers)
{
    struct page page = {.out = stdout, .arena = arena};
    for (unsigned i = 0; i < carriers->count; i++)
        show(&page, &carriers->items[i]);
    if (carriers->count == 0)
        page_line(&page, "no process%s carries libshunt.so; start one with: shunt run -- COMMAND",
                  carriers->hidden ? " of yours" : "");
    if (carriers->hidden)
        page_line(&page, "%s",
                  carriers->hidden == 1
                      ? "1 process was not looked at: it is not yours"
                      : arena_print(arena, "%u processes were not looked at: they are not yours",
                                    carriers->hidden));
}

/* ---- for programs ---- */

static json_t *number(bool known, uint64_t value)
{
    return known ? json_integer((json_int_t)value) : json_null();
}

static json_t *text(const char *value)
{
    return value ? json_string(value) : json_null();
}

static json_t *one(const struct carrier *carrier)
{
    json_t *object = json_object();
    bool read = carrier->writer != NULL;
    json_object_set_new(object, "pid", json_integer(carrier->pid));
    json_object_set_new(object, "name", json_string(carrier->name));
    json_object_set_new(object, "mode", json_string(carriers_mode_name(carrier->mode)));
    json_object_set_new(object, "why", text(carrier->why));
    json_object_set_new(object, "library", json_string(carrier->library));
    json_object_set_new(object, "library_on_disk",
                        json_string(carriers_library_name(carrier->library_state)));
    json_object_set_new(object, "writer", text(carrier->writer));
    json_object_set_new(object, "seccomp", json_boolean(carrier->seccomp));
    json_object_set_new(object, "seccomp_filter", text(carriers_filter_name(carrier->filter)));
    json_object_set_new(object, "trace", text(carrier->trace));
    json_object_set_new(object, "trace_bytes", number(carrier->trace != NULL, carrier->bytes));
    json_object_set_new(object, "since_realtime_ns", number(read, carrier->since_realtime_ns));
    json_object_set_new(object, "calls", number(read, carrier->calls));
    json_object_set_new(object, "lost", number(read, carrier->lost));
    return object;
}

static void print_json(const struct carriers *carriers)
{
    json_t *root = json_object(), *processes = json_array();
    for (unsigned i = 0; i < carriers->count; i++)
        json_array_append_new(processes, one(&carriers->items[i]));
    json_object_set_new(root, "schema", json_string("shunt.ps/1"));
    json_object_set_new(root, "shunt", json_string(SHUNT_VERSION));
    json_object_set_new(root, "not_looked_at", json_integer(carriers->hidden));
    json_object_set_new(root, "processes", processes);
    json_print(root, stdout);
}

static int run(int argc, char **argv)
{
    bool json = false;
    int parsed = arguments_few("ps", argc, argv, help, &json);
    if (parsed)
        return parsed < 0 ? EXIT_USAGE : EXIT_FINE;
    if (optind < argc) {
        fputs("shunt ps: takes no arguments; it lists all there are\n", stderr);
        return EXIT_USAGE;
    }
    struct arena arena = {0};
    struct carriers carriers = carriers_find(&arena);
    if (json)
        print_json(&carriers);
    else
        show_all(&arena, &carriers);
    arena_release(&arena);
    return EXIT_FINE;
}

const struct command command_ps = {
    .name = "ps", .summary = "which processes carry the library", .help = help, .run = run};
