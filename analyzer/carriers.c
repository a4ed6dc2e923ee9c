/* SPDX-License-Identifier: MIT
 *
 * See carriers.h.
 */
#include "carriers.h"

#include "reader.h"
#include "text.h"
#include "ticks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LIBRARY_NAME "libshunt.so"
#define DELETED      " (deleted)"

/* A file that is mapped, as /proc/PID/maps tells of it. */
struct mapped {
    char path[PATH_MAX];
    dev_t device;
    ino_t inode;
    bool deleted;
};

const char *carriers_mode_name(enum carrier_mode mode)
{
    static const char *const names[] = {[CARRIER_UNRECORDED] = "unrecorded",
                                        [CARRIER_NOT_READY] = "not ready",
                                        [CARRIER_OBSERVING] = "observing",
                                        [CARRIER_OFF] = "off",
                                        [CARRIER_UNREADABLE] = "unreadable"};
    return names[mode];
}

const char *carriers_library_name(enum carrier_library state)
{
    static const char *const names[] = {
        [CARRIER_SAME] = "same", [CARRIER_DELETED] = "deleted", [CARRIER_REPLACED] = "replaced"};
    return names[state];
}

const char *carriers_filter_name(enum carrier_filter filter)
{
    static const char *const names[] = {[CARRIER_INHERITED] = "inherited",
                                        [CARRIER_OWN] = "own",
                                        [CARRIER_UNNOTICED] = "unnoticed",
                                        [CARRIER_WHOSE] = "unknown"};
    return names[filter];
}

/* ---- /proc ---- */

static bool parse_mapping(char *line, struct mapped *mapped)
{
    unsigned int major, minor;
    uint64_t inode;
    int at = 0;
    if (sscanf(line, "%*x-%*x %*s %*x %x:%x %" SCNu64 " %n", &major, &minor, &inode, &at) != 3 ||
        at == 0 || line[at] != '/')
        return false;
    line[strcspn(line, "\n")] = 0;
    snprintf(mapped->path, sizeof mapped->path, "%s", line + at);
    mapped->device = makedev(major, minor);
    mapped->inode = (ino_t)inode;
    size_t length = strlen(mapped->path), tail = strlen(DELETED);
    mapped->deleted = length > tail && strcmp(mapped->path + length - tail, DELETED) == 0;
    if (mapped->deleted)
        mapped->path[length - tail] = 0;
    return true;
}

static bool is_library(const struct mapped *mapped)
{
    return text_starts(text_basename(mapped->path), LIBRARY_NAME);
}

static bool is_trace(const struct mapped *mapped)
{
    size_t length = strlen(mapped->path), suffix = strlen(TRACE_SUFFIX);
    return length > suffix && strcmp(mapped->path + length - suffix, TRACE_SUFFIX) == 0;
}

/* 1: it carries the library; 0: not; negative errno: we may not look, or it is gone. */
static int read_maps(int pid, struct mapped *library, struct mapped *trace)
{
    char path[64];
    char *line = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    errno = 0;
    while (getline(&line, &size, file) > 0) {
        struct mapped mapped;
        if (!parse_mapping(line, &mapped))
            continue;
        if (is_library(&mapped))
            *library = mapped;
        else if (is_trace(&mapped))
            *trace = mapped;
    }
    int error = ferror(file) ? -errno : 0;
    free(line);
    fclose(file);
    return error ? error : library->path[0] != 0;
}

/* A file as the process sees it: it may live in another mount namespace. */
static const char *seen_by(struct arena *arena, int pid, const char *path)
{
    return arena_print(arena, "/proc/%d/root%s", pid, path);
}

static enum carrier_library library_state(struct arena *arena, int pid, const struct mapped *mapped)
{
    struct stat status;
    if (stat(seen_by(arena, pid, mapped->path), &status) < 0)
        return CARRIER_DELETED;
    /* overlay file systems show another device in maps: the number of the inode has to do */
    return mapped->deleted || status.st_ino != mapped->inode ? CARRIER_REPLACED : CARRIER_SAME;
}

/* The pid in its own namespace is the last of the row. */
static int own_pid(const char *status, int pid)
{
    const char *row = strstr(status, "\nNSpid:\t");
    for (const char *at = row ? row + 8 : NULL; at && *at && *at != '\n';) {
        char *end;
        long value = strtol(at, &end, 10);
        if (end == at)
            break;
        pid = (int)value;
        at = end + (*end == '\t');
    }
    return pid;
}

static void read_status(struct arena *arena, struct carrier *carrier)
{
    char path[64], text[4096];
    snprintf(path, sizeof path, "/proc/%d/status", carrier->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = 0;
    const char *name = strstr(text, "Name:\t"), *seccomp = strstr(text, "\nSeccomp:\t");
    carrier->name =
        name ? text_clean(arena, arena_print(arena, "%.*s", (int)strcspn(name + 6, "\n"), name + 6))
             : "?";
    carrier->own_pid = own_pid(text, carrier->pid);
    carrier->seccomp = seccomp && seccomp[10] != '0';
    carrier->filter = carrier->seccomp ? CARRIER_WHOSE : CARRIER_NO_FILTER;
}

/* ---- the trace ---- */

static enum carrier_filter filter_of(const struct carrier *carrier,
                                     const struct trace_process *process)
{
    if (!carrier->seccomp)
        return CARRIER_NO_FILTER;
    if (process->filters & TRACE_FILTER_OWN)
        return CARRIER_OWN;
    return process->filters & TRACE_FILTER_FOUND ? CARRIER_INHERITED : CARRIER_UNNOTICED;
}

static void count(struct carrier *carrier, const struct reader *reader)
{
    struct ticks ticks = ticks_of(reader);
    struct reader_cursor cursor = {.only_pid = carrier->own_pid};
    uint64_t since = 0;
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));) {
        const struct trace_process *process = (const struct trace_process *)record;
        if (record->type == RECORD_SLOT)
            carrier->calls += ((const struct trace_slot *)record)->count;
        if (record->type != RECORD_PROCESS || process->pid != carrier->own_pid)
            continue;
        since = process->forked ? process->seen : 0;
        carrier->filter = filter_of(carrier, process);
    }
    for (unsigned i = 0; i < TRACE_LOSS_KINDS; i++)
        carrier->lost += reader_header(reader)->lost[i];
    carrier->since_realtime_ns =
        since ? ticks_realtime(&ticks, since) : reader_header(reader)->first_clock.realtime;
}

static bool is_off(const char *path)
{
    struct trace_control control;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool off = fd >= 0 &&
               pread(fd, &control, sizeof control, TRACE_HEADER_SIZE) == (ssize_t)sizeof control &&
               (control.aside & TRACE_ASIDE_OFF);
    if (fd >= 0)
        close(fd);
    return off;
}

static void read_trace(struct arena *arena, struct carrier *carrier, const struct mapped *mapped)
{
    const char *path = seen_by(arena, carrier->pid, mapped->path);
    struct stat status;
    struct reader *reader;
    struct error error = {""};
    carrier->trace = text_clean(arena, mapped->path);
    carrier->mode = CARRIER_UNREADABLE;
    if (stat(path, &status) < 0 || status.st_ino != mapped->inode) {
        carrier->why = "it was deleted, or replaced by another file";
        return;
    }
    carrier->bytes = (uint64_t)status.st_blocks * 512;
    if (reader_open(&reader, path, &error) < 0) {
        carrier->why = text_clean(arena, error.text);
        return;
    }
    carrier->writer = text_clean(arena, reader_header(reader)->writer);
    carrier->mode = reader_header(reader)->state == TRACE_STATE_SETUP ? CARRIER_NOT_READY
                    : is_off(path)                                    ? CARRIER_OFF
                                                                      : CARRIER_OBSERVING;
    count(carrier, reader);
    reader_close(reader);
}

/* ---- all of them ---- */

static int by_pid(const void *a, const void *b)
{
    return ((const struct carrier *)a)->pid - ((const struct carrier *)b)->pid;
}

static void look_at(struct arena *arena, struct carriers *carriers, size_t *capacity, int pid)
{
    struct mapped library = {.path = ""}, trace = {.path = ""};
    int found = read_maps(pid, &library, &trace);
    carriers->hidden += found == -EACCES || found == -EPERM;
    if (found <= 0)
        return;
    struct carrier carrier = {.pid = pid,
                              .library = text_clean(arena, library.path),
                              .library_state = library_state(arena, pid, &library)};
    read_status(arena, &carrier);
    if (trace.path[0])
        read_trace(arena, &carrier, &trace);
    carriers->items = arena_grow(arena, carriers->items, sizeof carrier, carriers->count, capacity);
    carriers->items[carriers->count++] = carrier;
}

struct carriers carriers_find(struct arena *arena)
{
    struct carriers carriers = {0};
    size_t capacity = 0;
    DIR *proc = opendir("/proc");
    for (const struct dirent *entry; proc && (entry = readdir(proc));) {
        long pid = strtol(entry->d_name, NULL, 10);
        if (pid > 0 && pid <= INT_MAX)
            look_at(arena, &carriers, &capacity, (int)pid);
    }
    if (proc)
        closedir(proc);
    if (carriers.count)
        qsort(carriers.items, carriers.count, sizeof *carriers.items, by_pid);
    return carriers;
}
