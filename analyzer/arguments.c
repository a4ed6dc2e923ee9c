/* SPDX-License-Identifier: MIT
 *
 * See arguments.h.
 */
#include "arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int arguments_number(const char *text, int least, int most, int *number)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || *end || end == text || value < least || value > most)
        return -1;
    *number = (int)value;
    return 0;
}

int arguments_words(char *list, const char **words, unsigned most)
{
    unsigned count = 0;
    for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
        if (count == most)
            return -1;
        words[count++] = word;
    }
    return (int)count;
}

int arguments_few(int argc, char **argv, const char *help, bool *json)
{
    const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {json ? "json" : NULL, no_argument, NULL, 'j'}, {0}};
    optind = 0;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h') {
            fputs(help, stdout);
            return 1;
        }
        if (option != 'j')
            return -1;
        *json = true;
    }
    return 0;
}

int arguments_color(const char *when, bool *color)
{
    const char *no_color = getenv("NO_COLOR");
    *color = strcmp(when, "always") == 0;
    if (strcmp(when, "auto") == 0)
        *color = isatty(STDOUT_FILENO) && !(no_color && *no_color) && getenv("TERM");
    else if (!*color && strcmp(when, "never") != 0)
        return -1;
    return 0;
}
