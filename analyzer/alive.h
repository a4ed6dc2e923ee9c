/* SPDX-License-Identifier: MIT
 *
 * Does a process of a trace still run? Asked of this machine's /proc, so only where the trace was
 * made since this machine came up.
 */
#ifndef SHUNT_ALIVE_H
#define SHUNT_ALIVE_H

#include "trace_format.h"

#include <stdbool.h>
#include <stdint.h>

enum alive {
    ALIVE_UNKNOWN, /* another machine, an earlier boot, or nothing to tell a reused pid by */
    ALIVE_NO,
    ALIVE_YES
};

/* `clock`: an instant of the trace; `start`: field 22 of /proc/PID/stat as the trace has it, 0
 * unknown. `exe`: a process that runs another file went on as another image, which is NO; NULL does
 * not matter. */
enum alive alive_ask(const struct trace_clock *clock, int pid, uint64_t start, const char *exe);

#endif
