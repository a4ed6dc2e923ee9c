/* SPDX-License-Identifier: MIT
 *
 * `shunt policy apply` and `shunt policy status`: another policy for processes that run, and what
 * they have in force.
 */
#include "arguments.h"
#include "carriers.h"
#include "format.h"
#include "inputs.h"
#include "page.h"
#include "policy_command.h"
#include "policy_hand.h"
#include "policy_use.h"
#include "render_rules.h"
#include "rules_hit.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { WAIT_TRIES = 20, WAIT_NS = 50000000 };

static const char help_apply[] =
    "usage: shunt policy apply FILE [DIR|PID]\n"
    "\n"
    "Gives another policy to the processes that write their traces to DIR (or to the\n"
    "one with this PID), which were started with \"shunt run --policy\". It is checked\n"
    "and compiled here, for the modules that they have loaded; each process copies\n"
    "and checks it at its next call that may be routed, and keeps the policy that it\n"
    "has if this one is wrong. With DIR, processes that begin later get it, too.\n"
    "Without DIR or PID it is the newest shunt.out here.\n"
    "\n"
    "  --help         this text\n"
    "\n"
    "exit status: 0 it was handed over; 1 it cannot be used, or a process refused it;\n"
    "2 the command line was wrong.\n"
    "\n"
    "examples:\n"
    "  shunt policy apply plan.yaml              after raising a rollout\n"
    "  shunt policy apply plan.yaml 4711\n";

static const char help_status[] =
    "usage: shunt policy status [DIR|PID]\n"
    "\n"
    "What the running processes that write their traces to DIR (or the one with this\n"
    "PID) have in force: how many rules, and for each rule that took calls how many\n"
    "were moved, ended by its deadline, denied, and left in place and why. Without an\n"
    "argument for the newest shunt.out here.\n"
    "\n"
    "  --help         this text\n"
    "\n"
    "exit status: 0; 1 no such process runs; 2 the command line was wrong.\n"
    "\n"
    "examples:\n"
    "  shunt policy status\n"
    "  shunt policy status 4711\n";

/* ---- which processes ---- */

struct chosen {
    const char *directory; /* NULL: one process */
    struct target {
        int pid, own_pid;
        const char *name;
        const char *trace; /* as we reach it */
    } * items;
    unsigned count;
    size_t room;
};

static bool lies_in(struct arena *arena, const char *trace, const char *directory)
{
    struct stat at, wanted;
    char *parent = arena_print(arena, "%s", trace);
    char *slash = strrchr(parent, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return stat(parent, &at) == 0 && stat(directory, &wanted) == 0 && at.st_dev == wanted.st_dev &&
           at.st_ino == wanted.st_ino;
}

static int choose(struct chosen *chosen, struct arena *arena, const char *what, struct error *error)
{
    struct stat status;
    int pid = 0;
    *chosen = (struct chosen){0};
    if (!what || arguments_number(what, 1, INT_MAX, &pid) != 0 || stat(what, &status) == 0) {
        pid = 0;
        chosen->directory = what ? what : inputs_newest(arena, error);
        if (!chosen->directory)
            return -1;
        if (stat(chosen->directory, &status) < 0 || !S_ISDIR(status.st_mode))
            return error_set(error, "%s: no such directory or process", chosen->directory);
    }
    struct carriers carriers = carriers_find(arena);
    for (unsigned i = 0; i < carriers.count; i++) {
        const struct carrier *carrier = &carriers.items[i];
        if (!carrier->trace || (pid && carrier->pid != pid))
            continue;
        const char *trace = arena_print(arena, "/proc/%d/root%s", carrier->pid, carrier->trace);
        if (chosen->directory && !lies_in(arena, trace, chosen->directory))
            continue;
        chosen->items =
            arena_grow(arena, chosen->items, sizeof *chosen->items, chosen->count, &chosen->room);
        chosen->items[chosen->count++] = (struct target){.pid = carrier->pid,
                                                         .own_pid = carrier->own_pid,
                                                         .name = carrier->name,
                                                         .trace = trace};
    }
    if (chosen->count)
        return 0;
    return pid ? error_set(error,
                           "process %d has no trace of shunt; shunt ps lists those that have", pid)
               : error_set(error,
                           "%s: no process writes its trace there now; shunt ps lists those that "
                           "do elsewhere",
                           chosen->directory);
}

static bool same_trace(const struct target *a, const struct target *b)
{
    struct stat one, other;
    return stat(a->trace, &one) == 0 && stat(b->trace, &other) == 0 && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

/* Fork children share their parent's trace. */
static bool is_first(const struct chosen *chosen, unsigned index)
{
    for (unsigned i = 0; i < index; i++)
        if (same_trace(&chosen->items[i], &chosen->items[index]))
            return false;
    return true;
}

/* ---- apply ---- */

/* Waits a moment for the process's next call, and tells what became of it. 0, or -1: refused. */
static int tell(const struct target *target, int64_t generation)
{
    const char *why = NULL;
    enum policy_handed state = HANDED_WAITING;
    for (int i = 0; i < WAIT_TRIES; i++) {
        state = policy_hand_state(target->trace, target->own_pid, generation, &why);
        if (state != HANDED_WAITING)
            break;
        nanosleep(&(struct timespec){0, WAIT_NS}, NULL);
    }
    if (state == HANDED_REFUSED)
        printf("%d %s: refused, it %s; the policy before it stays in force\n", target->pid,
               target->name, why);
    else
        printf("%d %s: %s\n", target->pid, target->name,
               state == HANDED_TAKEN ? "in force" : "handed over; it takes it at its next call");
    return state == HANDED_REFUSED ? -1 : 0;
}

static int hand_to_all(const struct chosen *chosen, const struct policy_compiled *compiled,
                       struct error *error)
{
    int result = 0;
    for (unsigned i = 0; i < chosen->count && !*error->text; i++) {
        if (!is_first(chosen, i))
            continue;
        int64_t generation = policy_hand(chosen->items[i].trace, compiled, error);
        result = generation < 0 ? -1 : result;
        for (unsigned j = i; generation >= 0 && j < chosen->count; j++)
            if (same_trace(&chosen->items[i], &chosen->items[j]) &&
                tell(&chosen->items[j], generation) < 0)
                result = -1;
    }
    return result;
}

static int apply(const char *path, const char *what)
{
    struct arena arena = {0};
    struct error error = {""};
    struct chosen chosen;
    int result = choose(&chosen, &arena, what, &error);
    if (result == 0) {
        const char **traces = ARENA_ARRAY(&arena, const char *, chosen.count);
        unsigned count = 0;
        for (unsigned i = 0; i < chosen.count; i++)
            if (is_first(&chosen, i))
                traces[count++] = chosen.items[i].trace;
        struct policy_compiled compiled;
        result = policy_use_compile(&compiled, &arena, path, NULL, traces, count, &error);
        if (result == 0 && chosen.directory)
            result = policy_use_leave(&compiled, &arena, chosen.directory, &error) ? 0 : -1;
        if (result == 0)
            result = hand_to_all(&chosen, &compiled, &error);
    }
    if (*error.text)
        fprintf(stderr, "shunt policy apply: %s\n", error.text);
    arena_release(&arena);
    return result == 0 ? EXIT_FINE : EXIT_FAILED;
}

static int run_apply(int argc, char **argv)
{
    int parsed = arguments_few("policy apply", argc, argv, help_apply, NULL);
    if (parsed)
        return parsed < 0 ? EXIT_USAGE : EXIT_FINE;
    if (argc - optind < 1 || argc - optind > 2) {
        fputs("shunt policy apply: name a policy and at most one directory or process\n", stderr);
        return EXIT_USAGE;
    }
    return apply(argv[optind], argv[optind + 1]);
}

/* ---- status ---- */

/* A child that is another program was not compiled for: what it has loaded is known only now. */
static void propose(struct page *page, const struct report_process *process, int pid)
{
    uint64_t unknown = 0;
    for (unsigned i = 0; i < process->rule_count; i++)
        unknown += process->rules[i].in_place[REASON_UNKNOWN];
    if (unknown)
        page_line(page, "  to compile it for what it has loaded: shunt policy apply FILE %d", pid);
}

static int show_target(struct page *page, const struct target *target, struct error *error)
{
    struct reader *reader;
    if (reader_open(&reader, target->trace, error) < 0)
        return -1;
    struct build build = {.arena = page->arena};
    struct report_process process = {.pid = target->own_pid,
                                     .forked = reader_header(reader)->pid != target->own_pid};
    struct source source = {.build = &build, .reader = reader, .process = &process};
    rules_hit_fill_latest(&source);
    page_line(page, "%d %s", target->pid, target->name);
    if (process.policies) {
        parts_rules(page, &process);
        propose(page, &process, target->pid);
    } else {
        page_line(page, "  no policy");
    }
    reader_close(reader);
    return 0;
}

static int status(const char *what)
{
    struct arena arena = {0};
    struct error error = {""};
    struct chosen chosen;
    struct page page = {.out = stdout, .arena = &arena};
    int result = choose(&chosen, &arena, what, &error);
    for (unsigned i = 0; result == 0 && i < chosen.count; i++)
        result = show_target(&page, &chosen.items[i], &error);
    if (*error.text)
        fprintf(stderr, "shunt policy status: %s\n", error.text);
    arena_release(&arena);
    return result == 0 ? EXIT_FINE : EXIT_FAILED;
}

static int run_status(int argc, char **argv)
{
    int parsed = arguments_few("policy status", argc, argv, help_status, NULL);
    if (parsed)
        return parsed < 0 ? EXIT_USAGE : EXIT_FINE;
    if (argc - optind > 1) {
        fputs("shunt policy status: one directory or process at a time\n", stderr);
        return EXIT_USAGE;
    }
    return status(argv[optind]);
}

const struct command policy_command_apply = {.name = "apply", .help = help_apply, .run = run_apply};
const struct command policy_command_status = {
    .name = "status", .help = help_status, .run = run_status};
