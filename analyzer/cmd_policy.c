/* SPDX-License-Identifier: MIT
 *
 * `shunt policy`: which of its subcommands.
 */
#include "nearest.h"
#include "policy_check.h"
#include "policy_command.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: shunt policy SUBCOMMAND ...\n"
    "\n"
    "A policy says which call sites take another route than before: a file of rules\n"
    "in YAML, kept under version control beside the program. The first rule that\n"
    "matches a call decides; a call without a rule runs as ever.\n"
    "\n"
    "  init [RECORDING]               a first policy, from a recording\n"
    "  check FILE [WHERE]...          what is wrong with it, and what its rules do\n"
    "  explain FILE SITE [RECORDING]  which rule takes a site's calls, and why\n"
    "  diff OLD NEW [RECORDING]       what another policy would change\n"
    "  compile FILE WHERE...          into the form that a process maps\n"
    "  apply FILE [DIR|PID]           to processes that run, in place of theirs\n"
    "  status [DIR|PID]               what they have in force, and its rules' calls\n"
    "\n"
    "a rule\n"
    "  - id: wal                                 what counts and reports name\n"
    "    match: { call: fdatasync, module: redis-server, fd: \"file:*.aof\" }\n"
    "    route: pool                             inplace, pool, green or deny\n"
    "    rollout: 25%                            of its calls; the others as ever\n"
    "    reason: \"fsync holds up the loop\"\n"
    "\n"
    "\"shunt policy SUBCOMMAND --help\" tells more; docs/policy.md is the language.\n";

static const struct command *const subcommands[] = {
    &policy_command_init, &policy_command_check, &policy_command_compiler, &policy_command_explain,
    &policy_command_diff, &policy_command_apply, &policy_command_status};

#define SUBCOMMANDS (sizeof subcommands / sizeof subcommands[0])

void policy_command_print(const char *path, const struct policy_notes *notes)
{
    for (unsigned i = 0; i < notes->count; i++) {
        const struct policy_note *note = &notes->items[i];
        const char *kind = note->is_error ? "" : "warning: ";
        if (note->at.line)
            fprintf(stderr, "%s:%d:%d: %s%s\n", path, note->at.line, note->at.column, kind,
                    note->text);
        else
            fprintf(stderr, "%s: %s%s\n", path, kind, note->text);
    }
    if (notes->errors + notes->warnings > notes->count)
        fprintf(stderr, "%s: and %u more\n", path, notes->errors + notes->warnings - notes->count);
}

int policy_command_read(struct policy *policy, struct arena *arena, const char *path, int today)
{
    struct policy_notes notes = {.arena = arena};
    int result = policy_read(policy, path, &notes);
    if (result == 0)
        policy_check_expired(policy, today, &notes);
    policy_command_print(path, &notes);
    return result;
}

int policy_command_compile(struct policy_compiled *compiled, struct policy_modules *modules,
                           const struct policy *policy, struct arena *arena, char *const *where,
                           unsigned count, struct error *error)
{
    policy_modules_begin(modules, arena);
    unsetenv("DEBUGINFOD_URLS"); /* names come from this machine: no server is asked */
    for (unsigned i = 0; i < count; i++)
        if (policy_modules_add(modules, policy, where[i], error) < 0)
            return -1;
    for (unsigned i = 0; i < modules->note_count; i++)
        fprintf(stderr, "shunt policy: left out: %s\n", modules->notes[i]);
    return policy_compile(compiled, arena, policy, modules->items, modules->count, error);
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
