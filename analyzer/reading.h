/* SPDX-License-Identifier: MIT
 *
 * What the commands that read traces have in common: which traces, which wrappers, which part of
 * the run, colours; and the way from there to a renderer. The only room besides cmd_*.c that
 * prints, for them.
 */
#ifndef SHUNT_READING_H
#define SHUNT_READING_H

#include "render.h"

#include <getopt.h>

struct reading {
    const char *command; /* as in "shunt report: ..." */
    struct arena arena;
    struct wrappers wrappers;
    struct report_options report;
    struct render_options render;
    const char *kept;   /* options that decide what the sites are, for commands that are proposed */
    const char *policy; /* that keeps the ledger; NULL: not named */
    int today;          /* days.h */
    bool json;
};

/* A command of this kind. Each function gets the same struct of the command's own, of which the
 * reading is a part. */
struct reading_command {
    const char *name; /* as in "shunt report: ..." */
    const char *help;
    const struct option *options;
    unsigned top; /* how much a page lists, without --top; 0: 8 */
    /* An option from READING_END on. 0, or -1 when it is wrong (said). NULL: there are none. */
    int (*take)(void *own, int option, char *value);
    /* After the options, with the number of words behind them. 0, or -1 (said). NULL: all is well.
     */
    int (*check)(void *own, int words);
    int (*run)(void *own, char **words, int count); /* an exit status */
};

enum reading_option {
    READING_PID = 256,
    READING_SINCE,
    READING_UNTIL,
    READING_WRAPPERS,
    READING_WRAPPERS_FILE,
    READING_COLOR,
    READING_GOAL,
    READING_POLICY,
    READING_TODAY,
    READING_JSON,
    READING_END /* first number that is free for a command's own options */
};

/* clang-format off */
/* Rows of a command's table of options, and the lines of its help that speak of them. */
#define READING_OPTIONS                                                   \
    {"pid", required_argument, NULL, READING_PID},                        \
    {"since", required_argument, NULL, READING_SINCE},                    \
    {"until", required_argument, NULL, READING_UNTIL},                    \
    {"wrappers", required_argument, NULL, READING_WRAPPERS},              \
    {"wrappers-file", required_argument, NULL, READING_WRAPPERS_FILE},    \
    {"color", required_argument, NULL, READING_COLOR},                    \
    {"help", no_argument, NULL, 'h'}

#define READING_HELP                                                                      \
    "  --since MARK       leave out what came before a mark (see shunt mark)\n"          \
    "  --until MARK       leave out what came after it\n"                                \
    "  --wrappers A,B     functions that only pass calls on (as xread): their callers\n" \
    "                     are the owners. Globs (x*), one library's functions\n"         \
    "                     (libfoo.so*:foo_*) or a whole library (libfoo.so*:*); for\n"   \
    "                     Python see docs/python.md\n"                                   \
    "  --wrappers-file F  the same from a file, one a line, # begins a comment\n"        \
    "  --color WHEN       auto (default), always or never; NO_COLOR means never\n"       \
    "  --help             this text\n"

/* Of the commands that show verdicts. */
#define READING_GOAL_OPTION {"goal", required_argument, NULL, READING_GOAL}
#define READING_GOAL_HELP                                                          \
    "  --goal GOAL        unblock (default): the loop stays and stops blocking;\n" \
    "                     threads: native threads take its place\n"
/* clang-format on */

/* clang-format off */
/* Of the commands that hold recordings against a policy. */
#define READING_LEDGER_OPTIONS                      \
    {"policy", required_argument, NULL, READING_POLICY}, \
    {"today", required_argument, NULL, READING_TODAY},   \
    {"json", no_argument, NULL, READING_JSON}
/* clang-format on */

/* Reads a command line and does what it says: the command, or its help. Returns an exit status. */
int reading_main(const struct reading_command *command, struct reading *reading, void *own,
                 int argc, char **argv);

/* One sentence about the command line. Returns -1. */
int reading_usage(const struct reading *reading, const char *what, const char *value);

/* --top takes a number from 1. 0, or -1 (said). */
int reading_number(const struct reading *reading, const char *option, const char *value,
                   unsigned *number);

/* The paths, or the newest directory here if there are none (then *count becomes 1). NULL with a
 * sentence. From here on no server is asked for symbols. */
const char *const *reading_paths(struct reading *reading, char *const *paths, int *count,
                                 struct error *error);

/* Builds the report of the paths, or of the newest directory here, and renders it to stdout.
 * Returns an exit status. */
int reading_show(struct reading *reading, render_fn *renderer, char *const *paths, int count);

#endif
