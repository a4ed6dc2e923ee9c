/* SPDX-License-Identifier: MIT
 *
 * `shunt off` and `shunt on`: the emergency brake, and its release.
 */
#include "arguments.h"
#include "carriers.h"
#include "command.h"
#include "inputs.h"
#include "switch.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char help_off[] =
    "usage: shunt off [DIR|PID]\n"
    "\n"
    "From each thread's next call on, the processes that write their traces to DIR\n"
    "(or the one with this PID) run as without shunt: every call in place, nothing\n"
    "observed. Processes that begin later and would write there are off, too.\n"
    "Without an argument it is the newest shunt.out here.\n"
    "\n"
    "A call that waits on a worker when it is switched off comes to its end there.\n"
    "\n"
    "  --help         this text\n"
    "\n"
    "examples:\n"
    "  shunt off                  stop it now\n"
    "  shunt off 4711             in one process\n"
    "  shunt on                   and go on\n";

static const char help_on[] = "usage: shunt on [DIR|PID]\n"
                              "\n"
                              "Takes \"shunt off\" back: calls are observed and routed as before.\n"
                              "Without an argument in the newest shunt.out here.\n"
                              "\n"
                              "  --help         this text\n"
                              "\n"
                              "examples:\n"
                              "  shunt on\n"
                              "  shunt on /var/tmp/traces\n";

static int failed(const struct error *error)
{
    fprintf(stderr, "shunt: %s\n", error->text);
    return EXIT_FAILED;
}

/* The trace of a process; NULL with a sentence. */
static const char *trace_of(struct arena *arena, int pid, struct error *error)
{
    struct carriers carriers = carriers_find(arena);
    for (unsigned i = 0; i < carriers.count; i++)
        if (carriers.items[i].pid == pid && carriers.items[i].trace)
            return arena_print(arena, "/proc/%d/root%s", pid, carriers.items[i].trace);
    error_set(error, "process %d has no trace of shunt; shunt ps lists those that have", pid);
    return NULL;
}

static int tell(const struct switched *switched, bool off)
{
    const char *word = off ? "off" : "on";
    if (switched->changed)
        printf("%u %s %s\n", switched->changed,
               switched->changed == 1 ? "process is" : "processes are", word);
    else if (switched->already)
        printf("everything was %s already\n", word);
    else
        printf("nothing runs there; what begins to write there is %s\n", word);
    return EXIT_FINE;
}

static int flip(struct arena *arena, const char *what, bool off)
{
    struct error error = {""};
    struct stat status;
    struct switched switched = {0};
    int pid, result;
    if (what && arguments_number(what, 1, INT_MAX, &pid) == 0 && stat(what, &status) < 0) {
        const char *path = trace_of(arena, pid, &error);
        result = path ? switch_trace(path, off, &switched, &error) : -1;
    } else {
        const char *directory = what ? what : inputs_newest(arena, &error);
        result = directory ? switch_directory(directory, off, &switched, &error) : -1;
    }
    return result < 0 ? failed(&error) : tell(&switched, off);
}

static int run(int argc, char **argv, bool off)
{
    struct arena arena = {0};
    int parsed = arguments_few(off ? "off" : "on", argc, argv, off ? help_off : help_on, NULL);
    if (parsed)
        return parsed < 0 ? EXIT_USAGE : EXIT_FINE;
    if (argc - optind > 1) {
        fprintf(stderr, "shunt: one directory or process at a time\n");
        return EXIT_USAGE;
    }
    int status = flip(&arena, argv[optind], off);
    arena_release(&arena);
    return status;
}

static int run_off(int argc, char **argv)
{
    return run(argc, argv, true);
}

static int run_on(int argc, char **argv)
{
    return run(argc, argv, false);
}

const struct command command_off = {.name = "off",
                                    .summary = "let processes run as without shunt, at once",
                                    .help = help_off,
                                    .run = run_off};
const struct command command_on = {
    .name = "on", .summary = "take \"shunt off\" back", .help = help_on, .run = run_on};
