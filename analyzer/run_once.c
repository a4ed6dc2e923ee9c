/* SPDX-License-Identifier: MIT
 *
 * See run_once.h.
 */
#include "run_once.h"

#include "command.h"
#include "preload_env.h"
#include "run_record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The auditor could not take hold. */
static const char *audit_obstacle(const struct run_setup *setup, int error)
{
    if (!setup->options.audit)
        return NULL;
    return error == -EPERM    ? "this process may not trace others (ptrace)"
           : error == -ENOSYS ? "that needs Linux 5.3"
                              : NULL;
}

static int start_status(int error)
{
    switch (error) {
    case -ENOENT:
        return EXIT_NOT_FOUND;
    case -ENOMEM:
    case -EAGAIN:
    case -EMFILE:
        return EXIT_SETUP;
    default:
        return EXIT_NOT_EXECUTABLE;
    }
}

static int start_program(struct run_once *run, char **environment)
{
    const struct run_setup *setup = run->setup;
    struct launch_hook hook = {.before = auditor_seize, .data = &run->auditor};
    if (!setup->options.audit)
        return launch_start(&run->launch, setup->path, setup->argv, environment, NULL);
    int error = auditor_start(&run->auditor, setup->dir.path, setup->library);
    if (error)
        return error;
    hook.tracer = run->auditor.pid;
    error = launch_start(&run->launch, setup->path, setup->argv, environment, &hook);
    if (error)
        auditor_cancel(&run->auditor);
    return error;
}

int run_once_start(struct run_once *run, struct run_setup *setup, bool observed,
                   struct error *error)
{
    *run = (struct run_once){.setup = setup, .observed = observed && !setup->gap[0]};
    struct preload_options preload = {.library = setup->library,
                                      .first = setup->first,
                                      .dir = setup->dir.path,
                                      .threshold_ns = setup->options.threshold_ns,
                                      .no_python = !setup->options.python,
                                      .max_size = setup->options.max_size,
                                      .policy = *setup->policy ? setup->policy : NULL,
                                      .route =
                                          setup->options.route_calls ? NULL : setup->options.route};
    char **environment = preload_env_make(run->observed ? &preload : NULL, setup->path);
    int result = environment ? start_program(run, environment) : -ENOMEM;
    preload_env_free(environment);
    if (!result)
        return 0;
    const char *obstacle = audit_obstacle(setup, result);
    if (obstacle) {
        error_set(error, "cannot audit %s: %s; without --audit it runs", setup->path, obstacle);
        return EXIT_SETUP;
    }
    error_set(error, "cannot run %s: %s", setup->path, strerror(-result));
    return start_status(result);
}

static void check_handshake(const struct run_once *run)
{
    struct run_setup *setup = run->setup;
    switch (trace_dir_handshake(&setup->dir, run->launch.pid)) {
    case HANDSHAKE_DONE:
        return;
    case HANDSHAKE_UNFINISHED:
        snprintf(setup->gap, sizeof setup->gap,
                 "%s was not observed: it ended before libshunt.so was ready, or there was no room "
                 "for a trace in %s",
                 setup->path, setup->dir.path);
        break;
    case HANDSHAKE_NONE:
        snprintf(setup->gap, sizeof setup->gap,
                 "%s was not observed: libshunt.so did not report from it; shunt doctor %s may "
                 "tell why",
                 setup->path, setup->argv[0]);
        break;
    }
}

void run_once_wait(struct run_once *run)
{
    struct launch *launch = &run->launch;
    const struct run_options *options = &run->setup->options;
    if (run->observed && options->completeness && !options->audit)
        run->sampler = sampler_new(run->setup->dir.path, launch->pid, launch->started_monotonic_ns);
    launch_wait(launch, run->sampler ? sampler_tick : NULL, run->sampler);
    if (run->sampler)
        sampler_finish(run->sampler);
    if (options->audit)
        run->audited = auditor_finish(&run->auditor);
    run->end = launch_reap(launch);
    if (run->observed)
        check_handshake(run);
}

int run_once_record(const struct run_once *run)
{
    struct run_setup *setup = run->setup;
    struct run_record record = {.command = setup->argv,
                                .launch = &run->launch,
                                .end = run->end,
                                .sampler = run->sampler,
                                .gap = setup->gap[0] ? setup->gap : NULL,
                                .audited = setup->options.audit};
    return run_record_write(&record, setup->dir.path);
}

void run_once_release(struct run_once *run)
{
    sampler_free(run->sampler);
    run->sampler = NULL;
}
