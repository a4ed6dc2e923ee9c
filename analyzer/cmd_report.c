/* SPDX-License-Identifier: MIT
 *
 * `shunt report`: which call sites block whom, from the traces of `shunt run`.
 */
#include "arguments.h"
#include "command.h"
#include "inputs.h"
#include "render.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define TOP_DEFAULT   8
#define CALLERS_MOST  200
#define WRAPPERS_MOST 256

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
    "  --wrappers A,B     functions that only pass calls on (as xread): their callers\n"
    "                     are the owners\n"
    "  --color WHEN       auto (default), always or never; NO_COLOR means never\n"
    "  --help             this text\n"
    "\n"
    "examples:\n"
    "  shunt run -- ./server       record\n"
    "  shunt report                read what was recorded last\n"
    "  shunt report --site 91c4    one site in full\n"
    "  shunt report --json old/ | jq '.processes[0].sites[:5]'\n";

struct arguments {
    struct report_options report;
    struct render_options render;
    render_fn *renderer;
    const char *wrappers[WRAPPERS_MOST];
    const char *color;
};

static int usage(const char *what, const char *value)
{
    fprintf(stderr, "shunt report: %s%s%s; see \"shunt report --help\"\n", what, value ? ": " : "",
            value ? value : "");
    return -1;
}

static int parse_wrappers(struct arguments *arguments, char *list)
{
    unsigned had = arguments->report.wrapper_count;
    int count = arguments_words(list, arguments->wrappers + had, WRAPPERS_MOST - had);
    if (count < 0)
        return usage("too many --wrappers", NULL);
    arguments->report.wrapper_count = had + (unsigned)count;
    return 0;
}

enum option_id {
    OPTION_JSON = 256,
    OPTION_SITE,
    OPTION_TOP,
    OPTION_PID,
    OPTION_ALL,
    OPTION_WRAPPERS,
    OPTION_COLOR
};

static const struct option options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"site", required_argument, NULL, OPTION_SITE},
    {"top", required_argument, NULL, OPTION_TOP},
    {"pid", required_argument, NULL, OPTION_PID},
    {"all", no_argument, NULL, OPTION_ALL},
    {"wrappers", required_argument, NULL, OPTION_WRAPPERS},
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
        if (arguments_number(optarg, 1, 1000000000, &number) < 0)
            return usage("--top takes a number from 1, not", optarg);
        arguments->render.top = (unsigned)number;
        return 0;
    case OPTION_PID:
        if (arguments_number(optarg, 1, 1000000000, &number) < 0)
            return usage("--pid takes the number of a process, not", optarg);
        arguments->report.pid = arguments->render.pid = number;
        return 0;
    case OPTION_ALL:
        arguments->render.all = true;
        return 0;
    case OPTION_WRAPPERS:
        return parse_wrappers(arguments, optarg);
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
    arguments->report.all = !one && (arguments->render.all || arguments->renderer != render_text);
    if (arguments_color(arguments->color, &arguments->render.color) < 0)
        return usage("--color takes auto, always or never, not", arguments->color);
    return 0;
}

/* What was given, for the commands the page proposes. */
static const char *repeat(struct arena *arena, char *const *paths, int count)
{
    const char *text = "";
    for (int i = 0; i < count; i++)
        text = arena_print(arena, "%s%s%s", text, i ? " " : "", paths[i]);
    return text;
}

static int failed(const struct error *error)
{
    fprintf(stderr, "shunt report: %s\n", error->text);
    return EXIT_FAILED;
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

static int run(int argc, char **argv)
{
    struct arguments arguments = {.renderer = render_text, .color = "auto"};
    arguments.render.top = TOP_DEFAULT;
    arguments.report.wrappers = arguments.wrappers;
    arguments.report.callers = CALLERS_MOST;
    int parsed = parse(&arguments, argc, argv);
    if (parsed < 0)
        return EXIT_USAGE;
    if (parsed > 0) {
        fputs(help, stdout);
        return EXIT_FINE;
    }
    unsetenv("DEBUGINFOD_URLS"); /* symbols come from this machine: a report asks no server */
    struct arena arena = {0};
    struct error error = {""};
    arguments.render.again = repeat(&arena, argv + optind, argc - optind);
    const char *newest = NULL;
    int status = EXIT_FAILED;
    if (optind < argc)
        status = show(&arguments, (const char *const *)argv + optind, (unsigned)(argc - optind));
    else if ((newest = inputs_newest(&arena, &error)))
        status = show(&arguments, &newest, 1);
    else
        failed(&error);
    arena_release(&arena);
    return status;
}

const struct command command_report = {
    .name = "report", .summary = "what blocked, where, and what to do", .help = help, .run = run};
