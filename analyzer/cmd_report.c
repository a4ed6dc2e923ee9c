/* SPDX-License-Identifier: MIT
 *
 * `shunt report`: which call sites block whom, from the traces of `shunt run`.
 */
#include "arguments.h"
#include "command.h"
#include "reading.h"

#include <limits.h>
#include <string.h>

static const char help[] =
    "usage: shunt report [OPTIONS] [DIR | FILE]...\n"
    "\n"
    "Shows what blocked, where, and what to do about it, from the traces that\n"
    "\"shunt run\" wrote. Without DIR or FILE: the newest directory shunt.out* here.\n"
    "\n"
    "  --json             everything, as docs/schema/shunt.report-1.schema.json says\n"
    "  --by GROUPING      sums by site, library, module, target, thread, spawn (where\n"
    "                     threads are started) or request (of WSGI servers)\n" READING_GOAL_HELP
    "  --site ID          all about one site, as \"shunt site ID\"\n"
    "  --top N            list N sites (8)\n"
    "  --pid N            the page of process N instead of the busiest\n"
    "  --all              a page for every process\n"
    "  --audit            what \"shunt run --audit\" found outside the recorded "
    "calls\n" READING_HELP "\n"
    "examples:\n"
    "  shunt run -- ./server       record\n"
    "  shunt report                read what was recorded last\n"
    "  shunt site 91c4             one site in full\n"
    "  shunt report --by library   which dependency it is that blocks\n"
    "  shunt report --json old/ | jq '.processes[0].sites[:5]'\n";

struct arguments {
    struct reading reading;
    render_fn *renderer;
};

static int parse_grouping(struct arguments *arguments, const char *name)
{
    static const struct {
        const char *name;
        render_fn *renderer;
    } others[] = {{"spawn", render_spawns}, {"request", render_requests}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(name, others[i].name) == 0) {
            if (arguments->renderer == render_text)
                arguments->renderer = others[i].renderer;
            return 0;
        }
    for (int kind = 0; kind < GROUP_KINDS; kind++)
        if (strcmp(name, report_grouping_name((enum report_grouping)kind)) == 0) {
            arguments->reading.render.by = (enum report_grouping)kind;
            if (arguments->renderer == render_text)
                arguments->renderer = render_group;
            return 0;
        }
    return reading_usage(&arguments->reading,
                         "--by takes site, library, module, target, thread, spawn or request, not",
                         name);
}

enum option_id {
    OPTION_JSON = READING_END,
    OPTION_BY,
    OPTION_SITE,
    OPTION_TOP,
    OPTION_ALL,
    OPTION_AUDIT
};

static const struct option options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"by", required_argument, NULL, OPTION_BY},
    READING_GOAL_OPTION,
    {"site", required_argument, NULL, OPTION_SITE},
    {"top", required_argument, NULL, OPTION_TOP},
    {"all", no_argument, NULL, OPTION_ALL},
    {"audit", no_argument, NULL, OPTION_AUDIT},
    READING_OPTIONS,
    {0},
};

/* 1: help was wanted. */
static int parse_option(struct arguments *arguments, int option)
{
    struct reading *reading = &arguments->reading;
    int number = 0;
    switch (option) {
    case OPTION_JSON:
        arguments->renderer = reading->report.site ? render_site_json : render_json;
        return 0;
    case OPTION_BY:
        return parse_grouping(arguments, optarg);
    case OPTION_SITE:
        arguments->renderer = arguments->renderer == render_json ? render_site_json : render_site;
        reading->report.site = reading->render.site = optarg;
        return 0;
    case OPTION_TOP:
        if (arguments_number(optarg, 1, INT_MAX, &number) < 0)
            return reading_usage(reading, "--top takes a number from 1, not", optarg);
        reading->render.top = (unsigned)number;
        return 0;
    case OPTION_ALL:
        reading->render.all = true;
        return 0;
    case OPTION_AUDIT:
        arguments->renderer = render_audit;
        return 0;
    case 'h':
        return 1;
    default:
        return reading_option(reading, option, optarg);
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
    struct reading *reading = &arguments->reading;
    bool page = arguments->renderer == render_text || arguments->renderer == render_group ||
                arguments->renderer == render_spawns || arguments->renderer == render_requests;
    reading->report.all = !reading->report.pid && (reading->render.all || !page);
    return 0;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {.renderer = render_text};
    reading_begin(&arguments.reading, "report");
    int status = EXIT_USAGE;
    int parsed = parse(&arguments, argc, argv);
    if (parsed == 0)
        status = reading_show(&arguments.reading, arguments.renderer, argv + optind, argc - optind);
    if (parsed > 0) {
        fputs(help, stdout);
        status = EXIT_FINE;
    }
    reading_end(&arguments.reading);
    return status;
}

const struct command command_report = {
    .name = "report", .summary = "what blocked, where, and what to do", .help = help, .run = run};
