/* SPDX-License-Identifier: MIT
 *
 * Steps through the chunks and records of a trace file, as trace_format.h describes them.
 */
#include "trace_walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int broken(const struct trace *trace, const char *what, uint64_t where)
{
    fprintf(stderr, "%s: %s (at %llu)\n", trace->path, what, (unsigned long long)where);
    return -1;
}

static int check_header(const struct trace *trace)
{
    const struct trace_header *header = trace->header;
    if (memcmp(header->magic, TRACE_MAGIC, sizeof header->magic) != 0)
        return broken(trace, "not a trace", 0);
    if (header->version != TRACE_VERSION || header->byte_order != 0x01020304)
        return broken(trace, "another version or byte order", header->version);
    if (header->header_size != TRACE_HEADER_SIZE || header->chunk_size != TRACE_CHUNK)
        return broken(trace, "other sizes", header->header_size);
    if (header->file_size != trace->size)
        return broken(trace, "file_size differs from the file's", header->file_size);
    if (TRACE_FIRST_CHUNK + (uint64_t)header->chunk_count * TRACE_CHUNK > trace->size)
        return broken(trace, "more chunks than the file holds", header->chunk_count);
    return 0;
}

/* Copies the parts that were handed out. Not mapped: reading a hole through a mapping takes a page
 * of a tmpfs, which on a full one is SIGBUS. */
static int copy_file(struct trace *trace, int fd, uint8_t *data)
{
    trace->data = data;
    trace->header = (const void *)data;
    if (pread(fd, data, TRACE_FIRST_CHUNK, 0) != (ssize_t)TRACE_FIRST_CHUNK)
        return broken(trace, "cannot be read", 0);
    if (check_header(trace) < 0)
        return -1;
    uint64_t end = TRACE_FIRST_CHUNK + (uint64_t)trace->header->next_chunk * TRACE_CHUNK;
    if (end > trace->size)
        end = trace->size;
    for (uint64_t at = TRACE_FIRST_CHUNK; at < end;) {
        ssize_t got = pread(fd, data + at, end - at, (off_t)at);
        if (got <= 0)
            return broken(trace, "cannot be read", at);
        at += (uint64_t)got;
    }
    return 0;
}

int trace_load(struct trace *trace, const char *path)
{
    *trace = (struct trace){.path = path};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return broken(trace, "cannot be opened", 0);
    trace->size = (size_t)st.st_size;
    uint8_t *data = trace->size < TRACE_FIRST_CHUNK ? NULL : calloc(1, trace->size);
    int result = data ? copy_file(trace, fd, data) : broken(trace, "too small", trace->size);
    close(fd);
    if (result < 0)
        trace_unload(trace);
    return result;
}

void trace_unload(struct trace *trace)
{
    free((void *)trace->data);
    trace->data = NULL;
}

static int each_record(const struct trace *trace, const struct trace_chunk *chunk,
                       trace_visitor *visit, void *arg)
{
    const uint8_t *start = (const uint8_t *)chunk;
    uint32_t used = chunk->used;
    if (used > TRACE_CHUNK / TRACE_CELL && chunk->kind == TRACE_CHUNK_THREAD)
        return broken(trace, "a chunk uses more cells than it has", used);
    if (used > TRACE_CHUNK / TRACE_CELL)
        used = TRACE_CHUNK / TRACE_CELL; /* threads asked for the last cells at once */
    for (uint32_t cell = 1; cell < used;) {
        const void *at = start + (size_t)cell * TRACE_CELL;
        const struct trace_record *record = at;
        uint16_t type = __atomic_load_n(&record->type, __ATOMIC_ACQUIRE);
        uint32_t cells = type == RECORD_NONE ? 1 : record->cells;
        if (cells == 0 || cell + cells > used)
            return broken(trace, "a record leaves its chunk",
                          (uint64_t)((const uint8_t *)at - trace->data));
        if (type > RECORD_PENDING)
            visit(trace, chunk, record, arg);
        cell += cells;
    }
    return 0;
}

int trace_each(const struct trace *trace, trace_visitor *visit, void *arg)
{
    uint32_t chunks = trace->header->next_chunk;
    if (chunks > trace->header->chunk_count)
        chunks = trace->header->chunk_count;
    for (uint32_t i = 0; i < chunks; i++) {
        const void *at = trace->data + TRACE_FIRST_CHUNK + (size_t)i * TRACE_CHUNK;
        const struct trace_chunk *chunk = at;
        uint32_t kind = __atomic_load_n(&chunk->kind, __ATOMIC_ACQUIRE);
        if (kind != TRACE_CHUNK_META && kind != TRACE_CHUNK_THREAD)
            continue;
        if (each_record(trace, chunk, visit, arg) < 0)
            return -1;
    }
    return 0;
}

/* Event n lies at n modulo the ring's size, and says so. */
void trace_each_event(const struct trace *trace, trace_event_visitor *visit, void *arg)
{
    const struct trace_header *header = trace->header;
    const uint64_t each = TRACE_CHUNK / sizeof(struct trace_event) - 1;
    uint64_t room = header->ring_chunks * each;
    for (uint64_t i = 0; i < room; i++) {
        uint64_t chunk = header->ring_first + i / each;
        if (chunk >= header->chunk_count)
            return;
        const void *at = trace->data + TRACE_FIRST_CHUNK + chunk * TRACE_CHUNK + TRACE_CELL +
                         i % each * sizeof(struct trace_event);
        const struct trace_event *event = at;
        if (event->seq && event->seq <= header->ring_head && (event->seq - 1) % room == i)
            visit(trace, event, arg);
    }
}

const void *trace_at(const struct trace *trace, uint32_t id, enum trace_record_type type)
{
    uint64_t offset = (uint64_t)id * TRACE_CELL;
    if (id == 0 || offset < TRACE_FIRST_CHUNK || offset + TRACE_CELL > trace->size)
        return NULL;
    const void *at = trace->data + offset;
    const struct trace_record *record = at;
    return record->type == type ? record : NULL;
}

const char *trace_text(const struct trace *trace, uint32_t id)
{
    const struct trace_string *string = trace_at(trace, id, RECORD_STRING);
    return string ? string->text : "";
}
