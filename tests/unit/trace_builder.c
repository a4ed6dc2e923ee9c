/* SPDX-License-Identifier: MIT
 *
 * See trace_builder.h. Chunks are handed out in order behind the ring, as the preload does.
 */
#include "trace_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trace_header *builder_header(struct builder *b)
{
    return (struct trace_header *)b->bytes;
}

void *builder_at(struct builder *b, uint32_t id)
{
    return b->bytes + (size_t)id * TRACE_CELL;
}

/* For the table of calls, whatever its length: golden reports tell how much memory is in use. */
enum { TABLE_CHUNKS = 6 };

static struct trace_chunk *chunk_new(struct builder *b, uint32_t kind, uint32_t *place);

struct builder *builder_new(int pid, uint32_t chunks, uint32_t ring_chunks)
{
    struct builder *b = calloc(1, sizeof *b);
    chunks += TABLE_CHUNKS;
    b->size = TRACE_FIRST_CHUNK + (size_t)chunks * TRACE_CHUNK;
    b->bytes = calloc(1, b->size);
    struct trace_header *h = builder_header(b);
    memcpy(h->magic, TRACE_MAGIC, sizeof h->magic);
    h->version = TRACE_VERSION;
    h->byte_order = 0x01020304;
    h->file_size = b->size;
    h->header_size = TRACE_HEADER_SIZE;
    h->chunk_size = TRACE_CHUNK;
    h->state = TRACE_STATE_READY;
    h->clock = TRACE_CLOCK_TSC;
    h->pid = pid;
    h->chunk_count = chunks;
    h->threshold_ns = 100 * US;
    h->threshold = BUILDER_TICKS(h->threshold_ns);
    h->tick_cost_x16 = 25 * 2 * 16;
    h->ring_chunks = ring_chunks;
    h->next_chunk = ring_chunks;
    h->first_clock =
        (struct trace_clock){BUILDER_START, 5 * SECONDS, 5 * SECONDS, 1700000000ull * SECONDS};
    strcpy(h->writer, "shunt 0.1.0");
    for (uint32_t i = 0; i < ring_chunks; i++) {
        struct trace_chunk *chunk =
            (struct trace_chunk *)(b->bytes + TRACE_FIRST_CHUNK + (size_t)i * TRACE_CHUNK);
        chunk->kind = TRACE_CHUNK_RING;
        chunk->used = 1;
    }
    for (int id = 0; id < CALL_COUNT; id++) {
        struct trace_call *call =
            builder_at(b, builder_meta(b, RECORD_CALL, sizeof(struct trace_call)));
        call->id = (uint16_t)id;
        call->family = call_infos[id].family;
        call->move = call_infos[id].move;
        call->blocks = call_infos[id].blocks;
        call->fail = call_infos[id].fail;
        call->abort = call_infos[id].abort;
        call->fd = call_infos[id].fd;
        strncpy(call->name, call_infos[id].name, sizeof call->name - 1);
    }
    while (h->next_chunk < ring_chunks + TABLE_CHUNKS)
        chunk_new(b, TRACE_CHUNK_META, &b->meta);
    return b;
}

void builder_free(struct builder *b)
{
    free(b->bytes);
    free(b);
}

static struct trace_chunk *chunk_new(struct builder *b, uint32_t kind, uint32_t *place)
{
    struct trace_header *h = builder_header(b);
    if (h->next_chunk == h->chunk_count) {
        fprintf(stderr, "trace_builder: give builder_new more chunks\n");
        abort();
    }
    *place = TRACE_FIRST_CHUNK + h->next_chunk++ * TRACE_CHUNK;
    struct trace_chunk *chunk = (struct trace_chunk *)(b->bytes + *place);
    chunk->kind = kind;
    chunk->used = 1;
    return chunk;
}

static uint32_t reserve(struct builder *b, uint32_t place, enum trace_record_type type, size_t size)
{
    struct trace_chunk *chunk = (struct trace_chunk *)(b->bytes + place);
    uint32_t cells = (uint32_t)((size + TRACE_CELL - 1) / TRACE_CELL);
    uint32_t id = place / TRACE_CELL + chunk->used;
    chunk->used += cells;
    struct trace_record *record = builder_at(b, id);
    record->type = (uint16_t)type;
    record->cells = (uint16_t)cells;
    return id;
}

static int has_room(const struct builder *b, uint32_t place, size_t size)
{
    const struct trace_chunk *chunk = (const struct trace_chunk *)(b->bytes + place);
    return place && chunk->used + (size + TRACE_CELL - 1) / TRACE_CELL <= TRACE_CHUNK / TRACE_CELL;
}

uint32_t builder_meta(struct builder *b, enum trace_record_type type, size_t size)
{
    if (!has_room(b, b->meta, size))
        chunk_new(b, TRACE_CHUNK_META, &b->meta);
    return reserve(b, b->meta, type, size);
}

uint32_t builder_in_thread(struct builder *b, enum trace_record_type type, size_t size)
{
    if (!has_room(b, b->thread, size)) {
        const struct trace_chunk before = *(struct trace_chunk *)(b->bytes + b->thread);
        struct trace_chunk *chunk = chunk_new(b, TRACE_CHUNK_THREAD, &b->thread);
        chunk->pid = before.pid;
        chunk->tid = before.tid;
        chunk->start = before.start;
    }
    return reserve(b, b->thread, type, size);
}

uint32_t builder_string(struct builder *b, enum trace_string_kind kind, const char *text)
{
    uint32_t id = builder_meta(b, RECORD_STRING, sizeof(struct trace_string) + strlen(text) + 1);
    struct trace_string *string = builder_at(b, id);
    string->head.aux = kind;
    strcpy(string->text, text);
    return id;
}

uint32_t builder_process(struct builder *b, int pid, int ppid, const char *exe, const char *line)
{
    uint32_t exe_id = builder_string(b, STRING_PATH, exe);
    uint32_t line_id = builder_string(b, STRING_COMMAND, line);
    uint32_t id = builder_meta(b, RECORD_PROCESS, sizeof(struct trace_process));
    struct trace_process *process = builder_at(b, id);
    process->pid = pid;
    process->ppid = ppid;
    process->seen = BUILDER_START;
    process->exe = exe_id;
    process->command_line = line_id;
    return id;
}

uint32_t builder_context(struct builder *b, const uint64_t *frames, uint16_t count)
{
    uint32_t id =
        builder_meta(b, RECORD_CONTEXT, sizeof(struct trace_context) + count * sizeof *frames);
    struct trace_context *context = builder_at(b, id);
    context->frames = count;
    memcpy(context->frame, frames, count * sizeof *frames);
    return id;
}

uint32_t builder_python(struct builder *b, const char *file, const char *name, uint32_t line,
                        uint32_t outer, uint32_t flags)
{
    uint32_t file_id = builder_string(b, STRING_PATH, file);
    uint32_t name_id = builder_string(b, STRING_TEXT, name);
    uint32_t id = builder_meta(b, RECORD_PYFRAME, sizeof(struct trace_python_frame));
    struct trace_python_frame *frame = builder_at(b, id);
    frame->file = file_id;
    frame->name = name_id;
    frame->line = line;
    frame->outer = outer;
    frame->flags = flags;
    return id;
}

void builder_under_python(struct builder *b, uint32_t context, uint32_t frame)
{
    ((struct trace_context *)builder_at(b, context))->pyframe = frame;
}

uint32_t builder_gap(struct builder *b, int pid, const char *text)
{
    uint32_t string = builder_string(b, STRING_TEXT, text);
    uint32_t id = builder_meta(b, RECORD_GAP, sizeof(struct trace_gap));
    struct trace_gap *gap = builder_at(b, id);
    gap->pid = pid;
    gap->text = string;
    return id;
}

uint16_t builder_module(struct builder *b, const char *path, const uint8_t *build_id,
                        uint16_t build_id_size, uint32_t flags)
{
    uint32_t string = builder_string(b, STRING_PATH, path);
    struct trace_module *module =
        builder_at(b, builder_meta(b, RECORD_MODULE, sizeof(struct trace_module)));
    module->id = ++b->modules;
    module->path = string;
    module->flags = flags;
    module->base = 0x7f0000000000ull + module->id * 0x10000000ull;
    module->start = module->base;
    module->end = module->base + 0x1000000;
    module->build_id_size = build_id_size;
    if (build_id_size)
        memcpy(module->build_id, build_id, build_id_size);
    return module->id;
}

uint32_t builder_thread(struct builder *b, int pid, int tid, const char *name)
{
    struct trace_chunk *chunk = chunk_new(b, TRACE_CHUNK_THREAD, &b->thread);
    chunk->pid = pid;
    chunk->tid = tid;
    chunk->start = BUILDER_START + (uint64_t)tid;
    uint32_t id = builder_in_thread(b, RECORD_THREAD, sizeof(struct trace_thread));
    struct trace_thread *thread = builder_at(b, id);
    thread->pid = pid;
    thread->tid = tid;
    thread->start = chunk->start;
    strncpy(thread->name, name, sizeof thread->name - 1);
    return id;
}

uint32_t builder_slot(struct builder *b, enum call_id call, uint32_t context)
{
    uint32_t id = builder_in_thread(b, RECORD_SLOT, sizeof(struct trace_slot));
    struct trace_slot *slot = builder_at(b, id);
    slot->call = (uint16_t)call;
    slot->context = context;
    return id;
}

uint32_t builder_histogram(struct builder *b, enum call_id call)
{
    uint32_t id = builder_in_thread(b, RECORD_HISTOGRAM, sizeof(struct trace_histogram));
    ((struct trace_histogram *)builder_at(b, id))->call = call;
    return id;
}

uint32_t builder_wait_point(struct builder *b, enum call_id call, uint32_t context)
{
    uint32_t id = builder_in_thread(b, RECORD_WAIT_POINT, sizeof(struct trace_wait_point));
    struct trace_wait_point *wait = builder_at(b, id);
    wait->call = (uint16_t)call;
    wait->context = context;
    wait->fd = -1;
    wait->flags = WAIT_CHOSEN;
    wait->chosen_at = BUILDER_START;
    return id;
}

uint32_t builder_lock(struct builder *b, enum trace_lock_fact kind, enum call_id call,
                      uint32_t context, uint64_t frame)
{
    uint32_t id = builder_in_thread(b, RECORD_LOCK, sizeof(struct trace_lock));
    struct trace_lock *lock = builder_at(b, id);
    lock->head.aux = kind;
    lock->call = (uint16_t)call;
    lock->context = context;
    lock->frame = frame;
    return id;
}

void builder_count(struct builder *b, uint32_t slot_id, uint64_t count, uint64_t ns)
{
    struct trace_slot *slot = builder_at(b, slot_id);
    uint64_t ticks = BUILDER_TICKS(ns);
    slot->count += count;
    slot->ticks += count * ticks;
    if (ticks > slot->max) {
        slot->max = ticks;
        slot->max_start = BUILDER_START + BUILDER_TICKS(SECONDS);
    }
    if (ns >= builder_header(b)->threshold_ns) {
        slot->blocked += count;
        slot->blocked_ticks += count * ticks;
    }
    if (slot->histogram) {
        struct trace_histogram *histogram = builder_at(b, slot->histogram);
        histogram->bucket[trace_bucket_of(ticks)] += (uint32_t)count;
    }
}

void builder_event(struct builder *b, int pid, int tid, enum call_id call, uint32_t slot,
                   uint32_t target, uint64_t start_ns, uint64_t ns)
{
    enum { PER_CHUNK = TRACE_CHUNK / TRACE_CELL - 1 };
    struct trace_header *h = builder_header(b);
    uint64_t number = h->ring_head++;
    uint64_t place = number % ((uint64_t)h->ring_chunks * PER_CHUNK);
    struct trace_event *event =
        (struct trace_event *)(b->bytes + TRACE_FIRST_CHUNK + place / PER_CHUNK * TRACE_CHUNK +
                               TRACE_CELL) +
        place % PER_CHUNK;
    *event = (struct trace_event){.seq = number + 1,
                                  .start = BUILDER_START + BUILDER_TICKS(start_ns),
                                  .ticks = BUILDER_TICKS(ns),
                                  .target = target,
                                  .pid = pid,
                                  .tid = tid,
                                  .call = (uint16_t)call,
                                  .slot = slot};
}

void builder_finish(struct builder *b, uint64_t ns)
{
    struct trace_header *h = builder_header(b);
    h->last_clock = h->first_clock;
    h->last_clock.ticks += BUILDER_TICKS(ns);
    h->last_clock.monotonic += ns;
    h->last_clock.boottime += ns;
    h->last_clock.realtime += ns;
    h->end_ticks = h->last_clock.ticks;
    h->state = TRACE_STATE_FINISHED;
}

int builder_write(const struct builder *b, const char *path, size_t size)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return -1;
    size_t wanted = size ? size : b->size;
    size_t done = fwrite(b->bytes, 1, wanted, file);
    return fclose(file) == 0 && done == wanted ? 0 : -1;
}
