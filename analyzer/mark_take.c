/* SPDX-License-Identifier: MIT
 *
 * Takes a mark (see marks.h): copies of the traces and what the kernel says of the threads, in a
 * directory that gets its name when it is whole.
 */
#include "marks.h"

#include "alive.h"
#include "inputs.h"
#include "reader.h"
#include "run_record.h"
#include "sampler.h"
#include "snapshot.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MOST    200
#define NUMBER_TRIES 1000

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* ---- may there be a mark? ---- */

static int check_text(const struct marks *marks, const char *text, struct error *error)
{
    if (!*text || strlen(text) > TEXT_MOST)
        return error_set(error, "a mark needs a text of up to %d bytes", TEXT_MOST);
    if (strspn(text, "0123456789") == strlen(text))
        return error_set(error, "%s: a mark's text cannot be a number, for marks have numbers",
                         text);
    for (unsigned i = 0; i < marks->count; i++)
        if (strcmp(marks->items[i].text, text) == 0)
            return error_set(error, "there is a mark \"%s\" already, number %u; take another text",
                             text, marks->items[i].number);
    return 0;
}

/* Does a process that writes to this trace live? */
static bool is_alive(const char *path)
{
    struct reader *reader;
    struct error ignored;
    bool alive = false;
    if (reader_open(&reader, path, &ignored) < 0)
        return false;
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; !alive && (record = reader_next(reader, &cursor));) {
        const struct trace_process *process = (const struct trace_process *)record;
        if (record->type == RECORD_PROCESS)
            alive = alive_ask(&reader_header(reader)->first_clock, process->pid, process->start,
                              reader_string(reader, process->exe)) == ALIVE_YES;
    }
    reader_close(reader);
    return alive;
}

static int check_alive(const struct inputs *inputs, const char *directory, struct error *error)
{
    for (unsigned i = 0; i < inputs->count; i++)
        if (is_alive(inputs->items[i].path))
            return 0;
    return error_set(error,
                     "no process of the run in %s is alive here: a mark can only be set while it "
                     "runs",
                     directory);
}

/* ---- taking it ---- */

/* In a directory that others may write to, it must be ours. */
static int make_parent(const char *path, struct error *error)
{
    struct stat status;
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return error_set(error, "%s: cannot be made: %s", path, strerror(errno));
    if (lstat(path, &status) < 0 || !S_ISDIR(status.st_mode) || status.st_uid != geteuid())
        return error_set(error, "%s: is not a directory of yours", path);
    return 0;
}

static json_t *copy_traces(struct arena *arena, const struct inputs *inputs, const char *into,
                           struct error *error)
{
    json_t *traces = json_array();
    for (unsigned i = 0; i < inputs->count; i++) {
        const char *name = text_basename(inputs->items[i].path);
        uint64_t ticks = 0;
        if (snapshot_take(inputs->items[i].path, arena_print(arena, "%s/%s", into, name), &ticks,
                          error) < 0)
            continue; /* a trace that is just being made, or is none: it has no part in the mark */
        json_t *trace = json_object();
        json_object_set_new(trace, "name", json_string(name));
        json_object_set_new(trace, "ticks", json_integer((json_int_t)ticks));
        json_array_append_new(traces, trace);
    }
    return traces;
}

static int write_description(struct arena *arena, const char *directory, const char *into,
                             const char *text, json_t *traces, struct error *error)
{
    json_t *root = json_object();
    struct sampler *sampler = sampler_new(directory, 0, 0);
    if (sampler)
        sampler_tick(sampler);
    json_object_set_new(root, "schema", json_string("shunt.mark/1"));
    json_object_set_new(root, "shunt", json_string(SHUNT_VERSION));
    json_object_set_new(root, "text", json_string(text_clean(arena, text)));
    json_object_set_new(root, "realtime_ns", json_integer((json_int_t)clock_ns(CLOCK_REALTIME)));
    json_object_set_new(root, "monotonic_ns", json_integer((json_int_t)clock_ns(CLOCK_MONOTONIC)));
    json_object_set_new(root, "boottime_ns", json_integer((json_int_t)clock_ns(CLOCK_BOOTTIME)));
    json_object_set_new(root, "run_queue_known",
                        json_boolean(sampler && sampler_run_queue_known(sampler)));
    json_object_set_new(root, "threads", run_record_threads(sampler));
    json_object_set_new(root, "traces", traces);
    sampler_free(sampler);
    const char *path = arena_print(arena, "%s/mark.json", into);
    int result = json_dump_file(root, path, JSON_INDENT(1)) == 0
                     ? 0
                     : error_set(error, "%s: cannot be written: %s", path, strerror(errno));
    json_decref(root);
    return result;
}

/* What was left by a mark that did not come to its end. */
static void remove_directory(struct arena *arena, const struct inputs *inputs, const char *path)
{
    for (unsigned i = 0; i < inputs->count; i++)
        unlink(arena_print(arena, "%s/%s", path, text_basename(inputs->items[i].path)));
    unlink(arena_print(arena, "%s/mark.json", path));
    rmdir(path);
}

/* The next free number becomes its name; another mark may be taken at the same time. */
static int name_it(struct arena *arena, const char *parent, const char *from, unsigned first,
                   unsigned *number, struct error *error)
{
    for (*number = first; *number < first + NUMBER_TRIES; ++*number) {
        if (rename(from, arena_print(arena, "%s/%u", parent, *number)) == 0)
            return 0;
        if (errno != ENOTEMPTY && errno != EEXIST)
            break;
    }
    return error_set(error, "%s: cannot be named: %s", from, strerror(errno));
}

int marks_take(struct arena *arena, const char *directory, const char *text, struct mark *mark,
               struct error *error)
{
    struct marks marks = marks_list(arena, directory);
    struct inputs inputs;
    const char *parent = arena_print(arena, "%s/" MARKS_DIRECTORY, directory);
    if (check_text(&marks, text, error) < 0 ||
        inputs_find(arena, &directory, 1, &inputs, error) < 0 ||
        check_alive(&inputs, directory, error) < 0 || make_parent(parent, error) < 0)
        return -1;
    const char *into = arena_print(arena, "%s/.new.%d", parent, (int)getpid());
    if (mkdir(into, 0700) < 0)
        return error_set(error, "%s: cannot be made: %s", into, strerror(errno));
    unsigned number = 0, first = marks.count ? marks.items[marks.count - 1].number + 1 : 1;
    json_t *traces = copy_traces(arena, &inputs, into, error);
    int result = json_array_size(traces) ? 0 : -1;
    if (result < 0)
        json_decref(traces);
    else
        result = write_description(arena, directory, into, text, traces, error);
    if (result == 0)
        result = name_it(arena, parent, into, first, &number, error);
    if (result < 0) {
        remove_directory(arena, &inputs, into);
        return -1;
    }
    *mark = (struct mark){.number = number, .text = text, .realtime_ns = clock_ns(CLOCK_REALTIME)};
    return 0;
}
