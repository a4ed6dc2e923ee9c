/* SPDX-License-Identifier: MIT
 *
 * Writes run.json.
 */
#include "run_record.h"

#include "json_file.h"
#include "run_info.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Arguments and names are bytes; JSON is UTF-8. What is not becomes a question mark. */
static json_t *text(const char *bytes)
{
    json_t *value = json_string(bytes);
    if (value)
        return value;
    char *copy = strdup(bytes);
    for (char *at = copy; at && *at; at++)
        if (*at & 0x80)
            *at = '?';
    value = copy ? json_string(copy) : NULL;
    free(copy);
    return value;
}

static json_t *number(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *number_or_null(int value, bool known)
{
    return known ? json_integer(value) : json_null();
}

static json_t *command(char **arguments)
{
    json_t *list = json_array();
    for (; *arguments; arguments++)
        json_array_append_new(list, text(*arguments));
    return list;
}

static json_t *one_thread(const struct sampler_thread *thread)
{
    json_t *object = json_object();
    json_object_set_new(object, "pid", json_integer(thread->pid));
    json_object_set_new(object, "tid", json_integer(thread->tid));
    json_object_set_new(object, "name", text(thread->name));
    json_object_set_new(object, "started_monotonic_ns", number(thread->started_ns));
    json_object_set_new(object, "sampled_monotonic_ns", number(thread->sampled_ns));
    json_object_set_new(object, "run_ns", number(thread->run_ns));
    json_object_set_new(object, "wait_ns", number(thread->wait_ns));
    json_object_set_new(object, "utime_ns", number(thread->utime_ns));
    json_object_set_new(object, "stime_ns", number(thread->stime_ns));
    json_object_set_new(object, "explained_ticks",
                        thread->has_explained ? number(thread->explained) : json_null());
    return object;
}

struct json_t *run_record_threads(const struct sampler *sampler)
{
    json_t *list = json_array();
    const struct sampler_thread *thread;
    for (unsigned i = 0; sampler && (thread = sampler_thread(sampler, i)); i++)
        if (thread->sampled_ns)
            json_array_append_new(list, one_thread(thread));
    return list;
}

static void add_gap(json_t *list, pid_t pid, const char *words)
{
    json_t *gap = json_object();
    json_object_set_new(gap, "pid", json_integer(pid));
    json_object_set_new(gap, "text", text(words));
    json_array_append_new(list, gap);
}

static json_t *gaps(const struct run_record *record)
{
    json_t *list = json_array();
    if (record->gap)
        add_gap(list, record->launch->pid, record->gap);
    unsigned missed = record->sampler ? sampler_missed(record->sampler) : 0;
    if (missed) {
        char words[96];
        snprintf(words, sizeof words, "%u threads or more were too many to be watched", missed);
        add_gap(list, record->launch->pid, words);
    }
    return list;
}

static json_t *build(const struct run_record *record)
{
    const struct launch *launch = record->launch;
    struct utsname system;
    if (uname(&system) < 0)
        return NULL;
    json_t *root = json_object();
    json_object_set_new(root, "schema", json_string("shunt.run/1"));
    json_object_set_new(root, "shunt", json_string(SHUNT_VERSION));
    json_object_set_new(root, "command", command(record->command));
    json_object_set_new(root, "pid", json_integer(launch->pid));
    json_object_set_new(root, "started_realtime_ns", number(launch->started_realtime_ns));
    json_object_set_new(root, "started_monotonic_ns", number(launch->started_monotonic_ns));
    json_object_set_new(root, "ended_monotonic_ns", number(launch->ended_monotonic_ns));
    json_object_set_new(root, "exit_status",
                        number_or_null(record->end.exit_status, record->end.exit_status >= 0));
    json_object_set_new(root, "signal", number_or_null(record->end.signal, record->end.signal));
    json_object_set_new(root, "run_queue_known",
                        json_boolean(record->sampler && sampler_run_queue_known(record->sampler)));
    json_object_set_new(root, "audited", json_boolean(record->audited));
    json_object_set_new(root, "host", text(system.nodename));
    json_object_set_new(root, "kernel", text(system.release));
    json_object_set_new(root, "cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(root, "threads", run_record_threads(record->sampler));
    json_object_set_new(root, "gaps", gaps(record));
    return root;
}

int run_record_write(const struct run_record *record, const char *dir)
{
    json_t *root = build(record);
    int error = json_file_write(root, dir, RUN_INFO_NAME);
    json_decref(root);
    return error;
}
