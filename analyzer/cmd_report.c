/* SPDX-License-Identifier: MIT
 *
 * `shunt report`: which call sites block whom, from the traces of `shunt run`.
 */
#include "command.h"
#include "inputs.h"
#include "render.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOP_DEFAULT  8
#define CALLERS_MOST 200

static const char help[] =
    "usage: shunt report [OPTIONS] [DIR | FILE]...\n"
    "\n"
    "Shows what blocked, where, and what to do about it, from the traces that\n"
    "\"shunt run\" wrote. Without DIR or FILE: the newest directory shunt.out* here.\n"
    "\n"
    "  --json             everything, as docs/schema/shunt.report-1.schema.json says\n"
    "  --site ID          all about one site; ID may be shortened\n"
    "  --top N            list N sites (8)\n"
    "  --pid N            the page of process N instead of the busiest\n"
    "  --all              a page for every process\n"
    "  --by GROUPING      sums by site, library, module, target or thread\n"
    "  --wrappers A,B     functions that only pass calls on (as xread): their callers\n"
    "                     are the owners. Globs (x*), one library's (libfoo.so*:foo_*)\n"
    "                     or a whole library (libfoo.so*:*)\n"
    "  --wrappers-file F  the same from a file, one a line, # begins a comment\n"
    "  --color WHEN       auto (default), always or never; NO_COLOR means never\n"
    "  --help             this text\n"
    "\n"
    "examples:\n"
    "  shunt run -- ./server       record\n"
    "  shunt report                read what was recorded last\n"
    "  shunt report --site 91c4    one site in full\n"
    "  shunt report --by library   which dependency it is that blocks\n"
    "  shunt report --json old/ | jq '.processes[0].sites[:5]'\n";

struct arguments {
    struct report_options report;
    struct render_options render;
    render_fn *renderer;
    struct wrappers wrappers;
    struct arena *arena;
    const char *kept; /* options that decide what the sites are; NULL none */
    const char *color;
};

static int usage(const char *what, const char *value)
{
    fprintf(stderr, "shunt report: %s%s%s; see \"shunt report --help\"\n", what, value ? ": " : "",
            value ? value : "");
    return -1;
}

static int parse_number(const char *text, int *number)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || *end || end == text || value < 1 || value > 1000000000)
        return -1;
    *number = (int)value;
    return 0;
}

static int failed(const struct error *error)
{
    fprintf(stderr, "shunt report: %s\n", error->text);
    return EXIT_FAILED;
}

/* An option that every command about the same sites needs. */
static void keep(struct arguments *arguments, const char *option, const char *value)
{
    const char *quote = strpbrk(value, " *?[$") ? "'" : "";
    arguments->kept =
        arena_print(arguments->arena, "%s%s%s %s%s%s", arguments->kept ? arguments->kept : "",
                    arguments->kept ? " " : "", option, quote, value, quote);
}

/* A wrong list is a wrong command line, wherever it is written. */
static int parse_wrappers(struct arguments *arguments, const char *text, bool is_file)
{
    struct error error = {""};
    int result = is_file ? wrappers_add_file(arguments->arena, &arguments->wrappers, text, &error)
                         : wrappers_add_list(arguments->arena, &arguments->wrappers, text, &error);
    if (result < 0)
        failed(&error);
    else
        keep(arguments, is_file ? "--wrappers-file" : "--wrappers", text);
    return result;
}

static int parse_grouping(struct arguments *arguments, const char *name)
{
    for (int kind = 0; kind < GROUP_KINDS; kind++)
        if (strcmp(name, report_grouping_name((enum report_grouping)kind)) == 0) {
            arguments->render.by = (enum report_grouping)kind;
            if (arguments->renderer == render_text)
                arguments->renderer = render_group;
            return 0;
        }
    return usage("--by takes site, library, module, target or thread, not", name);
}

static int choose_color(struct arguments *arguments)
{
    const char *when = arguments->color;
    const char *no_color = getenv("NO_COLOR");
    if (strcmp(when, "always") == 0)
        arguments->render.color = true;
    else if (strcmp(when, "auto") == 0)
        arguments->render.color =
            isatty(STDOUT_FILENO) && !(no_color && *no_color) && getenv("TERM");
    else if (strcmp(when, "never") != 0)
        return usage("--color takes auto, always or never, not", when);
    return 0;
}

enum option_id {
    OPTION_JSON = 256,
    OPTION_SITE,
    OPTION_TOP,
    OPTION_PID,
    OPTION_ALL,
    OPTION_BY,
    OPTION_WRAPPERS,
    OPTION_WRAPPERS_FILE,
    OPTION_COLOR
};

static const struct option options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"site", required_argument, NULL, OPTION_SITE},
    {"top", required_argument, NULL, OPTION_TOP},
    {"pid", required_argument, NULL, OPTION_PID},
    {"all", no_argument, NULL, OPTION_ALL},
    {"by", required_argument, NULL, OPTION_BY},
    {"wrappers", required_argument, NULL, OPTION_WRAPPERS},
    {"wrappers-file", required_argument, NULL, OPTION_WRAPPERS_FILE},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* 1: help was wanted. */
static int parse_option(struct arguments *arguments, int option)
{
    int number = 0;
    switch (option) {
    case OPTION_JSON:
        arguments->renderer = render_json;
        arguments->report.all = arguments->report.pid == 0;
        return 0;
    case OPTION_SITE:
        arguments->renderer = render_site;
        arguments->render.site = optarg;
        return 0;
    case OPTION_TOP:
        if (parse_number(optarg, &number) < 0)
            return usage("--top takes a number from 1, not", optarg);
        arguments->render.top = (unsigned)number;
        return 0;
    case OPTION_PID:
        if (parse_number(optarg, &number) < 0)
            return usage("--pid takes the number of a process, not", optarg);
        arguments->report.pid = arguments->render.pid = number;
        return 0;
    case OPTION_ALL:
        arguments->render.all = true;
        return 0;
    case OPTION_BY:
        return parse_grouping(arguments, optarg);
    case OPTION_WRAPPERS:
    case OPTION_WRAPPERS_FILE:
        return parse_wrappers(arguments, optarg, option == OPTION_WRAPPERS_FILE);
    case OPTION_COLOR:
        arguments->color = optarg;
        return 0;
    case 'h':
        return 1;
    default: /* getopt has said what is wrong */
        return usage("stopped", NULL);
    }
}

static int parse(struct arguments *arguments, int argc, char **argv)
{
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        int result = parse_option(arguments, option);
        if (result != 0)
            return result;
    }
    /* one process in full, or all: a site may be in any of them */
    bool one = arguments->report.pid != 0;
    bool page = arguments->renderer == render_text || arguments->renderer == render_group;
    arguments->report.all = !one && (arguments->render.all || !page);
    return choose_color(arguments);
}

/* What was given, for the commands the page proposes. */
static const char *repeat(struct arguments *arguments, char *const *paths, int count)
{
    const char *text = arguments->kept ? arguments->kept : "";
    for (int i = 0; i < count; i++)
        text = arena_print(arguments->arena, "%s%s%s", text, *text ? " " : "", paths[i]);
    return text;
}

static int show(struct arguments *arguments, const char *const *paths, unsigned count)
{
    struct error error = {""};
    struct report report;
    if (report_build(&report, paths, count, &arguments->report, &error) < 0)
        return failed(&error);
    int result = arguments->renderer(&report, &arguments->render, stdout, &error);
    report_free(&report);
    if (result < 0)
        return failed(&error);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        error_set(&error, "standard output cannot be written: %s", strerror(errno));
        return failed(&error);
    }
    return EXIT_FINE;
}

static int read_and_show(struct arguments *arguments, const char *const *paths, unsigned count)
{
    struct error error = {""};
    if (count)
        return show(arguments, paths, count);
    const char *newest = inputs_newest(arguments->arena, &error);
    return newest ? show(arguments, &newest, 1) : failed(&error);
}

static int run(int argc, char **argv)
{
    struct arena arena = {0};
    struct arguments arguments = {.renderer = render_text, .arena = &arena, .color = "auto"};
    arguments.render.top = TOP_DEFAULT;
    arguments.report.wrappers = &arguments.wrappers;
    arguments.report.callers = CALLERS_MOST;
    int status = EXIT_USAGE;
    int parsed = parse(&arguments, argc, argv);
    if (parsed == 0) {
        unsetenv("DEBUGINFOD_URLS"); /* symbols come from this machine: a report asks no server */
        arguments.render.again = repeat(&arguments, argv + optind, argc - optind);
        status = read_and_show(&arguments, (const char *const *)argv + optind,
                               (unsigned)(argc - optind));
    } else if (parsed > 0) {
        fputs(help, stdout);
        status = EXIT_FINE;
    }
    arena_release(&arena);
    return status;
}

const struct command command_report = {
    .name = "report", .summary = "what blocked, where, and what to do", .help = help, .run = run};
