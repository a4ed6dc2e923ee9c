/* SPDX-License-Identifier: MIT
 *
 * `shunt policy init`: a first policy from a recording.
 */
#include "policy_command.h"
#include "policy_init.h"
#include "reading.h"

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

static int take(void *own, int option, char *value)
{
    struct reading *reading = own;
    (void)option;
    return reading_number(reading, "--top", value, &reading->render.top);
}

static int show(void *own, char **words, int count)
{
    struct reading *reading = own;
    reading->report.all = !reading->report.pid;
    return reading_show(reading, policy_init_render, words, count);
}

static const struct reading_command command = {.name = "policy init",
                                               .help = help,
                                               .options = options,
                                               .top = RULES_DEFAULT,
                                               .take = take,
                                               .run = show};

static int run(int argc, char **argv)
{
    struct reading reading;
    return reading_main(&command, &reading, &reading, argc, argv);
}

const struct command policy_command_init = {.name = "init", .help = help, .run = run};
