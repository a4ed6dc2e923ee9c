/* SPDX-License-Identifier: MIT
 *
 * The subcommands of `shunt`, one file each.
 */
#ifndef SHUNT_COMMAND_H
#define SHUNT_COMMAND_H

/* Exit statuses of our own; `run` passes the program's status through. */
enum exit_status {
    EXIT_FINE = 0,
    EXIT_FAILED = 1, /* bad input, nothing found: one sentence on stderr */
    EXIT_USAGE = 2,
    EXIT_SETUP = 125, /* run: we could not set up; nothing was started */
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127
};

struct command {
    const char *name;
    const char *summary; /* one line for `shunt --help` */
    const char *help;    /* what `shunt NAME --help` prints: usage, options, examples */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns an exit status */
    int unwritten; /* exit status if what it prints cannot be written; 0: EXIT_FAILED */
};

extern const struct command command_calls;
extern const struct command command_compare;
extern const struct command command_diff;
extern const struct command command_doctor;
extern const struct command command_gate;
extern const struct command command_mark;
extern const struct command command_off;
extern const struct command command_on;
extern const struct command command_policy;
extern const struct command command_progress;
extern const struct command command_ps;
extern const struct command command_report;
extern const struct command command_run;
extern const struct command command_site;

#endif
