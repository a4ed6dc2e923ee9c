/* SPDX-License-Identifier: MIT
 *
 * `shunt gate`: for CI.
 */
#include "arguments.h"
#include "gate.h"
#include "policy_command.h"
#include "reading.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: shunt gate [OPTIONS] [DIR | FILE]...\n"
    "\n"
    "Fails when a new site blocks a loop that the baseline does not know, when a site\n"
    "blocks that the policy says is closed, when a rule took no call, or when a rule\n"
    "or group is past its day. All DIR and FILE are one set of recordings. Sites are\n"
    "told by their ids: an edit elsewhere, or a rebuild, changes none.\n"
    "\n"
    "  --baseline FILE    sites that are known\n"
    "  --write-baseline FILE  write the sites that block loops now, and judge nothing\n"
    "  --prune            take out of the baseline what was not seen\n"
    "  --policy FILE      the policy that keeps the ledger\n"
    "  --fail-on A,B      what fails, of new, back, unused, expired, unsure (the\n"
    "                     first four); unsure is a site of a stripped binary, whose\n"
    "                     id is another one in every build\n"
    "  --strict           count every site that blocked on a loop, and not only those\n"
    "                     that need work\n"
    "  --today DATE       for what has expired, instead of today (2027-03-31)\n"
    "  --json             as docs/schema/shunt.gate-1.schema.json says\n" READING_GOAL_HELP
    "  --pid N            process N only\n" READING_HELP "\n"
    "exit status: 0 it passes; 1 it fails; 2 it cannot be told: the command line was\n"
    "wrong, or a file cannot be read.\n"
    "\n"
    "examples:\n"
    "  shunt gate --write-baseline shunt.baseline.json before/\n"
    "  shunt gate --baseline shunt.baseline.json --policy plan.yaml after/\n";

#define CLASSES_MOST 8

struct arguments {
    struct reading reading;
    struct gate gate;
    const char *write;
    bool prune;
};

enum option_id {
    OPTION_BASELINE = READING_END,
    OPTION_WRITE,
    OPTION_PRUNE,
    OPTION_FAIL_ON,
    OPTION_STRICT
};

static const struct option options[] = {
    {"baseline", required_argument, NULL, OPTION_BASELINE},
    {"write-baseline", required_argument, NULL, OPTION_WRITE},
    {"prune", no_argument, NULL, OPTION_PRUNE},
    {"fail-on", required_argument, NULL, OPTION_FAIL_ON},
    {"strict", no_argument, NULL, OPTION_STRICT},
    READING_LEDGER_OPTIONS,
    READING_GOAL_OPTION,
    READING_OPTIONS,
    {0},
};

static int parse_fail_on(struct arguments *arguments, char *list)
{
    const char *words[CLASSES_MOST];
    struct gate_options *gate = &arguments->gate.options;
    int count = arguments_words(list, words, CLASSES_MOST);
    memset(gate->fails, 0, sizeof gate->fails);
    for (int i = 0; i < count; i++) {
        enum gate_class class = gate_class_of(words[i]);
        if (class == GATE_CLASSES)
            return reading_usage(&arguments->reading,
                                 "--fail-on takes new, back, unused, expired or unsure, not",
                                 words[i]);
        gate->fails[class] = true;
    }
    return count > 0 ? 0
                     : reading_usage(&arguments->reading,
                                     "--fail-on takes classes, such as new,back", NULL);
}

static int take(void *own, int option, char *value)
{
    struct arguments *arguments = own;
    switch (option) {
    case OPTION_BASELINE:
        arguments->gate.options.baseline = value;
        return 0;
    case OPTION_WRITE:
        arguments->write = value;
        return 0;
    case OPTION_PRUNE:
        arguments->prune = true;
        return 0;
    case OPTION_FAIL_ON:
        return parse_fail_on(arguments, value);
    default: /* OPTION_STRICT */
        arguments->gate.options.strict = true;
        return 0;
    }
}

static int check(void *own, int words)
{
    struct arguments *arguments = own;
    struct gate_options *gate = &arguments->gate.options;
    (void)words;
    gate->policy = arguments->reading.policy;
    gate->today = arguments->reading.today;
    if (arguments->prune && !gate->baseline)
        return reading_usage(&arguments->reading, "--prune needs a --baseline", NULL);
    if (!gate->baseline && !gate->policy && !arguments->write)
        return reading_usage(&arguments->reading,
                             "name a --baseline or a --policy to hold the recordings against, or "
                             "--write-baseline FILE to begin",
                             NULL);
    return 0;
}

static int read_policy(struct arguments *arguments)
{
    struct gate *gate = &arguments->gate;
    struct policy_notes notes = {.arena = gate->arena};
    if (!gate->options.policy)
        return 0;
    int result = policy_read(&gate->policy, gate->options.policy, &notes);
    policy_command_print(gate->options.policy, &notes);
    gate->has_policy = true;
    if (gate->policy.threads)
        arguments->reading.report.goal = GOAL_THREADS;
    return result;
}

static int write_baseline(struct arguments *arguments, struct error *error)
{
    struct gate_baseline baseline;
    gate_make_baseline(&arguments->gate, &baseline);
    if (gate_baseline_write(&baseline, arguments->write, error) < 0)
        return -1;
    printf("%s: %zu %s\n", arguments->write, baseline.count,
           baseline.count == 1 ? "site that blocks a loop" : "sites that block loops");
    return 0;
}

static int prune(struct arguments *arguments, struct error *error)
{
    struct gate_baseline baseline;
    gate_prune(&arguments->gate, &baseline);
    if (arguments->gate.stale == 0)
        return 0;
    return gate_baseline_write(&baseline, arguments->gate.options.baseline, error);
}

static int judge(struct arguments *arguments, const char *const *paths, unsigned count)
{
    struct gate *gate = &arguments->gate;
    struct error error = {""};
    int result = gate_run(gate, paths, count, &arguments->reading.report, &error);
    if (result == 0 && arguments->write)
        result = write_baseline(arguments, &error);
    else if (result == 0 && arguments->reading.json)
        gate_show_json(gate, stdout);
    else if (result == 0)
        gate_show(gate, stdout, arguments->reading.render.color);
    if (result == 0 && arguments->prune && !arguments->write)
        result = prune(arguments, &error);
    if (result < 0)
        fprintf(stderr, "shunt gate: %s\n", error.text);
    bool failed = gate->failing && !arguments->write;
    gate_free(gate);
    return result < 0 ? EXIT_USAGE : failed ? EXIT_FAILED : EXIT_FINE;
}

static int read_and_judge(void *own, char **words, int count)
{
    struct arguments *arguments = own;
    struct error error;
    arguments->gate.arena = &arguments->reading.arena;
    if (read_policy(arguments) < 0)
        return EXIT_USAGE;
    const char *const *paths = reading_paths(&arguments->reading, words, &count, &error);
    if (paths)
        return judge(arguments, paths, (unsigned)count);
    fprintf(stderr, "shunt gate: %s\n", error.text);
    return EXIT_USAGE;
}

static const struct reading_command command = {.name = "gate",
                                               .help = help,
                                               .options = options,
                                               .take = take,
                                               .check = check,
                                               .run = read_and_judge};

static int run(int argc, char **argv)
{
    struct arguments arguments = {
        .gate.options.fails = {
            [GATE_NEW] = true, [GATE_BACK] = true, [GATE_UNUSED] = true, [GATE_EXPIRED] = true}};
    return reading_main(&command, &arguments.reading, &arguments, argc, argv);
}

const struct command command_gate = {.name = "gate",
                                     .summary = "for CI: nothing new blocks, nothing comes back",
                                     .help = help,
                                     .run = run,
                                     .unwritten = EXIT_USAGE};
