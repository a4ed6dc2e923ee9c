/* SPDX-License-Identifier: MIT
 *
 * `shunt run`: starts a program with the library in it, waits for it as a shell would, and leaves a
 * directory of traces. run_setup finds what can fail before anything starts; run_once is the run.
 */
#include "arguments.h"
#include "audit_page.h"
#include "calls.h"
#include "command.h"
#include "overhead.h"
#include "run_once.h"
#include "trace_format.h"
#include "units.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_THRESHOLD_NS 100000ull
#define DEFAULT_MAX_SIZE     (64ull << 20)

static const char help[] =
    "usage: shunt run [OPTIONS] [--] COMMAND [ARGUMENTS]\n"
    "\n"
    "Runs COMMAND and records every call in it that can block, by call site. It\n"
    "needs no change and no rebuild, only to be dynamically linked against glibc\n"
    "(shunt doctor COMMAND tells). Its children are recorded too, each program in\n"
    "a file of its own.\n"
    "\n"
    "  -o, --output DIR   where the traces go (default shunt.out, then shunt.out.1,\n"
    "                     ...); %p becomes the pid of shunt run, %h the host's name,\n"
    "                     %e the command's. A directory with traces is refused\n"
    "  --threshold TIME   from how long a call counts as blocked: a number with ns,\n"
    "                     us, ms or s (100us)\n"
    "  --max-size SIZE    the most a trace file may grow to: a number with K, M or G\n"
    "                     (64M)\n"
    "  --no-completeness  do not watch the threads from outside; the report cannot\n"
    "                     say then how much of the waiting it explains\n"
    "  --audit            trace every system call as well (ptrace), and show which\n"
    "                     passed outside the recorded calls, why, and who made them;\n"
    "                     much slower, and completeness is then not measured\n"
    "  --no-python        do not name calls by Python line; without it each call of a\n"
    "                     CPython thread (3.8 to 3.13) is counted with its frames\n"
    "  --route ROUTE      pool: every call that may move is made by a pool of worker\n"
    "                     threads while its caller waits: results, errors and\n"
    "                     signals are as without, but the workers can be seen (ps).\n"
    "                     green: other green threads run while the call waits, where\n"
    "                     a green runtime is known. ROUTE:CALL,... only these calls\n"
    "  --policy FILE      calls that its rules take are routed as they say; checked\n"
    "                     and compiled before COMMAND starts (shunt policy --help)\n"
    "  --shared-dir       let other users write to DIR, for programs that drop their\n"
    "                     rights after the start\n"
    "  --compare N        run COMMAND N times (1 to 100) bare and N times observed,\n"
    "                     by turns, and tell what observing costs in time, CPU and\n"
    "                     memory\n"
    "  --help             this text\n"
    "\n"
    "The environment can say the same: SHUNT_OUTPUT, SHUNT_THRESHOLD,\n"
    "SHUNT_MAX_SIZE, SHUNT_COMPLETENESS=0, SHUNT_SHARED_DIR=1, SHUNT_AUDIT=1,\n"
    "SHUNT_PYTHON=0, SHUNT_ROUTE, SHUNT_POLICY; the command line wins.\n"
    "SHUNT_LIBRARY names another libshunt.so.\n"
    "\n"
    "exit status: the command's own; a signal that ended it ends shunt run too.\n"
    "125: the run could not be set up, nothing was started. 126: COMMAND cannot be\n"
    "executed. 127: COMMAND was not found.\n"
    "\n"
    "Signals sent to shunt run are passed on to the command, but for SIGKILL and\n"
    "SIGSTOP, which nobody can pass on. The command's parent is shunt run and not\n"
    "your shell: the one difference that it can see.\n"
    "\n"
    "With --compare COMMAND reads /dev/null, what it writes is compared and thrown\n"
    "away, and the last observed run's traces stay in DIR. If runs end with different\n"
    "statuses, that of shunt run is 125.\n"
    "\n"
    "examples:\n"
    "  shunt run -- ./server --port 8080     then: shunt report\n"
    "  shunt run --threshold 1ms -o /tmp/%e.%p -- redis-server redis.conf\n"
    "  shunt run -- python3 app.py\n"
    "  shunt run --compare 5 -- make test    what does observing cost?\n";

static int complain(int status, const char *what, const char *which, const char *why)
{
    fprintf(stderr, "shunt: %s%s%s%s%s\n", what, which ? " " : "", which ? which : "",
            why ? ": " : "", why ? why : "");
    return status;
}

/* ---- options ---- */

static int set_threshold(struct run_options *options, const char *text)
{
    if (units_parse_time(text, &options->threshold_ns) == 0)
        return 0;
    return complain(EXIT_SETUP, "no such threshold:", text,
                    "a number with ns, us, ms or s is needed, such as 100us");
}

static int set_max_size(struct run_options *options, const char *text)
{
    if (units_parse_size(text, &options->max_size) < 0)
        return complain(EXIT_SETUP, "no such size:", text,
                        "a number with K, M or G is needed, such as 64M");
    if (options->max_size < TRACE_MIN_SIZE)
        return complain(EXIT_SETUP, "--max-size", text, "a trace needs at least 1M");
    return 0;
}

/* The row of a call's name, or of a twin's; NULL. */
static const struct call_info *find_call(const char *name, size_t length)
{
    for (unsigned i = 0; i < CALL_COUNT; i++)
        if (strlen(call_infos[i].name) == length && strncmp(call_infos[i].name, name, length) == 0)
            return &call_infos[i];
    return NULL;
}

static int check_calls(const char *list)
{
    for (size_t length; *list; list += length + (list[length] == ',')) {
        length = strcspn(list, ",");
        const struct call_info *call = find_call(list, length);
        if (!call)
            return complain(EXIT_SETUP, "--route", list,
                            "no such call; \"shunt calls\" lists them");
        if (call->move == MOVE_NEVER)
            return complain(EXIT_SETUP, "cannot move", call->name,
                            "it is bound to the thread that makes it");
    }
    return 0;
}

/* ROUTE, or ROUTE:CALL,... */
static int set_route(struct run_options *options, const char *text)
{
    static const char *const routes[] = {"pool", "green"};
    for (unsigned i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t length = strlen(routes[i]);
        const char *list = text[length] == ':' && text[length + 1] ? text + length + 1 : NULL;
        if (strncmp(text, routes[i], length) != 0 || (text[length] && !list))
            continue;
        options->route = routes[i];
        options->route_calls = list;
        return list ? check_calls(list) : 0;
    }
    return complain(EXIT_SETUP, "no such route:", text,
                    "there are pool, green, and each with :CALL,...");
}

static const char *mirror(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int read_environment(struct run_options *options)
{
    const char *text;
    int status = 0;
    options->output = mirror("SHUNT_OUTPUT");
    if ((text = mirror("SHUNT_THRESHOLD")))
        status = set_threshold(options, text);
    if (!status && (text = mirror("SHUNT_MAX_SIZE")))
        status = set_max_size(options, text);
    if (!status && (text = mirror("SHUNT_ROUTE")))
        status = set_route(options, text);
    options->policy = mirror("SHUNT_POLICY");
    if ((text = mirror("SHUNT_COMPLETENESS")))
        options->completeness = strcmp(text, "0") != 0;
    if ((text = mirror("SHUNT_SHARED_DIR")))
        options->shared_dir = strcmp(text, "0") != 0;
    if ((text = mirror("SHUNT_PYTHON")))
        options->python = strcmp(text, "0") != 0;
    if ((text = mirror("SHUNT_AUDIT")))
        options->audit = strcmp(text, "0") != 0;
    return status;
}

enum option_id {
    OPTION_THRESHOLD = 256,
    OPTION_MAX_SIZE,
    OPTION_NO_COMPLETENESS,
    OPTION_SHARED_DIR,
    OPTION_COMPARE,
    OPTION_AUDIT,
    OPTION_NO_PYTHON,
    OPTION_ROUTE,
    OPTION_POLICY
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"threshold", required_argument, NULL, OPTION_THRESHOLD},
    {"max-size", required_argument, NULL, OPTION_MAX_SIZE},
    {"no-completeness", no_argument, NULL, OPTION_NO_COMPLETENESS},
    {"shared-dir", no_argument, NULL, OPTION_SHARED_DIR},
    {"compare", required_argument, NULL, OPTION_COMPARE},
    {"audit", no_argument, NULL, OPTION_AUDIT},
    {"no-python", no_argument, NULL, OPTION_NO_PYTHON},
    {"route", required_argument, NULL, OPTION_ROUTE},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* 0; an exit status; or -1 when help was asked for and given. */
static int read_options(struct run_options *options, int argc, char **argv)
{
    int status = read_environment(options);
    optind = 1;
    for (int option;
         !status && (option = arguments_next("run", argc, argv, "+ho:", long_options)) != -1;) {
        switch (option) {
        case 'o':
            options->output = optarg;
            break;
        case OPTION_THRESHOLD:
            status = set_threshold(options, optarg);
            break;
        case OPTION_MAX_SIZE:
            status = set_max_size(options, optarg);
            break;
        case OPTION_NO_COMPLETENESS:
            options->completeness = false;
            break;
        case OPTION_NO_PYTHON:
            options->python = false;
            break;
        case OPTION_SHARED_DIR:
            options->shared_dir = true;
            break;
        case OPTION_COMPARE:
            if (arguments_number(optarg, 1, OVERHEAD_PAIRS_MOST, &options->compare) < 0)
                status = complain(EXIT_SETUP, "--compare", optarg,
                                  "it takes a number of pairs from 1 to 100");
            break;
        case OPTION_AUDIT:
            options->audit = true;
            break;
        case OPTION_ROUTE:
            status = set_route(options, optarg);
            break;
        case OPTION_POLICY:
            options->policy = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return -1;
        default: /* getopt has said what is wrong */
            return EXIT_SETUP;
        }
    }
    if (!status && options->compare && options->audit)
        return complain(EXIT_SETUP, "--compare and --audit do not go together", NULL,
                        "tracing would be what is measured");
    if (!status && options->policy && options->route)
        return complain(EXIT_SETUP, "--policy and --route do not go together", NULL,
                        "a route is a policy of its own");
    if (!status && optind == argc)
        return complain(EXIT_SETUP, "which command? Say: shunt run -- COMMAND [ARGUMENT]...", NULL,
                        NULL);
    return status;
}

/* ---- the run ---- */

/* On stderr, where all that is ours goes: standard output is the program's. */
static void show_audit(const struct run_once *run)
{
    struct arena arena = {0};
    struct error error = {""};
    struct page page = {.out = stderr, .arena = &arena};
    const struct audit_info *info = NULL;
    if (run->audited)
        info = audit_info_read(&arena, run->setup->dir.path, &error);
    if (info)
        audit_page(&page, info);
    else
        complain(0, "the audit was lost", NULL,
                 error.text[0] ? error.text : "its process ended before it could write it");
    arena_release(&arena);
}

/* Tells how it went and ends as the program ended. */
static int finish(const struct run_once *run, bool gap_known)
{
    const struct run_setup *setup = run->setup;
    if (setup->gap[0] && !gap_known)
        fprintf(stderr, "shunt: %s\n", setup->gap);
    if (setup->options.audit)
        show_audit(run);
    int error = run_once_record(run);
    if (error)
        complain(0, "cannot write run.json to", setup->dir.path, strerror(-error));
    else if (!setup->gap[0] && isatty(STDERR_FILENO))
        fprintf(stderr, "shunt: trace in %s; next: shunt report %s\n", setup->dir.path,
                setup->dir.path);
    if (run->end.signal) {
        launch_die_of(run->end.signal);
        return 128 + run->end.signal;
    }
    return run->end.exit_status;
}

static int run_and_tell(struct run_setup *setup)
{
    struct error error = {""};
    struct run_once run;
    bool gap_known = setup->gap[0] != '\0';
    if (gap_known)
        fprintf(stderr, "shunt: %s; it runs unobserved\n", setup->gap);
    int status = run_once_start(&run, setup, true, &error);
    if (status) {
        trace_dir_unmake(&setup->dir);
        return complain(status, error.text, NULL, NULL);
    }
    run_once_wait(&run);
    status = finish(&run, gap_known);
    run_once_release(&run);
    return status;
}

/* Pairs of runs; ends as the command did, if all runs ended alike. */
static int compare_and_tell(struct run_setup *setup)
{
    static struct overhead overhead; /* too much for a small stack */
    struct error error = {""};
    if (setup->gap[0]) {
        trace_dir_unmake(&setup->dir);
        return complain(EXIT_SETUP, setup->gap, NULL, "nothing to compare");
    }
    overhead = (struct overhead){.setup = setup, .pairs = (unsigned)setup->options.compare};
    int status = overhead_make(&overhead, &error);
    overhead_print(&overhead, stdout);
    if (status) {
        trace_dir_unmake(&setup->dir);
        return complain(status, error.text, NULL, NULL);
    }
    if (overhead.done)
        printf("Traces of the last observed run: %s\n", setup->dir.path);
    fflush(stdout);
    if (overhead.interrupted) {
        launch_die_of(overhead.interrupted);
        return 128 + overhead.interrupted;
    }
    if (!overhead_agrees(&overhead))
        return complain(EXIT_SETUP, "the runs ended with different statuses", NULL, NULL);
    return overhead.first.signal ? 128 + overhead.first.signal : overhead.first.exit_status;
}

static int run_command(int argc, char **argv)
{
    static struct run_setup setup; /* its paths are too much for a small stack */
    setup.options = (struct run_options){.threshold_ns = DEFAULT_THRESHOLD_NS,
                                         .max_size = DEFAULT_MAX_SIZE,
                                         .completeness = true,
                                         .python = true};
    int status = read_options(&setup.options, argc, argv);
    if (status)
        return status < 0 ? EXIT_FINE : status;
    setup.argv = argv + optind;
    struct error error = {""};
    status = run_setup_make(&setup, &error);
    if (status)
        complain(status, error.text, NULL, NULL);
    else
        status = setup.options.compare ? compare_and_tell(&setup) : run_and_tell(&setup);
    run_setup_release(&setup);
    return status;
}

const struct command command_run = {.name = "run",
                                    .summary = "run a program and record where it blocks",
                                    .help = help,
                                    .run = run_command};
