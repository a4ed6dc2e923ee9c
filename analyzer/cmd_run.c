/* SPDX-License-Identifier: MIT
 *
 * `shunt run`: starts a program with the library in it, waits for it as a shell would, and leaves a
 * directory of traces. What can be known to fail is said before anything starts.
 */
#include "command.h"
#include "elf_facts.h"
#include "launch.h"
#include "preload_env.h"
#include "run_record.h"
#include "sampler.h"
#include "trace_dir.h"
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
    "  --shared-dir       let other users write to DIR, for programs that drop their\n"
    "                     rights after the start\n"
    "  --help             this text\n"
    "\n"
    "The environment can say the same: SHUNT_OUTPUT, SHUNT_THRESHOLD,\n"
    "SHUNT_MAX_SIZE, SHUNT_COMPLETENESS=0, SHUNT_SHARED_DIR=1; the command line\n"
    "wins. SHUNT_LIBRARY names another libshunt.so.\n"
    "\n"
    "exit status: the command's own; a signal that ended it ends shunt run too.\n"
    "125: the run could not be set up, nothing was started. 126: COMMAND cannot be\n"
    "executed. 127: COMMAND was not found.\n"
    "\n"
    "Signals sent to shunt run are passed on to the command, but for SIGKILL and\n"
    "SIGSTOP, which nobody can pass on. The command's parent is shunt run and not\n"
    "your shell: the one difference that it can see.\n"
    "\n"
    "examples:\n"
    "  shunt run -- ./server --port 8080     then: shunt report\n"
    "  shunt run --threshold 1ms -o /tmp/%e.%p -- redis-server redis.conf\n"
    "  shunt run -- python3 app.py\n";

struct options {
    const char *output; /* NULL: the default name */
    uint64_t threshold_ns;
    uint64_t max_size;
    bool completeness;
    bool shared_dir;
};

static int complain(int status, const char *what, const char *which, const char *why)
{
    fprintf(stderr, "shunt: %s%s%s%s%s\n", what, which ? " " : "", which ? which : "",
            why ? ": " : "", why ? why : "");
    return status;
}

/* ---- options ---- */

static int set_threshold(struct options *options, const char *text)
{
    if (units_parse_time(text, &options->threshold_ns) == 0)
        return 0;
    return complain(EXIT_SETUP, "no such threshold:", text,
                    "a number with ns, us, ms or s is needed, such as 100us");
}

static int set_max_size(struct options *options, const char *text)
{
    if (units_parse_size(text, &options->max_size) < 0)
        return complain(EXIT_SETUP, "no such size:", text,
                        "a number with K, M or G is needed, such as 64M");
    if (options->max_size < TRACE_MIN_SIZE)
        return complain(EXIT_SETUP, "--max-size", text, "a trace needs at least 1M");
    return 0;
}

static const char *mirror(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static int read_environment(struct options *options)
{
    const char *text;
    int status = 0;
    options->output = mirror("SHUNT_OUTPUT");
    if ((text = mirror("SHUNT_THRESHOLD")))
        status = set_threshold(options, text);
    if (!status && (text = mirror("SHUNT_MAX_SIZE")))
        status = set_max_size(options, text);
    if ((text = mirror("SHUNT_COMPLETENESS")))
        options->completeness = strcmp(text, "0") != 0;
    if ((text = mirror("SHUNT_SHARED_DIR")))
        options->shared_dir = strcmp(text, "0") != 0;
    return status;
}

enum option_id {
    OPTION_THRESHOLD = 256,
    OPTION_MAX_SIZE,
    OPTION_NO_COMPLETENESS,
    OPTION_SHARED_DIR
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"threshold", required_argument, NULL, OPTION_THRESHOLD},
    {"max-size", required_argument, NULL, OPTION_MAX_SIZE},
    {"no-completeness", no_argument, NULL, OPTION_NO_COMPLETENESS},
    {"shared-dir", no_argument, NULL, OPTION_SHARED_DIR},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* 0; an exit status; or -1 when help was asked for and given. */
static int read_options(struct options *options, int argc, char **argv)
{
    int status = read_environment(options);
    optind = 1;
    for (int option;
         !status && (option = getopt_long(argc, argv, "+ho:", long_options, NULL)) != -1;) {
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
        case OPTION_SHARED_DIR:
            options->shared_dir = true;
            break;
        case 'h':
            fputs(help, stdout);
            return -1;
        default: /* getopt has said what is wrong */
            return EXIT_SETUP;
        }
    }
    if (!status && optind == argc)
        return complain(EXIT_SETUP, "which command? Say: shunt run -- COMMAND [ARGUMENT]...", NULL,
                        NULL);
    return status;
}

/* ---- before the start ---- */

static int find_program(const char *command, char *path, size_t size)
{
    int error = elf_facts_find(command, path, size);
    switch (error) {
    case 0:
        return 0;
    case -ENOENT:
    case -ENOTDIR:
        return complain(EXIT_NOT_FOUND, "cannot run", command,
                        strchr(command, '/') ? "no such file" : "no such command in PATH");
    case -EISDIR:
        return complain(EXIT_NOT_EXECUTABLE, "cannot run", command, "it is a directory");
    case -EACCES:
        return complain(EXIT_NOT_EXECUTABLE, "cannot run", command,
                        "it is not executable (chmod +x?)");
    default:
        return complain(EXIT_NOT_EXECUTABLE, "cannot run", command, strerror(-error));
    }
}

/* Fills in `gap` with why nothing of this image can be seen; empty: it can be observed. */
static int judge_program(const char *path, char *gap, size_t size)
{
    struct elf_facts facts;
    gap[0] = '\0';
    int error = elf_facts_read(&facts, path);
    if (error == -ENOEXEC && elf_facts_is_plain_script(facts.path))
        error = elf_facts_read(&facts, "/bin/sh");
    if (error == -ENOENT && facts.scripts)
        return complain(EXIT_NOT_FOUND, "cannot run", path,
                        "the interpreter in its #! line is missing");
    if (error == -EACCES) {
        snprintf(gap, size, "%s cannot be read by us, so it is not known what it is", facts.path);
        return 0;
    }
    if (error)
        return complain(EXIT_NOT_EXECUTABLE, "cannot run", path, strerror(-error));
    const char *obstacle = elf_facts_obstacle(&facts);
    if (obstacle)
        snprintf(gap, size, "%s %s", facts.path, obstacle);
    else if (facts.loader_missing)
        return complain(EXIT_NOT_FOUND, "cannot run", path, "its loader is missing on this system");
    return 0;
}

static int find_library(char **library)
{
    *library = preload_env_find_library();
    if (!*library)
        return complain(EXIT_SETUP, "libshunt.so was not found", NULL,
                        "install shunt completely, or say where it is with SHUNT_LIBRARY");
    if (strpbrk(*library, ": "))
        return complain(EXIT_SETUP,
                        "libshunt.so lies in a path with a blank or colon,"
                        " which LD_PRELOAD cannot express:",
                        *library, NULL);
    return 0;
}

static int make_dir(struct trace_dir *dir, const struct options *options, const char *program)
{
    int error = trace_dir_make(dir, options->output, program, options->shared_dir);
    switch (error) {
    case 0:
        return 0;
    case -EEXIST:
        return complain(EXIT_SETUP, "cannot write traces to", dir->path,
                        "it holds traces of another run; name another directory with -o");
    case -EINVAL:
        return complain(EXIT_SETUP, "no such directory name:", dir->path,
                        "after % only p, h, e and % mean something");
    default:
        return complain(EXIT_SETUP, "cannot write traces to", dir->path, strerror(-error));
    }
}

/* ---- the run ---- */

struct run {
    struct options options;
    char path[PATH_MAX];
    char **argv;
    char *library;
    struct trace_dir dir;
    struct launch launch;
    struct sampler *sampler;
    char gap[2 * PATH_MAX + 256];
};

static int prepare(struct run *run)
{
    int status = find_program(run->argv[0], run->path, sizeof run->path);
    if (!status)
        status = judge_program(run->path, run->gap, sizeof run->gap);
    if (!status)
        status = find_library(&run->library);
    if (!status)
        status = make_dir(&run->dir, &run->options, run->argv[0]);
    if (!status && run->gap[0])
        fprintf(stderr, "shunt: %s; it runs unobserved\n", run->gap);
    return status;
}

static int start(struct run *run)
{
    struct preload_options preload = {.library = run->library,
                                      .dir = run->dir.path,
                                      .threshold_ns = run->options.threshold_ns,
                                      .max_size = run->options.max_size};
    char **environment = preload_env_make(run->gap[0] ? NULL : &preload, run->path);
    int error =
        environment ? launch_start(&run->launch, run->path, run->argv, environment) : -ENOMEM;
    preload_env_free(environment);
    if (!error)
        return 0;
    trace_dir_unmake(&run->dir);
    int status = error == -ENOENT                                           ? EXIT_NOT_FOUND
                 : error == -ENOMEM || error == -EAGAIN || error == -EMFILE ? EXIT_SETUP
                                                                            : EXIT_NOT_EXECUTABLE;
    return complain(status, "cannot run", run->path, strerror(-error));
}

static void check_handshake(struct run *run)
{
    if (run->gap[0])
        return;
    switch (trace_dir_handshake(&run->dir, run->launch.pid)) {
    case HANDSHAKE_DONE:
        return;
    case HANDSHAKE_UNFINISHED:
        snprintf(run->gap, sizeof run->gap,
                 "%s was not observed: it ended before libshunt.so was ready, or there was no room "
                 "for a trace in %s",
                 run->path, run->dir.path);
        break;
    case HANDSHAKE_NONE:
        snprintf(run->gap, sizeof run->gap,
                 "%s was not observed: libshunt.so did not report from it; shunt doctor %s may "
                 "tell why",
                 run->path, run->argv[0]);
        break;
    }
    fprintf(stderr, "shunt: %s\n", run->gap);
}

static int finish(struct run *run)
{
    if (run->sampler)
        sampler_finish(run->sampler);
    struct launch_end end = launch_reap(&run->launch);
    check_handshake(run);
    struct run_record record = {.command = run->argv,
                                .launch = &run->launch,
                                .end = end,
                                .sampler = run->sampler,
                                .gap = run->gap[0] ? run->gap : NULL};
    int error = run_record_write(&record, run->dir.path);
    if (error)
        complain(0, "cannot write run.json to", run->dir.path, strerror(-error));
    else if (!run->gap[0] && isatty(STDERR_FILENO))
        fprintf(stderr, "shunt: trace in %s; next: shunt report %s\n", run->dir.path,
                run->dir.path);
    sampler_free(run->sampler);
    if (end.signal) {
        launch_die_of(end.signal);
        return 128 + end.signal;
    }
    return end.exit_status;
}

static int run_command(int argc, char **argv)
{
    static struct run run; /* its paths are too much for a small stack */
    run.options = (struct options){
        .threshold_ns = DEFAULT_THRESHOLD_NS, .max_size = DEFAULT_MAX_SIZE, .completeness = true};
    int status = read_options(&run.options, argc, argv);
    if (status)
        return status < 0 ? EXIT_FINE : status;
    run.argv = argv + optind;
    status = prepare(&run);
    if (!status)
        status = start(&run);
    if (!status) {
        if (run.options.completeness && !run.gap[0])
            run.sampler =
                sampler_new(run.dir.path, run.launch.pid, run.launch.started_monotonic_ns);
        launch_wait(&run.launch, run.sampler ? sampler_tick : NULL, run.sampler);
        status = finish(&run);
    }
    free(run.library);
    return status;
}

const struct command command_run = {.name = "run",
                                    .summary = "run a program and record where it blocks",
                                    .help = help,
                                    .run = run_command};
