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
    "  --json             everything, as docs/schema/shunt.site-detail-1.schema.json\n"
    "                     says\n"
    "  --pid N            in process N only\n" READING_GOAL_HELP READING_HELP "\n"
    "examples:\n"
    "  shunt report                lists the sites with their ids\n"
    "  shunt site 91c4             all about one\n"
    "  shunt site 91c4 before/ && shunt site 91c4 after/\n"
    "  shunt site --json 91c4 | jq .places\n";

static const struct option options[] = {
    {"json", no_argument, NULL, READING_JSON}, READING_GOAL_OPTION, READING_OPTIONS, {0}};

static int check(void *own, int words)
{
    return words
               ? 0
               : reading_usage(own, "name a site by its id, as \"shunt report\" lists them", NULL);
}

static int show(void *own, char **words, int count)
{
    struct reading *reading = own;
    reading->report.site = reading->render.site = words[0];
    reading->report.all = !reading->report.pid;
    return reading_show(reading, reading->json ? render_site_json : render_site, words + 1,
                        count - 1);
}

static const struct reading_command command = {
    .name = "site", .help = help, .options = options, .check = check, .run = show};

static int run(int argc, char **argv)
{
    struct reading reading;
    return reading_main(&command, &reading, &reading, argc, argv);
}

const struct command command_site = {
    .name = "site", .summary = "all about one site", .help = help, .run = run};
