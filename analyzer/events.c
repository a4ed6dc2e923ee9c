/* SPDX-License-Identifier: MIT
 *
 * See events.h. Event n lies at place n modulo the ring's size; a chunk's first cell is its head.
 */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_EVENTS (TRACE_CHUNK / TRACE_CELL - 1)
_Static_assert(sizeof(struct trace_event) == TRACE_CELL, "an event is a cell");

static int open_ring(const struct reader *reader, struct error *error)
{
    int fd = open(reader_ring_path(reader), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return error_set(error, "%s: cannot be opened again for its events: %s",
                         reader_ring_path(reader), strerror(errno));
    struct trace_header now = {0};
    const struct trace_header *header = reader_header(reader);
    if (pread(fd, &now, sizeof now, 0) != (ssize_t)sizeof now ||
        memcmp(now.magic, header->magic, sizeof now.magic) != 0 || now.pid != header->pid ||
        now.first_clock.ticks != header->first_clock.ticks) {
        close(fd);
        return error_set(error, "%s: was replaced while it was read; try again",
                         reader_ring_path(reader));
    }
    return fd;
}

/* Hands out the events of one chunk: those numbered from `number` on, `places` of them at most. */
static void read_chunk(const struct trace_event *events, uint64_t number, uint64_t places,
                       struct events_count *count,
                       void (*each)(void *context, const struct trace_event *event), void *context)
{
    for (uint64_t i = 0; i < places; i++) {
        if (events[i].seq != number + i + 1) {
            count->torn++;
            continue;
        }
        count->read++;
        each(context, &events[i]);
    }
}

int events_read(const struct reader *reader, struct events_count *count,
                void (*each)(void *context, const struct trace_event *event), void *context,
                struct error *error)
{
    const struct trace_header *header = reader_header(reader);
    uint64_t capacity = (uint64_t)header->ring_chunks * CHUNK_EVENTS;
    *count = (struct events_count){.written = header->ring_head};
    if (capacity == 0 || header->ring_head == 0)
        return 0;
    int fd = open_ring(reader, error);
    if (fd < 0)
        return -1;
    uint64_t first = reader_first_event(reader);
    uint64_t number = header->ring_head > capacity ? header->ring_head - capacity : 0;
    count->overwritten = number > first ? number - first : 0;
    if (number < first)
        number = first;
    while (number < header->ring_head) {
        uint64_t place = number % capacity;
        uint64_t in_chunk = place % CHUNK_EVENTS;
        uint64_t places = CHUNK_EVENTS - in_chunk;
        if (places > header->ring_head - number)
            places = header->ring_head - number;
        uint8_t chunk[TRACE_CHUNK] __attribute__((aligned(64)));
        uint64_t index = header->ring_first + place / CHUNK_EVENTS;
        ssize_t got =
            pread(fd, chunk, sizeof chunk, (off_t)(TRACE_FIRST_CHUNK + index * TRACE_CHUNK));
        if (got == (ssize_t)sizeof chunk)
            read_chunk((const struct trace_event *)(chunk + TRACE_CELL) + in_chunk, number, places,
                       count, each, context);
        else
            count->torn += places;
        number += places;
    }
    close(fd);
    return 0;
}
