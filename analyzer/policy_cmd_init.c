/* SPDX-License-Identifier: MIT
 *
 * `shunt policy init`: a first policy from a recording.
 */
#include "arguments.h"
#include "policy_command.h"
#include "policy_init.h"
#include "reading.h"

#include <limits.h>

#define RULES_DEFAULT 30

static const char help[] =
    "usage: shunt policy init [OPTIONS] [DIR | FILE]... > plan.yaml\n"
    "\n"
    "Writes a first policy from the traces of \"shunt run\": a rule for each site that\n"
    "is not fine, with the report's evidence in comments. Every rule stands at 0%: a\n"
    "first run with the policy changes nothing, and the file says so. A rule by site\n"
    "carries call, module and function, so that it outlives a rebuild.\n"
    "Without DIR or FILE: the newest directory shunt.out* here.\n"
    "\n"
    "  --top N            write N rules at most (30)\n" READING_GOAL_HELP
    "  --pid N            from process N only\n" READING_HELP "\n"
    "examples:\n"
    "  shunt policy init > plan.yaml && shunt policy check plan.yaml\n"
    "  shunt policy init --goal threads before/ > threads.yaml\n";

enum option_id { OPTION_TOP = READING_END };

static const struct option options[] = {
    {"top", required_argument, NULL, OPTION_TOP}, READING_GOAL_OPTION, READING_OPTIONS, {0}};

/* 1: help was wanted. */
static int parse(struct reading *reading, int argc, char **argv)
{
    optind = 0;
    reading->render.top = RULES_DEFAULT;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        int number = 0;
        if (option == 'h')
            return 1;
        if (option != OPTION_TOP) {
            if (reading_option(reading, option, optarg) < 0)
                return -1;
            continue;
        }
        if (arguments_number(optarg, 1, INT_MAX, &number) < 0)
            return reading_usage(reading, "--top takes a number from 1, not", optarg);
        reading->render.top = (unsigned)number;
    }
    reading->report.all = !reading->report.pid;
    return 0;
}

static int run(int argc, char **argv)
{
    struct reading reading;
    reading_begin(&reading, "policy init");
    int status = EXIT_USAGE, parsed = parse(&reading, argc, argv);
    if (parsed == 0)
        status = reading_show(&reading, policy_init_render, argv + optind, argc - optind);
    if (parsed > 0) {
        fputs(help, stdout);
        status = EXIT_FINE;
    }
    reading_end(&reading);
    return status;
}

const struct command policy_command_init = {.name = "init", .help = help, .run = run};
