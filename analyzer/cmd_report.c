/* SPDX-License-Identifier: MIT
 *
 * `shunt report`: which call sites block whom, from the traces of `shunt run`.
 */
#include "command.h"
#include "reading.h"

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

enum option_id { OPTION_BY = READING_END, OPTION_SITE, OPTION_TOP, OPTION_ALL, OPTION_AUDIT };

static const struct option options[] = {
    {"json", no_argument, NULL, READING_JSON},
    {"by", required_argument, NULL, OPTION_BY},
    READING_GOAL_OPTION,
    {"site", required_argument, NULL, OPTION_SITE},
    {"top", required_argument, NULL, OPTION_TOP},
    {"all", no_argument, NULL, OPTION_ALL},
    {"audit", no_argument, NULL, OPTION_AUDIT},
    READING_OPTIONS,
    {0},
};

static int take(void *own, int option, char *value)
{
    struct arguments *arguments = own;
    struct reading *reading = &arguments->reading;
    switch (option) {
    case OPTION_BY:
        return parse_grouping(arguments, value);
    case OPTION_SITE:
        arguments->renderer = render_site;
        reading->report.site = reading->render.site = value;
        return 0;
    case OPTION_TOP:
        return reading_number(reading, "--top", value, &reading->render.top);
    case OPTION_ALL:
        reading->render.all = true;
        return 0;
    default: /* OPTION_AUDIT */
        arguments->renderer = render_audit;
        return 0;
    }
}

static int show(void *own, char **words, int count)
{
    struct arguments *arguments = own;
    struct reading *reading = &arguments->reading;
    if (reading->json && arguments->renderer != render_audit)
        arguments->renderer = reading->report.site ? render_site_json : render_json;
    /* one process in full, or all: a site may be in any of them */
    bool page = arguments->renderer == render_text || arguments->renderer == render_group ||
                arguments->renderer == render_spawns || arguments->renderer == render_requests;
    reading->report.all = !reading->report.pid && (reading->render.all || !page);
    return reading_show(reading, arguments->renderer, words, count);
}

static const struct reading_command command = {
    .name = "report", .help = help, .options = options, .take = take, .run = show};

static int run(int argc, char **argv)
{
    struct arguments arguments = {.renderer = render_text};
    return reading_main(&command, &arguments.reading, &arguments, argc, argv);
}

const struct command command_report = {
    .name = "report", .summary = "what blocked, where, and what to do", .help = help, .run = run};
