/* SPDX-License-Identifier: MIT
 *
 * See built.h.
 */
#include "built.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static void forget(void)
{
    unlink(path);
}

const char *built_cut(struct builder *b, size_t size)
{
    snprintf(path, sizeof path, "/tmp/shunt-unit-%d.shunt", (int)getpid());
    cr_assert_eq(builder_write(b, path, size), 0);
    builder_free(b);
    atexit(forget);
    return path;
}

const char *built_file(struct builder *b)
{
    return built_cut(b, 0);
}

struct reader *built_reader(struct builder *b)
{
    struct reader *reader = NULL;
    struct error error = {""};
    cr_assert_eq(reader_open(&reader, built_file(b), &error), 0, "%s", error.text);
    return reader;
}

void built_report_with(struct report *report, struct builder *b,
                       const struct report_options *options)
{
    struct error error = {""};
    const char *file = built_file(b);
    cr_assert_eq(report_build(report, &file, 1, options, &error), 0, "%s", error.text);
}

void built_report(struct report *report, struct builder *b, const char *const *wrappers)
{
    struct error error = {""};
    struct arena arena = {0};
    struct wrappers list = {0};
    struct report_options options = {.wrappers = &list, .all = true, .callers = 100};
    for (; wrappers && *wrappers; wrappers++)
        cr_assert_eq(wrappers_add(&arena, &list, *wrappers, &error), 0, "%s", error.text);
    built_report_with(report, b, &options);
    arena_release(&arena);
}

const struct report_site *built_site(const struct report *report, const char *call,
                                     const char *function)
{
    const struct report_process *process = report->processes[0];
    for (unsigned i = 0; i < process->site_count; i++)
        if (strcmp(process->sites[i]->call, call) == 0 &&
            strcmp(process->sites[i]->function, function) == 0)
            return process->sites[i];
    return NULL;
}
