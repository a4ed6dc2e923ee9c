/* SPDX-License-Identifier: MIT
 *
 * `shunt diff`: the same program before and after a change, from the traces of both.
 */
#include "arguments.h"
#include "command.h"
#include "reading.h"
#include "render_diff.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define CLASSES_MOST 16

static const char help[] =
    "usage: shunt diff [OPTIONS] BEFORE AFTER\n"
    "       shunt diff [OPTIONS] BEFORE... -- AFTER...\n"
    "\n"
    "Compares two recordings of one program, site by site: what is worse, new,\n"
    "better or gone, and what left the loop. Each argument is one run: a directory\n"
    "of \"shunt run\", or one *.shunt file. With three runs a side or more the sides\n"
    "are held against the differences within each of them.\n"
    "\n"
    "  --json             everything, as docs/schema/shunt.diff-1.schema.json says\n"
    "  --top N            list N sites of each class (8)\n"
    "  --fail-on A,B      exit with 1 if there is anything of these classes: worse,\n"
    "                     new, better, gone, unsure, unmatched, few-calls\n" READING_HELP "\n"
    "exit status: 0 the comparison was printed; 1 a trace cannot be read, or\n"
    "--fail-on found something; 2 the command line was wrong.\n"
    "\n"
    "examples:\n"
    "  shunt diff before after\n"
    "  shunt diff a1 a2 a3 -- b1 b2 b3         several runs, best recorded in turn\n"
    "  shunt diff --fail-on worse,new old new  for CI\n";

struct arguments {
    struct reading reading;
    bool fail_on[DIFF_CLASSES];
    int argc, dashes; /* the whole command line, and where "--" stands in it, or argc */
    char **argv;
};

static int parse_fail_on(struct arguments *arguments, char *list)
{
    const char *names[CLASSES_MOST];
    int count = arguments_words(list, names, CLASSES_MOST);
    if (count <= 0)
        return reading_usage(&arguments->reading, "--fail-on takes classes, such as worse,new",
                             NULL);
    for (int i = 0; i < count; i++) {
        enum diff_class class = diff_class_of(names[i]);
        if (class == DIFF_CLASSES || class == DIFF_SAME)
            return reading_usage(&arguments->reading,
                                 "--fail-on takes worse, new, better, gone, unsure, unmatched or "
                                 "few-calls, not",
                                 names[i]);
        arguments->fail_on[class] = true;
    }
    return 0;
}

enum option_id { OPTION_TOP = READING_END, OPTION_FAIL_ON };

static const struct option options[] = {
    {"json", no_argument, NULL, READING_JSON},
    {"top", required_argument, NULL, OPTION_TOP},
    {"fail-on", required_argument, NULL, OPTION_FAIL_ON},
    {"since", required_argument, NULL, READING_SINCE},
    {"until", required_argument, NULL, READING_UNTIL},
    {"wrappers", required_argument, NULL, READING_WRAPPERS},
    {"wrappers-file", required_argument, NULL, READING_WRAPPERS_FILE},
    {"color", required_argument, NULL, READING_COLOR},
    {"help", no_argument, NULL, 'h'},
    {0},
};

static int take(void *own, int option, char *value)
{
    struct arguments *arguments = own;
    return option == OPTION_TOP
               ? reading_number(&arguments->reading, "--top", value, &arguments->reading.render.top)
               : parse_fail_on(arguments, value);
}

/* The two sides of the command line. */
struct sides {
    const char *const *path[DIFF_SIDES];
    unsigned count[DIFF_SIDES];
};

/* What lies before "--" is side one, unless nothing does: then it only ends the options. */
static int divide(const struct arguments *arguments, struct sides *sides)
{
    int argc = arguments->argc, dashes = arguments->dashes;
    char **argv = arguments->argv;
    int before = dashes - optind, after = argc - dashes - 1;
    const char *const *words = (const char *const *)argv;
    bool divided = dashes < argc && before > 0;
    if (!divided) {
        const char *const *both = dashes < argc ? words + dashes + 1 : words + optind;
        int count = dashes < argc ? after : before;
        if (count != 2)
            return reading_usage(&arguments->reading,
                                 count < 2
                                     ? "two recordings are needed: shunt diff BEFORE AFTER"
                                     : "which runs are before, which after? shunt diff A1 A2 -- B1 "
                                       "B2",
                                 NULL);
        *sides = (struct sides){.path = {both, both + 1}, .count = {1, 1}};
        return 0;
    }
    if (after < 1)
        return reading_usage(&arguments->reading, "nothing stands after \"--\"", NULL);
    *sides = (struct sides){.path = {words + optind, words + dashes + 1},
                            .count = {(unsigned)before, (unsigned)after}};
    return 0;
}

static int failed(const struct error *error)
{
    fprintf(stderr, "shunt diff: %s\n", error->text);
    return EXIT_FAILED;
}

static int show(struct arguments *arguments, const struct sides *sides)
{
    struct error error = {""};
    struct diff diff;
    if (diff_build(&diff, sides->path[DIFF_BEFORE], sides->count[DIFF_BEFORE],
                   sides->path[DIFF_AFTER], sides->count[DIFF_AFTER], &arguments->reading.report,
                   &error) < 0)
        return failed(&error);
    struct render_diff_options render = {.top = arguments->reading.render.top,
                                         .color = arguments->reading.render.color};
    render_diff_fn *renderer = arguments->reading.json ? render_diff_json : render_diff;
    int result = renderer(&diff, &render, stdout, &error);
    bool found = false;
    for (unsigned class = 0; class < DIFF_CLASSES; class ++)
        found |= arguments->fail_on[class] && diff_has(&diff, (enum diff_class) class);
    diff_free(&diff);
    if (result < 0)
        return failed(&error);
    return found ? EXIT_FAILED : EXIT_FINE;
}

static int divide_and_show(void *own, char **words, int count)
{
    struct arguments *arguments = own;
    struct sides sides = {0};
    (void)words;
    (void)count;
    if (divide(arguments, &sides) < 0)
        return EXIT_USAGE;
    unsetenv("DEBUGINFOD_URLS"); /* symbols come from this machine: no server is asked */
    return show(arguments, &sides);
}

static const struct reading_command command = {
    .name = "diff", .help = help, .options = options, .take = take, .run = divide_and_show};

static int run(int argc, char **argv)
{
    struct arguments arguments = {.argc = argc, .argv = argv};
    int dashes = 1;
    while (dashes < argc && strcmp(argv[dashes], "--") != 0)
        dashes++;
    arguments.dashes = dashes;
    return reading_main(&command, &arguments.reading, &arguments, dashes, argv);
}

const struct command command_diff = {
    .name = "diff", .summary = "what changed between two recordings", .help = help, .run = run};
