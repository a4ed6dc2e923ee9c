/* SPDX-License-Identifier: MIT
 *
 * `shunt progress`: where the work stands, from a policy's ledger and from recordings.
 */
#include "policy_command.h"
#include "progress.h"
#include "reading.h"

#include <stdlib.h>

static const char help[] =
    "usage: shunt progress [OPTIONS] --policy FILE [DIR | FILE]...\n"
    "\n"
    "Shows where the work stands: for each rule and group of the policy its state and\n"
    "what its sites did in the latest recording, the sites that need work and have no\n"
    "item, and over all recordings how many sites needed work. Each DIR or FILE is\n"
    "one recording; they are ordered by their own times. Without any: the newest\n"
    "directory shunt.out* here.\n"
    "\n"
    "  --policy FILE      the policy that keeps the ledger\n"
    "  --today DATE       ... for what has expired, instead of today (2027-03-31)\n"
    "  --json             as docs/schema/shunt.progress-1.schema.json says\n" READING_GOAL_HELP
    "  --pid N            process N only\n" READING_HELP "\n"
    "states: found, planned (its rule stands at 0%), canary (at less than 100%),\n"
    "moved, closed (the source has changed: a call that blocks there has come back)\n"
    "\n"
    "examples:\n"
    "  shunt progress --policy plan.yaml\n"
    "  shunt progress --policy plan.yaml nov-02/ nov-09/ nov-16/\n";

static const struct option options[] = {
    READING_LEDGER_OPTIONS, READING_GOAL_OPTION, READING_OPTIONS, {0}};

static int check(void *own, int words)
{
    const struct reading *reading = own;
    (void)words;
    return reading->policy ? 0
                           : reading_usage(reading,
                                           "name the policy that keeps the ledger: --policy "
                                           "FILE (\"shunt policy init\" makes one)",
                                           NULL);
}

static int show(void *own, char **words, int count)
{
    struct reading *reading = own;
    struct progress progress = {.arena = &reading->arena, .today = reading->today};
    struct policy policy;
    struct error error;
    struct policy_notes notes = {.arena = &reading->arena};
    int result = policy_read(&policy, reading->policy, &notes);
    policy_command_print(reading->policy, &notes);
    if (result < 0)
        return EXIT_FAILED;
    if (policy.threads)
        reading->report.goal = GOAL_THREADS;
    const char *const *paths = reading_paths(reading, words, &count, &error);
    result =
        paths ? progress_read(&progress, &policy, paths, (unsigned)count, &reading->report, &error)
              : -1;
    if (result < 0)
        fprintf(stderr, "shunt progress: %s\n", error.text);
    else if (reading->json)
        progress_show_json(&progress, stdout);
    else
        progress_show(&progress, stdout, reading->render.color);
    if (paths)
        progress_free(&progress);
    return result < 0 ? EXIT_FAILED : EXIT_FINE;
}

static const struct reading_command command = {
    .name = "progress", .help = help, .options = options, .check = check, .run = show};

static int run(int argc, char **argv)
{
    struct reading reading;
    return reading_main(&command, &reading, &reading, argc, argv);
}

const struct command command_progress = {.name = "progress",
                                         .summary = "where the work stands, and how it went on",
                                         .help = help,
                                         .run = run};
