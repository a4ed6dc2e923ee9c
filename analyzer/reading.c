/* SPDX-License-Identifier: MIT
 *
 * See reading.h.
 */
#include "reading.h"

#include "arguments.h"
#include "command.h"
#include "days.h"
#include "inputs.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CALLERS_MOST 200
#define TOP_DEFAULT  8

static void begin(struct reading *reading, const char *command)
{
    *reading = (struct reading){.command = command, .kept = "", .today = days_today()};
    arguments_color("auto", &reading->render.color);
    reading->report.wrappers = &reading->wrappers;
    reading->report.callers = CALLERS_MOST;
}

int reading_usage(const struct reading *reading, const char *what, const char *value)
{
    fprintf(stderr, "shunt %s: %s%s%s; see \"shunt %s --help\"\n", reading->command, what,
            value ? ": " : "", value ? value : "", reading->command);
    return -1;
}

static int failed(const struct reading *reading, const struct error *error)
{
    fprintf(stderr, "shunt %s: %s\n", reading->command, error->text);
    return EXIT_FAILED;
}

/* ---- options ---- */

/* An option that every command about the same sites needs. */
static void keep(struct reading *reading, const char *option, const char *value)
{
    const char *quote = strpbrk(value, " *?[$") ? "'" : "";
    reading->kept = arena_print(&reading->arena, "%s%s%s %s%s%s", reading->kept,
                                *reading->kept ? " " : "", option, quote, value, quote);
}

/* A wrong list is a wrong command line, wherever it is written. */
static int take_wrappers(struct reading *reading, const char *text, bool is_file)
{
    struct error error = {""};
    int result = is_file ? wrappers_add_file(&reading->arena, &reading->wrappers, text, &error)
                         : wrappers_add_list(&reading->arena, &reading->wrappers, text, &error);
    if (result < 0)
        failed(reading, &error);
    else
        keep(reading, is_file ? "--wrappers-file" : "--wrappers", text);
    return result;
}

static int take_goal(struct reading *reading, const char *value)
{
    for (int goal = GOAL_UNBLOCK; goal <= GOAL_THREADS; goal++)
        if (strcmp(value, report_goal_name((enum goal)goal)) == 0) {
            reading->report.goal = (enum goal)goal;
            if (goal != GOAL_UNBLOCK)
                keep(reading, "--goal", value);
            return 0;
        }
    return reading_usage(reading, "--goal takes unblock or threads, not", value);
}

int reading_number(const struct reading *reading, const char *option, const char *value,
                   unsigned *number)
{
    int taken = 0;
    if (arguments_number(value, 1, INT_MAX, &taken) < 0)
        return reading_usage(
            reading,
            arena_print((struct arena *)&reading->arena, "%s takes a number from 1, not", option),
            value);
    *number = (unsigned)taken;
    return 0;
}

/* One of the options that several commands have. */
static int take_common(struct reading *reading, int option, const char *value)
{
    switch (option) {
    case READING_PID:
        if (arguments_number(value, 1, INT_MAX, &reading->report.pid) < 0)
            return reading_usage(reading, "--pid takes the number of a process, not", value);
        reading->render.pid = reading->report.pid;
        return 0;
    case READING_SINCE:
        reading->report.since = value;
        keep(reading, "--since", value);
        return 0;
    case READING_UNTIL:
        reading->report.until = value;
        keep(reading, "--until", value);
        return 0;
    case READING_WRAPPERS:
    case READING_WRAPPERS_FILE:
        return take_wrappers(reading, value, option == READING_WRAPPERS_FILE);
    case READING_GOAL:
        return take_goal(reading, value);
    case READING_POLICY:
        reading->policy = value;
        return 0;
    case READING_TODAY:
        if (days_parse(value, &reading->today) < 0)
            return reading_usage(reading, "--today takes a date as 2027-03-31, not", value);
        return 0;
    case READING_JSON:
        reading->json = true;
        return 0;
    case READING_COLOR:
        if (arguments_color(value, &reading->render.color) < 0)
            return reading_usage(reading, "--color takes auto, always or never, not", value);
        return 0;
    default: /* it was said what is wrong */
        return -1;
    }
}

/* 1: help was wanted. */
static int parse(const struct reading_command *command, struct reading *reading, void *own,
                 int argc, char **argv)
{
    optind = 0;
    for (int option;
         (option = arguments_next(command->name, argc, argv, "h", command->options)) != -1;) {
        if (option == 'h')
            return 1;
        if ((option < READING_END ? take_common(reading, option, optarg)
                                  : command->take(own, option, optarg)) < 0)
            return -1;
    }
    return command->check ? command->check(own, argc - optind) : 0;
}

int reading_main(const struct reading_command *command, struct reading *reading, void *own,
                 int argc, char **argv)
{
    begin(reading, command->name);
    reading->render.top = command->top ? command->top : TOP_DEFAULT;
    int status = EXIT_USAGE, parsed = parse(command, reading, own, argc, argv);
    if (parsed > 0)
        status = fputs(command->help, stdout) < 0 ? EXIT_FAILED : EXIT_FINE;
    if (parsed == 0)
        status = command->run(own, argv + optind, argc - optind);
    arena_release(&reading->arena);
    return status;
}

/* ---- showing ---- */

/* What was given, for the commands a page proposes. */
static const char *repeat(struct reading *reading, char *const *paths, int count)
{
    const char *text = reading->kept;
    for (int i = 0; i < count; i++)
        text = arena_print(&reading->arena, "%s%s%s", text, *text ? " " : "", paths[i]);
    return text;
}

static int show(struct reading *reading, render_fn *renderer, const char *const *paths,
                unsigned count)
{
    struct error error = {""};
    struct report report;
    if (report_build(&report, paths, count, &reading->report, &error) < 0)
        return failed(reading, &error);
    int result = renderer(&report, &reading->render, stdout, &error);
    report_free(&report);
    return result < 0 ? failed(reading, &error) : EXIT_FINE;
}

const char *const *reading_paths(struct reading *reading, char *const *paths, int *count,
                                 struct error *error)
{
    unsetenv("DEBUGINFOD_URLS"); /* symbols come from this machine: a report asks no server */
    if (*count)
        return (const char *const *)paths;
    const char **newest = ARENA_NEW(&reading->arena, const char *);
    *newest = inputs_newest(&reading->arena, error);
    *count = 1;
    return *newest ? newest : NULL;
}

int reading_show(struct reading *reading, render_fn *renderer, char *const *paths, int count)
{
    struct error error = {""};
    reading->render.again = repeat(reading, paths, count);
    const char *const *all = reading_paths(reading, paths, &count, &error);
    return all ? show(reading, renderer, all, (unsigned)count) : failed(reading, &error);
}
