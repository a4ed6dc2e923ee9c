/* SPDX-License-Identifier: MIT
 *
 * `shunt policy`: which of its subcommands.
 */
#include "nearest.h"
#include "policy_check.h"
#include "policy_command.h"

#include <string.h>

static const char help[] =
    "usage: shunt policy SUBCOMMAND ...\n"
    "\n"
    "A policy says which call sites take another route than before: a file of rules\n"
    "in YAML, kept under version control beside the program. The first rule that\n"
    "matches a call decides; a call without a rule runs as ever.\n"
    "\n"
    "  check FILE           what is wrong with it, and what its rules do\n"
    "\n"
    "a rule\n"
    "  - id: wal                                 what counts and reports name\n"
    "    match: { call: fdatasync, module: redis-server, fd: \"file:*.aof\" }\n"
    "    route: pool                             inplace, pool, green or deny\n"
    "    rollout: 25%                            of its calls; the others as ever\n"
    "    reason: \"fsync holds up the loop\"\n"
    "\n"
    "\"shunt policy SUBCOMMAND --help\" tells more; docs/policy.md is the language.\n";

static const struct command *const subcommands[] = {&policy_command_check};

#define SUBCOMMANDS (sizeof subcommands / sizeof subcommands[0])

int policy_command_read(struct policy *policy, struct arena *arena, const char *path, int today)
{
    struct policy_notes notes = {.arena = arena};
    int result = policy_read(policy, path, &notes);
    if (result == 0)
        policy_check_expired(policy, today, &notes);
    for (unsigned i = 0; i < notes.count; i++) {
        const struct policy_note *note = &notes.items[i];
        const char *kind = note->is_error ? "" : "warning: ";
        if (note->at.line)
            fprintf(stderr, "%s:%d:%d: %s%s\n", path, note->at.line, note->at.column, kind,
                    note->text);
        else
            fprintf(stderr, "%s: %s%s\n", path, kind, note->text);
    }
    if (notes.errors + notes.warnings > notes.count)
        fprintf(stderr, "%s: and %u more\n", path, notes.errors + notes.warnings - notes.count);
    return result;
}

static int unknown(const char *word)
{
    struct nearest near = {.word = word};
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        nearest_offer(&near, subcommands[i]->name);
    if (near.best)
        fprintf(stderr, "shunt policy: no subcommand \"%s\"; did you mean \"%s\"?\n", word,
                near.best);
    else
        fprintf(stderr, "shunt policy: no subcommand \"%s\"; see \"shunt policy --help\"\n", word);
    return EXIT_USAGE;
}

static int run(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        fputs(help, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        fputs(help, stdout);
        return EXIT_FINE;
    }
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        if (strcmp(subcommands[i]->name, word) == 0)
            return subcommands[i]->run(argc - 1, argv + 1);
    return unknown(word);
}

const struct command command_policy = {.name = "policy",
                                       .summary = "which calls take another route: check, explain",
                                       .help = help,
                                       .run = run};
