/* SPDX-License-Identifier: MIT
 *
 * Finds the subcommand and runs it; --help and --version.
 */
#include "command.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_calls,
    &command_report,
    &command_run,
};

int main(int argc, char **argv)
{
    for (unsigned i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(commands[i]->name, argv[1]))
            return commands[i]->run(argc - 1, argv + 1);
    fprintf(stderr, "usage: shunt COMMAND\n");
    return EXIT_USAGE;
}
