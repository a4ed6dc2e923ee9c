/* SPDX-License-Identifier: MIT
 *
 * See run_setup.h.
 */
#include "run_setup.h"

#include "command.h"
#include "elf_facts.h"
#include "policy_use.h"
#include "preload_env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int refuse(struct error *error, int status, const char *what, const char *which,
                  const char *why)
{
    error_set(error, "%s%s%s%s%s", what, which ? " " : "", which ? which : "", why ? ": " : "",
              why ? why : "");
    return status;
}

static int find_program(const char *command, char *path, size_t size, struct error *error)
{
    int result = elf_facts_find(command, path, size);
    switch (result) {
    case 0:
        return 0;
    case -ENOENT:
    case -ENOTDIR:
        return refuse(error, EXIT_NOT_FOUND, "cannot run", command,
                      strchr(command, '/') ? "no such file" : "no such command in PATH");
    case -EISDIR:
        return refuse(error, EXIT_NOT_EXECUTABLE, "cannot run", command, "it is a directory");
    case -EACCES:
        return refuse(error, EXIT_NOT_EXECUTABLE, "cannot run", command,
                      "it is not executable (chmod +x?)");
    default:
        return refuse(error, EXIT_NOT_EXECUTABLE, "cannot run", command, strerror(-result));
    }
}

/* Fills in what has to come first, and `gap` with why nothing of this image can be seen; empty: it
 * can be observed. */
static int judge_program(struct run_setup *setup, struct error *error)
{
    struct elf_facts facts;
    const char *path = setup->path;
    setup->gap[0] = '\0';
    int result = elf_facts_read(&facts, path);
    if (result == -ENOEXEC && elf_facts_is_plain_script(facts.path))
        result = elf_facts_read(&facts, "/bin/sh");
    if (result == -ENOENT && facts.scripts)
        return refuse(error, EXIT_NOT_FOUND, "cannot run", path,
                      "the interpreter in its #! line is missing");
    if (result == -EACCES) {
        snprintf(setup->gap, sizeof setup->gap,
                 "%s cannot be read by us, so it is not known what it is", facts.path);
        return 0;
    }
    if (result)
        return refuse(error, EXIT_NOT_EXECUTABLE, "cannot run", path, strerror(-result));
    snprintf(setup->first, sizeof setup->first, "%s", facts.first);
    const char *obstacle = elf_facts_obstacle(&facts);
    if (obstacle)
        snprintf(setup->gap, sizeof setup->gap, "%s %s", facts.path, obstacle);
    else if (facts.loader_missing)
        return refuse(error, EXIT_NOT_FOUND, "cannot run", path,
                      "its loader is missing on this system");
    return 0;
}

static int find_library(char **library, struct error *error)
{
    *library = preload_env_find_library();
    if (!*library)
        return refuse(error, EXIT_SETUP, "libshunt.so was not found", NULL,
                      "install shunt completely, or say where it is with SHUNT_LIBRARY");
    if (strpbrk(*library, ": "))
        return refuse(error, EXIT_SETUP,
                      "libshunt.so lies in a path with a blank or colon,"
                      " which LD_PRELOAD cannot express:",
                      *library, NULL);
    return 0;
}

static int make_dir(struct trace_dir *dir, const struct run_options *options, const char *program,
                    struct error *error)
{
    int result = trace_dir_make(dir, options->output, program, options->shared_dir);
    switch (result) {
    case 0:
        return 0;
    case -EEXIST:
        return refuse(error, EXIT_SETUP, "cannot write traces to", dir->path,
                      "it holds traces of another run; name another directory with -o");
    case -EINVAL:
        return refuse(error, EXIT_SETUP, "no such directory name:", dir->path,
                      "after % only p, h, e and % mean something");
    default:
        return refuse(error, EXIT_SETUP, "cannot write traces to", dir->path, strerror(-result));
    }
}

static int make_policy(struct run_setup *setup, struct error *error)
{
    struct arena arena = {0};
    struct policy_compiled compiled;
    const struct run_options *options = &setup->options;
    const char *where = setup->path, *path = NULL, *text = NULL;
    if (!options->policy && !options->route_calls)
        return 0;
    if (options->route_calls)
        text = arena_print(&arena,
                           "version: 1\nrules:\n  - id: route\n    match: { call: [%s] }\n"
                           "    route: %s\n",
                           options->route_calls, options->route);
    if (policy_use_compile(&compiled, &arena, text ? "--route" : options->policy, text, &where, 1,
                           error) == 0)
        path = policy_use_leave(&compiled, &arena, setup->dir.path, error);
    if (path)
        snprintf(setup->policy, sizeof setup->policy, "%s", path);
    else
        trace_dir_unmake(&setup->dir);
    arena_release(&arena);
    return path ? 0 : EXIT_SETUP;
}

int run_setup_make(struct run_setup *setup, struct error *error)
{
    int status = find_program(setup->argv[0], setup->path, sizeof setup->path, error);
    if (!status)
        status = judge_program(setup, error);
    if (!status)
        status = find_library(&setup->library, error);
    if (!status)
        status = make_dir(&setup->dir, &setup->options, setup->argv[0], error);
    if (!status)
        status = make_policy(setup, error);
    return status;
}

void run_setup_release(struct run_setup *setup)
{
    free(setup->library);
    setup->library = NULL;
}
