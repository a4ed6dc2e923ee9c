/* SPDX-License-Identifier: MIT
 *
 * See reader.h. Two passes over what is in use: load (copy chunks, check records, mark where they
 * begin), then hand out.
 */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CELLS       (TRACE_CHUNK / TRACE_CELL)
#define MODULES_MAX 65536u
#define CALLS_MAX   65536u

/* A chunk of records, copied. `start` marks the cells at which a checked record begins. */
struct chunk {
    _Alignas(64) uint8_t bytes[TRACE_CHUNK];
    uint64_t start[CELLS / 64];
    uint32_t used;
};

struct reader {
    char *path;
    char *ring_path; /* NULL: path */
    uint64_t first_event;
    int fd; /* open while loading only */
    uint64_t size;
    uint64_t committed;
    struct trace_header header;
    struct trace_control control;
    struct reader_health health;
    uint32_t chunks;
    struct chunk **chunk; /* NULL: nothing to read there */
    const struct trace_call **calls;
    const struct trace_module **modules;
};

/* Smallest size of each record type this reader knows, in bytes. */
static const size_t record_size[] = {
    [RECORD_CALL] = sizeof(struct trace_call),
    [RECORD_PROCESS] = sizeof(struct trace_process),
    [RECORD_MODULE] = sizeof(struct trace_module),
    [RECORD_STRING] = sizeof(struct trace_string),
    [RECORD_CONTEXT] = sizeof(struct trace_context),
    [RECORD_CLOCK] = sizeof(struct trace_clock_record),
    [RECORD_GAP] = sizeof(struct trace_gap),
    [RECORD_PYFRAME] = sizeof(struct trace_python_frame),
    [RECORD_SETTING] = sizeof(struct trace_setting),
    [RECORD_SPAWN] = sizeof(struct trace_spawn),
    [RECORD_THREAD] = sizeof(struct trace_thread),
    [RECORD_SLOT] = sizeof(struct trace_slot),
    [RECORD_HISTOGRAM] = sizeof(struct trace_histogram),
    [RECORD_WAIT_POINT] = sizeof(struct trace_wait_point),
    [RECORD_LOCK] = sizeof(struct trace_lock),
    [RECORD_PENDING_WAIT] = sizeof(struct trace_pending_wait),
    [RECORD_ROUTED] = sizeof(struct trace_routed),
    [RECORD_ROLLOUT] = sizeof(struct trace_rollout),
    [RECORD_POOL] = sizeof(struct trace_pool),
    [RECORD_POLICY] = sizeof(struct trace_policy),
    [RECORD_RULE] = sizeof(struct trace_rule),
};

static ssize_t read_at(int fd, void *buffer, size_t size, uint64_t offset)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(fd, (uint8_t *)buffer + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

static bool all_zero(const void *bytes, size_t size)
{
    const uint8_t *byte = bytes;
    for (size_t i = 0; i < size; i++)
        if (byte[i])
            return false;
    return true;
}

/* ---- the header ---- */

static int check_identity(struct reader *reader, struct error *error)
{
    const struct trace_header *header = &reader->header;
    if (all_zero(header, sizeof *header))
        return error_set(error,
                         "%s: only zeros where the header should be; the file was never written or "
                         "was wiped, so record again",
                         reader->path);
    if (memcmp(header->magic, TRACE_MAGIC, sizeof header->magic) != 0)
        return error_set(error,
                         "%s: not a shunt trace (no magic at offset 0); give a *%s file or "
                         "a directory of them",
                         reader->path, TRACE_SUFFIX);
    if (header->byte_order != 0x01020304)
        return error_set(error,
                         "%s: written on a machine of another byte order (offset %zu); read "
                         "it on one of that kind",
                         reader->path, offsetof(struct trace_header, byte_order));
    if (header->version > TRACE_VERSION)
        return error_set(error,
                         "%s: written by a newer shunt (format %" PRIu32 ", this one reads "
                         "up to %u); use that shunt's report",
                         reader->path, header->version, TRACE_VERSION);
    if (header->version == 0)
        return error_set(error, "%s: damaged at offset %zu (format version 0); record again",
                         reader->path, offsetof(struct trace_header, version));
    return 0;
}

static int bad_field(struct reader *reader, struct error *error, size_t offset, const char *what)
{
    return error_set(error, "%s: damaged header at offset %zu (%s); record again", reader->path,
                     offset, what);
}
#define BAD_FIELD(field, what) bad_field(reader, error, offsetof(struct trace_header, field), what)

static int check_header(struct reader *reader, struct error *error)
{
    struct trace_header *header = &reader->header;
    if (check_identity(reader, error) < 0)
        return -1;
    if (header->header_size != TRACE_HEADER_SIZE)
        return BAD_FIELD(header_size, "header size");
    if (header->chunk_size != TRACE_CHUNK)
        return BAD_FIELD(chunk_size, "chunk size");
    if (header->state > TRACE_STATE_FINISHED)
        return BAD_FIELD(state, "state");
    if (header->clock != TRACE_CLOCK_TSC && header->clock != TRACE_CLOCK_MONOTONIC)
        return BAD_FIELD(clock, "kind of clock");
    if (header->file_size < TRACE_FIRST_CHUNK ||
        header->file_size / TRACE_CELL > (uint64_t)UINT32_MAX + 1)
        return BAD_FIELD(file_size, "file size");
    if ((header->file_size - TRACE_FIRST_CHUNK) / TRACE_CHUNK < header->chunk_count)
        return BAD_FIELD(chunk_count, "number of chunks");
    if (header->ring_chunks & (header->ring_chunks - 1))
        return BAD_FIELD(ring_chunks, "size of the ring");
    if (header->ring_first > header->chunk_count ||
        header->ring_chunks > header->chunk_count - header->ring_first)
        return BAD_FIELD(ring_first, "place of the ring");
    if (!memchr(header->writer, 0, sizeof header->writer))
        return BAD_FIELD(writer, "writer's name");
    /* writers that found the file full have added to it all the same */
    if (header->next_chunk > header->chunk_count)
        header->next_chunk = header->chunk_count;
    return 0;
}

static int check_length(struct reader *reader, struct error *error)
{
    uint64_t wanted = TRACE_FIRST_CHUNK + (uint64_t)reader->header.next_chunk * TRACE_CHUNK;
    if (reader->size < wanted)
        return error_set(error,
                         "%s: cut short: %" PRIu64 " of %" PRIu64
                         " bytes in use are there; copy the whole file, or record again",
                         reader->path, reader->size, wanted);
    return 0;
}

static int open_file(struct reader *reader, struct error *error)
{
    /* O_NONBLOCK: a FIFO under this name must not hold us */
    reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (reader->fd < 0)
        return error_set(error, "%s: cannot be opened: %s%s", reader->path, strerror(errno),
                         errno == EACCES ? "; a trace is for the user that recorded it, or root"
                                         : "");
    struct stat status;
    if (fstat(reader->fd, &status) < 0)
        return error_set(error, "%s: cannot be examined: %s", reader->path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, "%s: not a regular file; give a *%s file or a directory of them",
                         reader->path, TRACE_SUFFIX);
    reader->size = (uint64_t)status.st_size;
    if (reader->size == 0)
        return error_set(error, "%s: empty; the process ended before anything was written",
                         reader->path);
    ssize_t got = read_at(reader->fd, &reader->header, sizeof reader->header, 0);
    if (got < 0)
        return error_set(error, "%s: cannot be read: %s", reader->path, strerror(errno));
    if ((size_t)got < sizeof reader->header || reader->size < TRACE_FIRST_CHUNK) {
        if (check_identity(reader, error) < 0)
            return -1;
        return error_set(error,
                         "%s: cut short: %" PRIu64 " bytes do not even hold the header; "
                         "copy the whole file, or record again",
                         reader->path, reader->size);
    }
    return 0;
}

/* ---- records ---- */

static bool terminated(const char *text, size_t size)
{
    return memchr(text, 0, size) != NULL;
}

/* Is the record what its type needs it to be? `size` is what its cells hold. */
static bool record_holds(const struct trace_record *record, size_t size)
{
    if (size < record_size[record->type])
        return false;
    switch (record->type) {
    case RECORD_STRING:
        return terminated(((const struct trace_string *)record)->text,
                          size - sizeof(struct trace_string));
    case RECORD_CALL: {
        const struct trace_call *call = (const struct trace_call *)record;
        return terminated(call->name, sizeof call->name) && call->name[0];
    }
    case RECORD_CONTEXT: {
        const struct trace_context *context = (const struct trace_context *)record;
        return context->frames <= TRACE_FRAMES &&
               sizeof *context + context->frames * sizeof context->frame[0] <= size;
    }
    case RECORD_MODULE: {
        const struct trace_module *module = (const struct trace_module *)record;
        return module->id != 0 && module->build_id_size <= sizeof module->build_id &&
               module->start <= module->end;
    }
    case RECORD_THREAD: {
        const struct trace_thread *thread = (const struct trace_thread *)record;
        return terminated(thread->name, sizeof thread->name);
    }
    default:
        return true;
    }
}

static bool belongs(uint16_t type, uint32_t kind)
{
    return kind == (uint32_t)(type >= RECORD_THREAD ? TRACE_CHUNK_THREAD : TRACE_CHUNK_META);
}

static void check_record(struct reader *reader, struct chunk *chunk, uint32_t cell, uint32_t kind)
{
    const struct trace_record *record =
        (const struct trace_record *)(chunk->bytes + (size_t)cell * TRACE_CELL);
    bool known =
        record->type < sizeof record_size / sizeof *record_size && record_size[record->type] != 0;
    if (record->type == RECORD_PENDING)
        reader->health.unfinished++;
    else if (!known)
        reader->health.unknown++;
    else if (!belongs(record->type, kind) ||
             !record_holds(record, (size_t)record->cells * TRACE_CELL))
        reader->health.damaged++;
    else
        chunk->start[cell / 64] |= 1ull << cell % 64;
}

/* Walks the cells of a chunk. A step is at least one cell, so it ends. */
static void check_chunk(struct reader *reader, struct chunk *chunk)
{
    const struct trace_chunk *head = (const struct trace_chunk *)chunk->bytes;
    chunk->used = head->used < CELLS ? head->used : CELLS;
    for (uint32_t cell = 1; cell < chunk->used;) {
        const struct trace_record *record =
            (const struct trace_record *)(chunk->bytes + (size_t)cell * TRACE_CELL);
        if (record->type == RECORD_NONE && record->cells == 0) {
            reader->health.holes++;
            cell++;
        } else if (record->cells == 0 || record->cells > CELLS - cell) {
            reader->health.damaged++;
            return; /* its end, and so the next record's begin, is not known */
        } else {
            check_record(reader, chunk, cell, head->kind);
            cell += record->cells;
        }
    }
}

static int load_chunk(struct reader *reader, uint32_t index, struct error *error)
{
    uint64_t offset = TRACE_FIRST_CHUNK + (uint64_t)index * TRACE_CHUNK;
    struct trace_chunk head;
    if (read_at(reader->fd, &head, sizeof head, offset) != sizeof head)
        return error_set(error, "%s: cannot be read at offset %" PRIu64 "; copy the whole file",
                         reader->path, offset);
    if (head.kind == TRACE_CHUNK_FREE)
        return 0;
    reader->committed += TRACE_CHUNK;
    if (head.kind != TRACE_CHUNK_META && head.kind != TRACE_CHUNK_THREAD) {
        reader->health.damaged += head.kind != TRACE_CHUNK_RING && head.kind != TRACE_CHUNK_POLICY;
        return 0;
    }
    struct chunk *chunk = aligned_alloc(64, sizeof *chunk);
    if (!chunk)
        return error_set(error, "%s: no memory left to read it", reader->path);
    memset(chunk, 0, sizeof *chunk);
    reader->chunk[index] = chunk;
    if (read_at(reader->fd, chunk->bytes, TRACE_CHUNK, offset) < 0)
        return error_set(error, "%s: cannot be read at offset %" PRIu64 ": %s", reader->path,
                         offset, strerror(errno));
    check_chunk(reader, chunk);
    return 0;
}

/* The next chunk at or after `index` that may hold data: holes of a sparse file are not visited. */
static uint32_t skip_hole(const struct reader *reader, uint32_t index)
{
    uint64_t offset = TRACE_FIRST_CHUNK + (uint64_t)index * TRACE_CHUNK;
    off_t data = lseek(reader->fd, (off_t)offset, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO ? reader->chunks : index;
    if ((uint64_t)data <= offset)
        return index;
    return (uint32_t)(((uint64_t)data - TRACE_FIRST_CHUNK) / TRACE_CHUNK);
}

static int load(struct reader *reader, struct error *error)
{
    const struct trace_header *header = &reader->header;
    reader->chunks = header->next_chunk;
    reader->committed = TRACE_FIRST_CHUNK;
    reader->chunk = calloc((size_t)reader->chunks + 1, sizeof(struct chunk *));
    if (!reader->chunk)
        return error_set(error, "%s: no memory left to read it", reader->path);
    if (read_at(reader->fd, &reader->control, sizeof reader->control, TRACE_HEADER_SIZE) < 0)
        return error_set(error, "%s: cannot be read at offset %u; copy the whole file",
                         reader->path, TRACE_HEADER_SIZE);
    uint32_t ring_end = header->ring_first + header->ring_chunks;
    for (uint32_t i = skip_hole(reader, 0); i < reader->chunks; i = skip_hole(reader, i)) {
        if (i >= header->ring_first && i < ring_end) {
            i = ring_end;
            continue;
        }
        if (load_chunk(reader, i++, error) < 0)
            return -1;
    }
    return 0;
}

/* ---- opening and closing ---- */

static int index_records(struct reader *reader, struct error *error)
{
    reader->calls = calloc(CALLS_MAX, sizeof(struct trace_call *));
    reader->modules = calloc(MODULES_MAX, sizeof(struct trace_module *));
    if (!reader->calls || !reader->modules)
        return error_set(error, "%s: no memory left to read it", reader->path);
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));) {
        if (record->type == RECORD_CALL) {
            const struct trace_call *call = (const struct trace_call *)record;
            if (!reader->calls[call->id])
                reader->calls[call->id] = call;
        } else if (record->type == RECORD_MODULE) {
            const struct trace_module *module = (const struct trace_module *)record;
            if (!reader->modules[module->id])
                reader->modules[module->id] = module;
        }
    }
    return 0;
}

int reader_open(struct reader **result, const char *path, struct error *error)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return error_set(error, "%s: no memory left to read it", path);
    reader->fd = -1;
    reader->path = strdup(path);
    if (!reader->path || open_file(reader, error) < 0 || check_header(reader, error) < 0 ||
        check_length(reader, error) < 0 || load(reader, error) < 0 ||
        index_records(reader, error) < 0) {
        reader_close(reader);
        return -1;
    }
    close(reader->fd);
    reader->fd = -1;
    *result = reader;
    return 0;
}

void reader_close(struct reader *reader)
{
    if (!reader)
        return;
    for (uint32_t i = 0; reader->chunk && i < reader->chunks; i++)
        free(reader->chunk[i]);
    if (reader->fd >= 0)
        close(reader->fd);
    free(reader->chunk);
    free(reader->calls);
    free(reader->modules);
    free(reader->path);
    free(reader->ring_path);
    free(reader);
}

/* ---- handing out ---- */

const char *reader_path(const struct reader *reader)
{
    return reader->path;
}

const struct trace_header *reader_header(const struct reader *reader)
{
    return &reader->header;
}

const struct trace_control *reader_control(const struct reader *reader)
{
    return &reader->control;
}

const struct reader_health *reader_health(const struct reader *reader)
{
    return &reader->health;
}

uint64_t reader_committed(const struct reader *reader)
{
    uint64_t ring = (uint64_t)reader->header.ring_chunks * TRACE_CHUNK;
    uint64_t ring_used = reader->header.ring_head * TRACE_CELL;
    return reader->committed + (ring_used < ring ? ring_used : ring);
}

/* The first cell from `cell` on at which a record begins; CELLS if there is none. */
static uint32_t next_start(const struct chunk *chunk, uint32_t cell)
{
    for (uint32_t word = cell / 64; word < CELLS / 64; word++) {
        uint64_t bits = chunk->start[word];
        if (word == cell / 64)
            bits &= ~0ull << cell % 64;
        if (bits)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return CELLS;
}

const struct trace_record *reader_next(const struct reader *reader, struct reader_cursor *cursor)
{
    for (; cursor->chunk < reader->chunks; cursor->chunk++, cursor->cell = 0) {
        const struct chunk *chunk = reader->chunk[cursor->chunk];
        if (!chunk)
            continue;
        const struct trace_chunk *head = (const struct trace_chunk *)chunk->bytes;
        cursor->thread_chunk = head->kind == TRACE_CHUNK_THREAD;
        if (cursor->thread_chunk && cursor->only_pid && head->pid != cursor->only_pid)
            continue;
        uint32_t cell = next_start(chunk, cursor->cell);
        if (cell == CELLS)
            continue;
        cursor->pid = cursor->thread_chunk ? head->pid : 0;
        cursor->tid = cursor->thread_chunk ? head->tid : 0;
        cursor->start = cursor->thread_chunk ? head->start : 0;
        cursor->cell = cell + 1;
        cursor->id = TRACE_FIRST_CHUNK / TRACE_CELL + cursor->chunk * CELLS + cell;
        return (const struct trace_record *)(chunk->bytes + (size_t)cell * TRACE_CELL);
    }
    return NULL;
}

/* The chunk an id lies in, and its cell there; NULL: nothing was read there. */
static struct chunk *chunk_at(const struct reader *reader, uint32_t id, uint32_t *cell)
{
    if (id < TRACE_FIRST_CHUNK / TRACE_CELL)
        return NULL;
    uint32_t index = (id - TRACE_FIRST_CHUNK / TRACE_CELL) / CELLS;
    *cell = (id - TRACE_FIRST_CHUNK / TRACE_CELL) % CELLS;
    return index < reader->chunks ? reader->chunk[index] : NULL;
}

const void *reader_record(const struct reader *reader, uint32_t id, enum trace_record_type type)
{
    uint32_t cell;
    const struct chunk *chunk = chunk_at(reader, id, &cell);
    if (!chunk || !(chunk->start[cell / 64] >> cell % 64 & 1))
        return NULL;
    const struct trace_record *record =
        (const struct trace_record *)(chunk->bytes + (size_t)cell * TRACE_CELL);
    return record->type == type ? record : NULL;
}

const char *reader_string(const struct reader *reader, uint32_t id)
{
    const struct trace_string *string = reader_record(reader, id, RECORD_STRING);
    return string ? string->text : NULL;
}

const struct trace_call *reader_call(const struct reader *reader, uint16_t id)
{
    return reader->calls[id];
}

const struct trace_module *reader_module(const struct reader *reader, uint16_t id)
{
    return reader->modules[id];
}

/* ---- changing ---- */

struct trace_header *reader_edit_header(struct reader *reader)
{
    return &reader->header;
}

void *reader_edit(struct reader *reader, uint32_t id)
{
    uint32_t cell;
    struct chunk *chunk = chunk_at(reader, id, &cell);
    return chunk ? chunk->bytes + (size_t)cell * TRACE_CELL : NULL;
}

const struct trace_chunk *reader_chunk_of(const struct reader *reader, uint32_t id)
{
    uint32_t cell;
    const struct chunk *chunk = chunk_at(reader, id, &cell);
    return chunk ? (const struct trace_chunk *)chunk->bytes : NULL;
}

void reader_first_event_is(struct reader *reader, uint64_t number)
{
    reader->first_event = number;
}

void reader_ring_is_in(struct reader *reader, const char *path)
{
    free(reader->ring_path);
    reader->ring_path = strdup(path);
}

uint64_t reader_first_event(const struct reader *reader)
{
    return reader->first_event;
}

const char *reader_ring_path(const struct reader *reader)
{
    return reader->ring_path ? reader->ring_path : reader->path;
}
