/* SPDX-License-Identifier: MIT
 *
 * See arguments.h.
 */
#include "arguments.h"

#include "nearest.h"

#include <errno.h>
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

static const struct option *option_named(const struct option *options, const char *name,
                                         size_t length)
{
    for (; options->name; options++)
        if (strncmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

/* Of a word "--name" or "--name=value". */
static void refuse_long(const char *command, const char *word, const struct option *options)
{
    int length = (int)strcspn(word, "=");
    char name[64];
    snprintf(name, sizeof name, "%.*s", length - 2, word + 2);
    struct nearest near = {.word = name};
    for (const struct option *option = options; option->name; option++)
        nearest_offer(&near, option->name);
    if (near.best)
        fprintf(stderr, "shunt %s: no option --%s; did you mean --%s?\n", command, name, near.best);
    else
        fprintf(stderr, "shunt %s: no option --%s; see \"shunt %s --help\"\n", command, name,
                command);
}

/* After getopt_long refused something: an unknown option, one without its value, one with a value
 * that it does not take. */
static void refuse(const char *command, const char *word, const char *letters,
                   const struct option *options)
{
    bool is_long = strncmp(word, "--", 2) == 0 && word[2];
    size_t length = strcspn(word, "=");
    const struct option *known =
        is_long && optopt ? option_named(options, word + 2, length - 2) : NULL;
    if (known && known->val == optopt)
        fprintf(stderr, "shunt %s: --%s %s; see \"shunt %s --help\"\n", command, known->name,
                word[length] ? "takes no value" : "needs a value", command);
    else if (is_long && !optopt)
        refuse_long(command, word, options);
    else
        fprintf(stderr, "shunt %s: %s-%c%s; see \"shunt %s --help\"\n", command,
                strchr(letters, optopt) ? "" : "no option ", optopt,
                strchr(letters, optopt) ? " needs a value" : "", command);
}

int arguments_next(const char *command, int argc, char **argv, const char *letters,
                   const struct option *options)
{
    opterr = 0;
    int option = getopt_long(argc, argv, letters, options, NULL);
    if (option == '?')
        refuse(command, argv[optind - 1], letters, options);
    return option;
}

int arguments_few(const char *command, int argc, char **argv, const char *help, bool *json)
{
    const struct option options[] = {
        {"help", no_argument, NULL, 'h'}, {json ? "json" : NULL, no_argument, NULL, 'j'}, {0}};
    optind = 0;
    for (int option; (option = arguments_next(command, argc, argv, "h", options)) != -1;) {
        if (option == 'h') {
            fputs(help, stdout);
            return 1;
        }
        if (option != 'j' || !json)
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
