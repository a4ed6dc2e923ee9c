/* SPDX-License-Identifier: MIT
 *
 * `shunt calls`: the table of intercepted calls.
 */
#include "calls.h"
#include "command.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
    (void)argc, (void)argv;
    for (int i = 0; i < CALL_COUNT; i++)
        puts(call_infos[i].name);
    return EXIT_FINE;
}

const struct command command_calls = {.name = "calls", .summary = "", .help = "", .run = run};
