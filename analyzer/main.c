/* SPDX-License-Identifier: MIT
 *
 * Finds the subcommand and runs it; --help and --version.
 */
#include "command.h"
#include "nearest.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COMMANDS (sizeof commands / sizeof commands[0])

/* In the order in which they are needed. */
static const struct command *const commands[] = {
    &command_run,     &command_mark,   &command_report,   &command_site, &command_diff,
    &command_compare, &command_policy, &command_progress, &command_gate, &command_ps,
    &command_doctor,  &command_calls,  &command_off,      &command_on,
};

static void help(FILE *out)
{
    fputs("usage: shunt COMMAND [OPTIONS] [ARGUMENTS]\n"
          "\n"
          "Shows which calls of a program block, where in its code and whom they hold up,\n"
          "so that it can be moved to native threads one place at a time.\n"
          "\n",
          out);
    for (unsigned i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n"
          "begin with:\n"
          "  shunt run -- ./server     run the program as always; stop it as always\n"
          "  shunt report              see what blocked, where, and what to do\n"
          "\n"
          "\"shunt COMMAND --help\" tells more; \"shunt --version\" the version.\n",
          out);
}

static int unknown(const char *word)
{
    struct nearest near = {.word = word};
    for (unsigned i = 0; i < COMMANDS; i++)
        nearest_offer(&near, commands[i]->name);
    if (near.best)
        fprintf(stderr, "shunt: no command \"%s\"; did you mean \"shunt %s\"?\n", word, near.best);
    else
        fprintf(stderr, "shunt: no command \"%s\"; \"shunt --help\" lists them\n", word);
    return EXIT_USAGE;
}

static const struct command *find(const char *name)
{
    for (unsigned i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* A full disk or a pipe without a reader is no success. */
static int written(const struct command *command, int status)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) == 0 && !failed)
        return status;
    fprintf(stderr, "shunt%s%s: standard output cannot be written%s%s\n", command ? " " : "",
            command ? command->name : "", errno ? ": " : ", not all of it",
            errno ? strerror(errno) : "");
    return command && command->unwritten ? command->unwritten : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        puts("shunt " SHUNT_VERSION);
        return written(NULL, EXIT_FINE);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        const struct command *command = argc > 2 ? find(argv[2]) : NULL;
        if (command)
            fputs(command->help, stdout);
        else
            help(stdout);
        return written(NULL, EXIT_FINE);
    }
    const struct command *command = find(word);
    if (!command)
        return unknown(word);
    return written(command, command->run(argc - 1, argv + 1));
}
