/* SPDX-License-Identifier: MIT
 *
 * `shunt site`: everything about one site, over all processes of a run.
 */
#include "command.h"
#include "reading.h"

static const char help[] =
    "usage: shunt site [OPTIONS] ID [DIR | FILE]...\n"
    "\n"
    "Shows all that is known about one site, over all processes of a run: its lines\n"
    "and callers, latencies, what it waited for, on which threads, its longest calls,\n"
    "and what to do about it. ID may be shortened as long as only one site begins so.\n"
    "Without DIR or FILE: the newest directory shunt.out* here.\n"
    "\n"
    "  --json             everything, as docs/schema/shunt.site-detail-1.schema.json says\n"
    "  --pid N            in process N only\n" READING_GOAL_HELP READING_HELP "\n"
    "examples:\n"
    "  shunt report                lists the sites with their ids\n"
    "  shunt site 91c4             all about one\n"
    "  shunt site 91c4 before/ && shunt site 91c4 after/\n"
    "  shunt site --json 91c4 | jq .places\n";

enum { OPTION_JSON = READING_END };

static const struct option options[] = {
    {"json", no_argument, NULL, OPTION_JSON}, READING_GOAL_OPTION, READING_OPTIONS, {0}};

/* 1: help was wanted. */
static int parse(struct reading *reading, render_fn **renderer, int argc, char **argv)
{
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return 1;
        if (option == OPTION_JSON)
            *renderer = render_site_json;
        else if (reading_option(reading, option, optarg) < 0)
            return -1;
    }
    if (optind == argc)
        return reading_usage(reading, "name a site by its id, as \"shunt report\" lists them",
                             NULL);
    reading->report.site = reading->render.site = argv[optind++];
    reading->report.all = !reading->report.pid;
    return 0;
}

static int run(int argc, char **argv)
{
    struct reading reading;
    reading_begin(&reading, "site");
    int status = EXIT_USAGE;
    render_fn *renderer = render_site;
    int parsed = parse(&reading, &renderer, argc, argv);
    if (parsed == 0)
        status = reading_show(&reading, renderer, argv + optind, argc - optind);
    if (parsed > 0) {
        fputs(help, stdout);
        status = EXIT_FINE;
    }
    reading_end(&reading);
    return status;
}

const struct command command_site = {
    .name = "site", .summary = "all about one site", .help = help, .run = run};
