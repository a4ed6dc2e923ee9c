/* SPDX-License-Identifier: MIT
 *
 * `shunt compare`: is a program the same when it is observed, and when it is routed?
 */
#include "arguments.h"
#include "command.h"
#include "launch.h"
#include "render_compare.h"
#include "units.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUNS_DEFAULT 2
#define TOP_DEFAULT  10

static const char help[] =
    "usage: shunt compare [OPTIONS] [--] COMMAND [ARGUMENTS]\n"
    "\n"
    "Is COMMAND the same when it is observed, and when its calls are routed? Runs it\n"
    "bare, under shunt run, and with --route or --policy routed, by turns, and\n"
    "compares how it ended, what it wrote and the files it left. What differs\n"
    "between bare runs already (process ids, times) is compared by a lesser rule,\n"
    "which is told. A difference is repeated three times before it is believed.\n"
    "\n"
    "  -n, --runs N       runs of each kind (2)\n"
    "  --route ROUTE      make routed runs too, as shunt run --route ROUTE does\n"
    "  --policy FILE      make routed runs by this policy\n"
    "  --in DIR           run it in a copy of DIR, a fresh one each time, and compare\n"
    "                     what it leaves there\n"
    "  --input FILE       what it reads on standard input (/dev/null)\n"
    "  --tests FORMAT     COMMAND is a test suite: compare its tests, one by one, and\n"
    "                     not what it writes. tap, junit, or list (NAME STATUS).\n"
    "                     One on which bare runs disagree is flaky and not judged\n"
    "  --results FILE     the suite writes its tests there and not to its output\n"
    "  --timeout TIME     end a run after that time: a number with ms or s (bare runs\n"
    "                     never; others after 60s, or ten times the slowest bare run)\n"
    "  --keep DIR         leave output, files and traces of all runs there\n"
    "  --top N            list N rows of each kind (10)\n"
    "  --json             everything, as docs/schema/shunt.compare-1.schema.json says\n"
    "  --color WHEN       auto, always or never\n"
    "  --help             this text\n"
    "\n"
    "exit status: 0 the same; 1 it differs; 125 it could not be compared; 126, 127\n"
    "COMMAND cannot be executed, was not found.\n"
    "\n"
    "Each run has a session of its own; what it leaves running gets a second and is\n"
    "then ended. (What observing costs in time: shunt run --compare.)\n"
    "\n"
    "examples:\n"
    "  shunt compare -- sort -u words.txt\n"
    "  shunt compare --in project -- make -j2     with the files it makes\n"
    "  shunt compare --route pool -- ./batch-job  every call that can move is moved\n"
    "  shunt compare --tests tap -- ./run-tests   test by test\n"
    "  shunt compare --tests junit --results r.xml -- pytest --junit-xml r.xml\n";

struct arguments {
    struct compare_options compare;
    struct render_compare_options render;
    render_compare_fn *renderer;
    char in[PATH_MAX], policy[PATH_MAX], input[PATH_MAX];
};

static int complain(const char *what, const char *which, const char *why)
{
    fprintf(stderr, "shunt compare: %s%s%s%s%s\n", what, which ? " " : "", which ? which : "",
            why ? ": " : "", why ? why : "");
    return EXIT_SETUP;
}

enum option_id {
    OPTION_ROUTE = 256,
    OPTION_POLICY,
    OPTION_IN,
    OPTION_INPUT,
    OPTION_TESTS,
    OPTION_RESULTS,
    OPTION_TIMEOUT,
    OPTION_KEEP,
    OPTION_TOP,
    OPTION_JSON,
    OPTION_COLOR
};

static const struct option options[] = {
    {"runs", required_argument, NULL, 'n'},
    {"route", required_argument, NULL, OPTION_ROUTE},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"in", required_argument, NULL, OPTION_IN},
    {"input", required_argument, NULL, OPTION_INPUT},
    {"tests", required_argument, NULL, OPTION_TESTS},
    {"results", required_argument, NULL, OPTION_RESULTS},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"keep", required_argument, NULL, OPTION_KEEP},
    {"top", required_argument, NULL, OPTION_TOP},
    {"json", no_argument, NULL, OPTION_JSON},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"help", no_argument, NULL, 'h'},
    {0},
};

/* The runs take place elsewhere: what the user named is looked up from here. */
static int set_path(const char **option, char *path, const char *name)
{
    if (!realpath(name, path))
        return complain("cannot use", name, strerror(errno));
    *option = path;
    return 0;
}

static int set_number(unsigned *to, const char *name, const char *text, int most)
{
    int number;
    if (arguments_number(text, 1, most, &number) < 0)
        return complain(name, text,
                        most == COMPARE_RUNS_MOST ? "it takes a number from 1 to 100"
                                                  : "it takes a number from 1");
    *to = (unsigned)number;
    return 0;
}

static int set_tests(struct arguments *arguments, const char *name)
{
    arguments->compare.format = test_format_of(name);
    return arguments->compare.format
               ? 0
               : complain("--tests", name, "the formats are tap, junit and list");
}

static int set_timeout(struct arguments *arguments, const char *text)
{
    if (units_parse_time(text, &arguments->compare.timeout_ns) < 0 ||
        !arguments->compare.timeout_ns)
        return complain("--timeout", text, "it takes a number with ms or s, such as 90s");
    return 0;
}

static int set_option(struct arguments *arguments, int option, const char *value)
{
    switch (option) {
    case 'n':
        return set_number(&arguments->compare.runs, "--runs", value, COMPARE_RUNS_MOST);
    case OPTION_ROUTE:
        arguments->compare.route = value;
        return 0;
    case OPTION_POLICY:
        return set_path(&arguments->compare.policy, arguments->policy, value);
    case OPTION_IN:
        return set_path(&arguments->compare.in, arguments->in, value);
    case OPTION_INPUT:
        return set_path(&arguments->compare.input, arguments->input, value);
    case OPTION_TESTS:
        return set_tests(arguments, value);
    case OPTION_RESULTS:
        arguments->compare.results = value;
        return 0;
    case OPTION_TIMEOUT:
        return set_timeout(arguments, value);
    case OPTION_KEEP:
        arguments->compare.keep = value;
        return 0;
    case OPTION_TOP:
        return set_number(&arguments->render.top, "--top", value, 1000000000);
    case OPTION_JSON:
        arguments->renderer = render_compare_json;
        return 0;
    case OPTION_COLOR:
        return arguments_color(value, &arguments->render.color) < 0
                   ? complain("--color", value, "it takes auto, always or never")
                   : 0;
    default: /* getopt has said what is wrong */
        return EXIT_SETUP;
    }
}

/* 0; an exit status; or -1 when help was asked for and given. */
static int parse(struct arguments *arguments, int argc, char **argv)
{
    int status = 0;
    optind = 1;
    for (int option;
         !status && (option = arguments_next("compare", argc, argv, "+hn:", options)) != -1;) {
        if (option == 'h') {
            fputs(help, stdout);
            return -1;
        }
        status = set_option(arguments, option, optarg);
    }
    if (status)
        return status;
    if (arguments->compare.results && !arguments->compare.format)
        return complain("--results needs --tests, which says how to read it", NULL, NULL);
    if (optind == argc)
        return complain("which command? Say: shunt compare -- COMMAND [ARGUMENT]...", NULL, NULL);
    arguments->compare.argv = argv + optind;
    return 0;
}

static int show(const struct arguments *arguments, const struct compare *compare)
{
    struct error error = {""};
    if (arguments->renderer(compare, &arguments->render, stdout, &error) < 0)
        return complain(error.text, NULL, NULL);
    return compare->differences ? EXIT_FAILED : EXIT_FINE;
}

static int compare_command(int argc, char **argv)
{
    static struct arguments arguments; /* its paths are too much for a small stack */
    struct arena arena = {0};
    struct error error = {""};
    arguments = (struct arguments){.compare = {.runs = RUNS_DEFAULT},
                                   .render = {.top = TOP_DEFAULT},
                                   .renderer = render_compare};
    arguments_color("auto", &arguments.render.color);
    int status = parse(&arguments, argc, argv);
    if (status)
        return status < 0 ? EXIT_FINE : status;
    arguments.compare.progress = isatty(STDERR_FILENO);
    struct compare compare = {.options = arguments.compare, .arena = &arena};
    status = compare_make(&compare, &error);
    if (status)
        complain(error.text, NULL, NULL);
    else if (!compare.interrupted)
        status = show(&arguments, &compare);
    compare_release(&compare);
    arena_release(&arena);
    if (compare.interrupted) {
        launch_die_of(compare.interrupted);
        return 128 + compare.interrupted;
    }
    return status;
}

const struct command command_compare = {.name = "compare",
                                        .summary =
                                            "is a program the same when observed, and when routed?",
                                        .help = help,
                                        .run = compare_command,
                                        .unwritten = EXIT_SETUP};
