/* SPDX-License-Identifier: MIT
 *
 * The analyzer on hostile bytes: whatever a trace file holds, building and rendering a report of it
 * ends, without a crash or a report of a sanitizer. Entry point of libFuzzer and of replay.c.
 */
#include "fuzz.h"

#include "baseline.h"
#include "render.h"
#include "render_diff.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void render_all(struct report *report, FILE *nowhere)
{
    struct error error;
    struct render_options options = {.top = 8, .all = true, .color = true, .again = ""};
    render_text(report, &options, nowhere, &error);
    render_json(report, &options, nowhere, &error);
    for (int by = 0; by < GROUP_KINDS; by++) {
        options.by = (enum report_grouping)by;
        render_group(report, &options, nowhere, &error);
    }
    if (report->process_count && report->processes[0]->site_count) {
        options.site = report->processes[0]->sites[0]->short_id;
        render_site(report, &options, nowhere, &error);
    }
}

/* A mark's copy may be as hostile as a trace. */
static void subtract_itself(const char *path)
{
    struct reader *now = NULL, *before = NULL;
    struct error error;
    if (reader_open(&now, path, &error) == 0 && reader_open(&before, path, &error) == 0)
        baseline_subtract(now, before, reader_header(now)->last_clock.ticks);
    reader_close(now);
    reader_close(before);
}

/* The trace with itself. */
static void compare(const char *path, FILE *nowhere)
{
    struct error error;
    struct diff diff;
    const struct report_options options = {0};
    const struct render_diff_options rendering = {.top = 8};
    if (diff_build(&diff, &path, 1, &path, 1, &options, &error) < 0)
        return;
    render_diff(&diff, &rendering, nowhere, &error);
    diff_free(&diff);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    static int fd = -1;
    char path[64];
    if (fd < 0) {
        fd = memfd_create("trace", MFD_CLOEXEC);
        nowhere = fopen("/dev/null", "w");
    }
    if (fd < 0 || !nowhere || ftruncate(fd, 0) < 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct wrapper wrapper = {.text = "app_flush", .function = "app_flush"};
    struct wrappers wrappers = {.items = &wrapper, .count = 1};
    const struct report_options options = {
        .wrappers = &wrappers, .all = true, .callers = 100, .site = "1"};
    struct report report;
    struct error error;
    const char *paths = path;
    if (report_build(&report, &paths, 1, &options, &error) < 0)
        return 0;
    render_all(&report, nowhere);
    subtract_itself(path);
    report_free(&report);
    compare(path, nowhere);
    return 0;
}
