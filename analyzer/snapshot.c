/* SPDX-License-Identifier: MIT
 *
 * See snapshot.h.
 */
#include "snapshot.h"

#include "trace_format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define TRIES 8

struct copy {
    int from, to;
    struct trace_header header;
    uint64_t changes; /* sum over the heads of THREAD chunks: tells whether owners changed */
};

static uint64_t now_in(uint32_t clock)
{
    struct timespec now;
    if (clock == TRACE_CLOCK_TSC)
        return __rdtsc();
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static off_t chunk_offset(uint32_t index)
{
    return (off_t)TRACE_FIRST_CHUNK + (off_t)index * TRACE_CHUNK;
}

static int is_ring(const struct trace_header *header, uint32_t index)
{
    return index - header->ring_first < header->ring_chunks;
}

/* A thread that ends while we copy has its counters added to those of ended ones, and its chunks
 * given back: both, or neither, must be in the copy. */
static uint64_t owner_of(uint32_t index, const struct trace_chunk *head)
{
    return ((uint64_t)head->kind * 31 + head->start) * (2 * (uint64_t)index + 1);
}

/* 0: copied, 1: not there (the file is sparse, or free), -1: errno. */
static int copy_chunk(struct copy *copy, uint32_t index)
{
    static uint8_t chunk[TRACE_CHUNK] __attribute__((aligned(64)));
    ssize_t got = pread(copy->from, chunk, sizeof chunk, chunk_offset(index));
    const struct trace_chunk *head = (const struct trace_chunk *)chunk;
    if (got < 0)
        return -1;
    if (got != (ssize_t)sizeof chunk || head->kind == TRACE_CHUNK_FREE)
        return 1;
    copy->changes += owner_of(index, head);
    return pwrite(copy->to, chunk, sizeof chunk, chunk_offset(index)) == (ssize_t)sizeof chunk ? 0
                                                                                               : -1;
}

static int copy_chunks(struct copy *copy)
{
    copy->changes = 0;
    for (uint32_t i = 0; i < copy->header.next_chunk; i++)
        if (!is_ring(&copy->header, i) && copy_chunk(copy, i) < 0)
            return -1;
    return 0;
}

static uint64_t changes_now(const struct copy *copy)
{
    uint64_t changes = 0;
    for (uint32_t i = 0; i < copy->header.next_chunk; i++) {
        struct trace_chunk head;
        if (!is_ring(&copy->header, i) &&
            pread(copy->from, &head, sizeof head, chunk_offset(i)) == (ssize_t)sizeof head &&
            head.kind != TRACE_CHUNK_FREE)
            changes += owner_of(i, &head);
    }
    return changes;
}

/* Not beyond what the file holds, whatever its header says. */
static void clamp(struct copy *copy)
{
    struct stat file;
    uint64_t room = 0;
    if (fstat(copy->from, &file) == 0 && file.st_size > (off_t)TRACE_FIRST_CHUNK)
        room = ((uint64_t)file.st_size - TRACE_FIRST_CHUNK) / TRACE_CHUNK;
    if (copy->header.next_chunk > copy->header.chunk_count)
        copy->header.next_chunk = copy->header.chunk_count;
    if (copy->header.next_chunk > room)
        copy->header.next_chunk = (uint32_t)room;
}

/* Copies until no thread came or went meanwhile; the last try stands, whatever happened. */
static int copy_trace(struct copy *copy, uint64_t *ticks)
{
    for (int i = 0; i < TRIES; i++) {
        if (pread(copy->from, &copy->header, sizeof copy->header, 0) !=
                (ssize_t)sizeof copy->header ||
            memcmp(copy->header.magic, TRACE_MAGIC, sizeof copy->header.magic) != 0) {
            errno = EINVAL;
            return -1;
        }
        clamp(copy);
        *ticks = now_in(copy->header.clock);
        if (ftruncate(copy->to, 0) < 0 ||
            ftruncate(copy->to, chunk_offset(copy->header.next_chunk)) < 0 ||
            pwrite(copy->to, &copy->header, sizeof copy->header, 0) !=
                (ssize_t)sizeof copy->header ||
            copy_chunks(copy) < 0)
            return -1;
        if (changes_now(copy) == copy->changes)
            break;
    }
    return 0;
}

int snapshot_take(const char *from, const char *to, uint64_t *ticks, struct error *error)
{
    struct copy copy = {.from = -1, .to = -1};
    int result = 0;
    copy.from = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (copy.from < 0)
        return error_set(error, "%s: cannot be opened: %s", from, strerror(errno));
    copy.to = open(to, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (copy.to < 0)
        result = error_set(error, "%s: cannot be made: %s", to, strerror(errno));
    else if (copy_trace(&copy, ticks) < 0)
        result = error_set(error, "%s: cannot be copied to %s: %s", from, to, strerror(errno));
    if (copy.to >= 0)
        close(copy.to);
    if (copy.to >= 0 && result < 0)
        unlink(to);
    close(copy.from);
    return result;
}
