/* SPDX-License-Identifier: MIT
 *
 * `shunt mark`: remembers what a running program has done so far, so that a report can leave it
 * out.
 */
#include "arguments.h"
#include "command.h"
#include "inputs.h"
#include "marks.h"

#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

static const char help[] =
    "usage: shunt mark TEXT [DIR]\n"
    "       shunt mark --list [DIR]\n"
    "\n"
    "Remembers, while a program runs under \"shunt run\", what it has done so far, so\n"
    "that a report can tell start-up from load. The program is not touched: its\n"
    "traces are copied from outside. Without DIR: the newest directory shunt.out*\n"
    "here.\n"
    "\n"
    "  --list        the marks there are\n"
    "  --help        this text\n"
    "\n"
    "examples:\n"
    "  shunt run -- ./server &\n"
    "  shunt mark warm             when it has started\n"
    "  ./load-test\n"
    "  shunt mark loaded           when the load is over\n"
    "  shunt report --since warm --until loaded\n";

static int failed(const struct error *error)
{
    fprintf(stderr, "shunt mark: %s\n", error->text);
    return EXIT_FAILED;
}

static int usage(const char *what)
{
    fprintf(stderr, "shunt mark: %s; see \"shunt mark --help\"\n", what);
    return EXIT_USAGE;
}

static void print_time(uint64_t realtime_ns)
{
    time_t seconds = (time_t)(realtime_ns / 1000000000u);
    struct tm local;
    char text[32];
    if (localtime_r(&seconds, &local) && strftime(text, sizeof text, "%F %T", &local))
        fputs(text, stdout);
}

static int list(struct arena *arena, const char *directory)
{
    struct marks marks = marks_list(arena, directory);
    for (unsigned i = 0; i < marks.count; i++) {
        printf("%3u  ", marks.items[i].number);
        print_time(marks.items[i].realtime_ns);
        printf("  %s\n", marks.items[i].text);
    }
    if (marks.count == 0)
        printf("no marks in %s\n", directory);
    return EXIT_FINE;
}

static int take(struct arena *arena, const char *directory, const char *text)
{
    struct error error = {""};
    struct mark mark;
    if (marks_take(arena, directory, text, &mark, &error) < 0)
        return failed(&error);
    printf("mark %u \"%s\" in %s\n", mark.number, text, directory);
    return EXIT_FINE;
}

static int mark(struct arena *arena, int argc, char **argv)
{
    static const struct option options[] = {
        {"list", no_argument, NULL, 'l'}, {"help", no_argument, NULL, 'h'}, {0}};
    bool listing = false;
    optind = 0;
    for (int option; (option = arguments_next("mark", argc, argv, "h", options)) != -1;) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_FINE;
        }
        if (option != 'l')
            return EXIT_USAGE;
        listing = true;
    }
    const char *text = listing ? NULL : argv[optind];
    if (!listing && !text)
        return usage("give the mark a text");
    optind += !listing;
    if (argc - optind > 1)
        return usage("one directory at a time, and a text of several words in quotes");
    struct error error = {""};
    struct stat status;
    const char *directory = argv[optind] ? argv[optind] : inputs_newest(arena, &error);
    if (!directory)
        return failed(&error);
    if (stat(directory, &status) < 0 || !S_ISDIR(status.st_mode)) {
        error_set(&error, "%s: is no directory; name the one that \"shunt run -o\" writes to",
                  directory);
        return failed(&error);
    }
    return listing ? list(arena, directory) : take(arena, directory, text);
}

static int run(int argc, char **argv)
{
    struct arena arena = {0};
    int status = mark(&arena, argc, argv);
    arena_release(&arena);
    return status;
}

const struct command command_mark = {.name = "mark",
                                     .summary = "remember where start-up ends and load begins",
                                     .help = help,
                                     .run = run};
