/* SPDX-License-Identifier: MIT
 *
 * See audit_image.h; proc(5) tells of maps. The mappings name the trace, so that it is found after
 * a fork, an exec and in another pid namespace.
 */
#include "audit_image.h"

#include "libc_objects.h"
#include "reader.h"
#include "text.h"
#include "trace_dir.h"
#include "trace_format.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

size_t audit_image_read(pid_t tid, uintptr_t address, void *buffer, size_t size)
{
    struct iovec here = {.iov_base = buffer, .iov_len = size};
    struct iovec there = {.iov_base = (void *)address, .iov_len = size};
    ssize_t length = process_vm_readv(tid, &here, 1, &there, 1, 0);
    return length > 0 ? (size_t)length : 0;
}

/* ---- mappings ---- */

static enum audit_kind kind_of(const char *name, const char *library)
{
    static const char *const libc[] = {LIBC_OBJECTS};
    if (strcmp(name, library) == 0)
        return AUDIT_OF_SHUNT;
    if (text_starts(name, "ld-linux"))
        return AUDIT_OF_LOADER;
    for (size_t i = 0; i < sizeof libc / sizeof *libc; i++)
        if (text_starts(name, libc[i]))
            return AUDIT_OF_LIBC;
    return strcmp(name, "[vdso]") == 0 ? AUDIT_OF_LIBC : AUDIT_OF_PROGRAM;
}

struct mapping {
    uintptr_t start, end;
    char rights[8];
    char *path;
};

static bool parse_mapping(char *line, struct mapping *mapping)
{
    int path = 0;
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %7s %*s %*s %*s %n", &mapping->start, &mapping->end,
               mapping->rights, &path) != 3 ||
        path == 0)
        return false;
    mapping->path = line + path;
    mapping->path[strcspn(mapping->path, "\n")] = '\0';
    return true;
}

/* A trace of this run, by directory and suffix? */
static const char *trace_in(const struct mapping *mapping, const char *directory)
{
    const char *slash = strrchr(mapping->path, '/');
    size_t length = strlen(directory);
    if (mapping->rights[3] != 's' || !slash || !trace_dir_is_trace(slash + 1) ||
        (size_t)(slash - mapping->path) != length || strncmp(mapping->path, directory, length) != 0)
        return NULL;
    return slash + 1;
}

static void add_range(struct audit_image *image, const struct audit_place *place, size_t *capacity,
                      const struct mapping *mapping)
{
    const char *name = text_basename(*mapping->path ? mapping->path : "generated code");
    bool main = strcmp(mapping->path, image->executable) == 0;
    image->ranges = arena_grow(&image->arena, image->ranges, sizeof *image->ranges,
                               image->range_count, capacity);
    image->ranges[image->range_count++] =
        (struct audit_range){.start = mapping->start,
                             .end = mapping->end,
                             .name = main ? image->program : audit_book_text(place->book, name),
                             .kind = kind_of(name, place->library)};
}

static void open_trace(struct audit_image *image, const struct audit_place *place, const char *name)
{
    if (image->trace >= 0)
        return;
    image->trace = openat(place->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    snprintf(image->trace_name, sizeof image->trace_name, "%s", name);
}

/* In order of address, as the kernel writes them. */
static void read_mappings(struct audit_image *image, const struct audit_place *place)
{
    char path[64], *line = NULL;
    size_t size = 0, capacity = 0;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)image->pid);
    image->ranges = NULL;
    image->range_count = 0;
    image->stale = image->trace_sought = false;
    image->dwfl_old = true;
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    while (getline(&line, &size, file) > 0) {
        struct mapping mapping;
        if (!parse_mapping(line, &mapping))
            continue;
        const char *trace = trace_in(&mapping, place->path);
        if (trace)
            open_trace(image, place, trace);
        if (mapping.rights[2] == 'x')
            add_range(image, place, &capacity, &mapping);
    }
    free(line);
    fclose(file);
}

static const struct audit_range *find_range(const struct audit_image *image, uintptr_t address)
{
    size_t low = 0, high = image->range_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (address >= image->ranges[middle].end)
            low = middle + 1;
        else
            high = middle;
    }
    return low < image->range_count && address >= image->ranges[low].start ? &image->ranges[low]
                                                                           : NULL;
}

const struct audit_range *audit_image_range(struct audit_image *image,
                                            const struct audit_place *place, uintptr_t address)
{
    if (image->stale) {
        image->origins = (struct map){.arena = &image->arena};
        read_mappings(image, place);
    }
    return find_range(image, address);
}

/* ---- the trace ---- */

static void read_calls(struct audit_image *image, const struct audit_place *place)
{
    char path[PATH_MAX + 300];
    struct error error;
    struct reader *reader;
    snprintf(path, sizeof path, "%s/%s", place->path, image->trace_name);
    if (reader_open(&reader, path, &error) < 0)
        return;
    const struct trace_call *call;
    uint32_t count = 0;
    while (count < UINT16_MAX && reader_call(reader, (uint16_t)count))
        count++;
    image->calls = ARENA_ARRAY(&image->arena, uint32_t, count);
    for (uint32_t i = 0; i < count && (call = reader_call(reader, (uint16_t)i)); i++)
        image->calls[i] = audit_book_text(place->book, call->name);
    image->call_count = count;
    reader_close(reader);
}

bool audit_image_ready(struct audit_image *image, const struct audit_place *place)
{
    struct trace_header header;
    if (image->ready)
        return true;
    if (image->trace < 0 && image->trace_sought)
        read_mappings(image, place);
    if (image->trace < 0 || pread(image->trace, &header, sizeof header, 0) != sizeof header ||
        memcmp(header.magic, TRACE_MAGIC, sizeof header.magic) != 0 || !header.self ||
        header.version != TRACE_VERSION || header.state < TRACE_STATE_READY)
        return false;
    image->self = header.self;
    image->self_current = header.self_current;
    image->ready = place->book->images[image->number].ready = true;
    image->stale = true;
    read_calls(image, place);
    return true;
}

/* The text id of the call that a record says is in progress; 0 if it cannot be told. */
static uint32_t call_of(const struct audit_image *image, const struct trace_current *current)
{
    uint32_t id = current->call;
    if (current->slot) {
        struct trace_slot slot;
        if (pread(image->trace, &slot, sizeof slot, (off_t)current->slot * TRACE_CELL) !=
                sizeof slot ||
            slot.head.type != RECORD_SLOT)
            return 0;
        id = slot.call;
    }
    return id < image->call_count ? image->calls[id] : 0;
}

bool audit_image_inside(const struct audit_image *image, pid_t tid, uintptr_t sp, uint32_t *call)
{
    uintptr_t self, at;
    struct trace_current current;
    errno = 0;
    uintptr_t base =
        (uintptr_t)ptrace(PTRACE_PEEKUSER, tid, offsetof(struct user_regs_struct, fs_base), 0);
    if (errno || !base ||
        audit_image_read(tid, base + (uintptr_t)image->self, &self, sizeof self) != sizeof self ||
        audit_image_read(tid, self + image->self_current, &at, sizeof at) != sizeof at || !at ||
        audit_image_read(tid, at, &current, sizeof current) != sizeof current)
        return false;
    /* A frame that lies below is a call which a signal handler jumped out of. */
    if (!current.frame || sp >= current.frame)
        return false;
    *call = call_of(image, &current);
    return true;
}

/* ---- life ---- */

/* A program reached through a link has its own name, and not its file's. */
static void find_name(struct audit_image *image, const struct audit_place *place)
{
    char path[64], text[PATH_MAX];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)image->pid);
    ssize_t length = readlink(path, text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    image->executable = arena_copy(&image->arena, text);
    audit_process_name(image->pid, text, sizeof text);
    image->program = audit_book_text(place->book, *text ? text : "unknown");
}

void audit_image_begin(struct audit_image *image, const struct audit_place *place, pid_t pid)
{
    *image = (struct audit_image){.pid = pid, .trace = -1, .stale = true, .trace_sought = true};
    image->origins.arena = &image->arena;
    find_name(image, place);
    image->number = audit_book_image(place->book, pid, image->program);
}

void audit_image_end(struct audit_image *image)
{
    if (image->trace >= 0)
        close(image->trace);
    if (image->dwfl)
        dwfl_end(image->dwfl);
    arena_release(&image->arena);
}

void audit_process_name(pid_t tid, char *name, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/comm", (int)tid);
    name[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    if (fgets(name, (int)size, file))
        name[strcspn(name, "\n")] = '\0';
    fclose(file);
}
