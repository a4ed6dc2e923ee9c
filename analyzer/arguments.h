/* SPDX-License-Identifier: MIT
 *
 * What the options of several commands have in common: numbers, lists of words, when to colour.
 */
#ifndef SHUNT_ARGUMENTS_H
#define SHUNT_ARGUMENTS_H

#include <getopt.h>
#include <stdbool.h>

/* A decimal number within the bounds. 0, or -1. */
int arguments_number(const char *text, int least, int most, int *number);

/* Splits "A,B" in place into words; returns how many, or -1 when they are more than `most`. */
int arguments_words(char *list, const char **words, unsigned most);

/* The next option, as getopt_long tells it. '?': something is wrong with it, which was said in one
 * sentence; `command` as in "shunt report: ...". */
int arguments_next(const char *command, int argc, char **argv, const char *letters,
                   const struct option *options);

/* Options of a command that knows --help, and --json unless `json` is NULL. 0 with optind at the
 * first word, 1: help was given, -1: a wrong option (said). */
int arguments_few(const char *command, int argc, char **argv, const char *help, bool *json);

/* --color's "auto", "always" or "never", for standard output; NO_COLOR is heard. 0, or -1: another
 * word. */
int arguments_color(const char *when, bool *color);

#endif
