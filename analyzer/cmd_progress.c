/* SPDX-License-Identifier: MIT
 *
 * `shunt progress`: where the work stands, from a policy's ledger and from recordings.
 */
#include "days.h"
#include "inputs.h"
#include "policy_command.h"
#include "progress.h"
#include "reading.h"

#include <stdlib.h>

static const char help[] =
    "usage: shunt progress [OPTIONS] --policy FILE [DIR | FILE]...\n"
    "\n"
    "Shows where the work stands: for each rule and group of the policy its state and\n"
    "what its sites did in the latest recording, the sites that need work and have no\n"
    "item, and over all recordings how many sites needed work. Each DIR or FILE is one\n"
    "recording; they are ordered by their own times. Without any: the newest directory\n"
    "shunt.out* here.\n"
    "\n"
    "  --policy FILE      the policy that keeps the ledger\n"
    "  --today DATE       ... for what has expired, instead of today (2027-03-31)\n"
    "  --json             as docs/schema/shunt.progress-1.schema.json says\n" READING_GOAL_HELP
    "  --pid N            process N only\n" READING_HELP "\n"
    "states: found, planned (its rule stands at 0%), canary (at less than 100%), moved,\n"
    "closed (the source has changed: a call that blocks there has come back)\n"
    "\n"
    "examples:\n"
    "  shunt progress --policy plan.yaml\n"
    "  shunt progress --policy plan.yaml nov-02/ nov-09/ nov-16/\n";

struct arguments {
    struct reading reading;
    const char *policy;
    int today;
    bool json;
};

enum option_id { OPTION_POLICY = READING_END, OPTION_TODAY, OPTION_JSON };

static const struct option options[] = {
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"today", required_argument, NULL, OPTION_TODAY},
    {"json", no_argument, NULL, OPTION_JSON},
    READING_GOAL_OPTION,
    READING_OPTIONS,
    {0},
};

/* 1: help was wanted. */
static int parse_option(struct arguments *arguments, int option)
{
    switch (option) {
    case OPTION_POLICY:
        arguments->policy = optarg;
        return 0;
    case OPTION_TODAY:
        return days_parse(optarg, &arguments->today) == 0
                   ? 0
                   : reading_usage(&arguments->reading, "--today takes a date as 2027-03-31, not",
                                   optarg);
    case OPTION_JSON:
        arguments->json = true;
        return 0;
    case 'h':
        return 1;
    default:
        return reading_option(&arguments->reading, option, optarg);
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
    if (!arguments->policy)
        return reading_usage(&arguments->reading,
                             "name the policy that keeps the ledger: --policy "
                             "FILE (\"shunt policy init\" makes one)",
                             NULL);
    return 0;
}

static int show(struct arguments *arguments, const char *const *paths, unsigned count)
{
    struct arena *arena = &arguments->reading.arena;
    struct progress progress = {.arena = arena, .today = arguments->today};
    struct policy policy;
    struct error error;
    struct policy_notes notes = {.arena = arena};
    int result = policy_read(&policy, arguments->policy, &notes);
    policy_command_print(arguments->policy, &notes);
    if (result < 0)
        return EXIT_FAILED;
    if (policy.threads)
        arguments->reading.report.goal = GOAL_THREADS;
    unsetenv("DEBUGINFOD_URLS"); /* names come from this machine: no server is asked */
    result = progress_read(&progress, &policy, paths, count, &arguments->reading.report, &error);
    if (result < 0)
        fprintf(stderr, "shunt progress: %s\n", error.text);
    else if (arguments->json)
        progress_show_json(&progress, stdout);
    else
        progress_show(&progress, stdout, arguments->reading.render.color);
    progress_free(&progress);
    return result < 0 ? EXIT_FAILED : EXIT_FINE;
}

static int show_newest(struct arguments *arguments)
{
    struct error error;
    const char *newest = inputs_newest(&arguments->reading.arena, &error);
    if (newest)
        return show(arguments, &newest, 1);
    fprintf(stderr, "shunt progress: %s\n", error.text);
    return EXIT_FAILED;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {.today = days_today()};
    reading_begin(&arguments.reading, "progress");
    int status = EXIT_USAGE, parsed = parse(&arguments, argc, argv);
    if (parsed == 0)
        status = argc > optind ? show(&arguments, (const char *const *)argv + optind,
                                      (unsigned)(argc - optind))
                               : show_newest(&arguments);
    if (parsed > 0) {
        fputs(help, stdout);
        status = EXIT_FINE;
    }
    reading_end(&arguments.reading);
    return status;
}

const struct command command_progress = {.name = "progress",
                                         .summary = "where the work stands, and how it went on",
                                         .help = help,
                                         .run = run};
