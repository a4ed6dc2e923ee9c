/* SPDX-License-Identifier: MIT
 *
 * See policy_hand.h.
 */
#include "policy_hand.h"

#include "preload/policy_blob.h"
#include "reader.h"
#include "trace_format.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A trace that is mapped, as its process has it. */
struct mapped {
    int fd;
    size_t size;
    struct trace_header *header; /* NULL: none */
    struct trace_control *control;
};

static void unmap(struct mapped *mapped)
{
    if (mapped->header)
        munmap(mapped->header, mapped->size);
    if (mapped->fd >= 0)
        close(mapped->fd);
}

static bool is_trace(const struct trace_header *header, size_t size)
{
    return memcmp(header->magic, TRACE_MAGIC, sizeof header->magic) == 0 &&
           header->version <= TRACE_VERSION && header->header_size == TRACE_HEADER_SIZE &&
           header->chunk_size == TRACE_CHUNK &&
           header->chunk_count <= (size - TRACE_FIRST_CHUNK) / TRACE_CHUNK;
}

static int map_trace(struct mapped *mapped, const char *path, struct error *error)
{
    struct stat status;
    *mapped = (struct mapped){.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)};
    if (mapped->fd < 0) {
        error_set(error, "%s: %s", path, strerror(errno));
        return -1;
    }
    if (fstat(mapped->fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size >= TRACE_FIRST_CHUNK) {
        mapped->size = (size_t)status.st_size;
        void *memory = mmap(NULL, mapped->size, PROT_READ | PROT_WRITE, MAP_SHARED, mapped->fd, 0);
        mapped->header = memory == MAP_FAILED ? NULL : memory;
    }
    if (mapped->header && is_trace(mapped->header, mapped->size)) {
        mapped->control = (void *)((char *)mapped->header + TRACE_HEADER_SIZE);
        return 0;
    }
    unmap(mapped);
    error_set(error, "%s: is no trace that this shunt knows", path);
    return -1;
}

/* Chunks of the slot that are there already, or new ones; -1 with a sentence. */
static int find_room(struct mapped *mapped, const char *path, unsigned slot, size_t size,
                     struct error *error)
{
    struct trace_header *header = mapped->header;
    uint32_t wanted = (uint32_t)((size + TRACE_POLICY_PART - 1) / TRACE_POLICY_PART);
    uint32_t first = mapped->control->policy[slot].chunk;
    uint32_t there = mapped->control->policy[slot].chunks;
    if (there >= wanted && first && first - 1 + (uint64_t)there <= header->chunk_count)
        return 0;
    uint32_t next = __atomic_load_n(&header->next_chunk, __ATOMIC_RELAXED);
    do {
        if (next + (uint64_t)wanted > header->chunk_count - header->chunk_count / 8)
            return error_set(error, "%s: the trace has no room for the policy; see --max-size",
                             path);
    } while (!__atomic_compare_exchange_n(&header->next_chunk, &next, next + wanted, false,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    int result = posix_fallocate(mapped->fd, TRACE_FIRST_CHUNK + (off_t)next * TRACE_CHUNK,
                                 (off_t)wanted * TRACE_CHUNK);
    if (result)
        return error_set(error, "%s: %s", path, strerror(result));
    mapped->control->policy[slot].chunk = next + 1;
    mapped->control->policy[slot].chunks = wanted;
    return 0;
}

static void write_block(struct mapped *mapped, unsigned slot,
                        const struct policy_compiled *compiled)
{
    size_t done = 0;
    for (uint32_t i = mapped->control->policy[slot].chunk - 1; done < compiled->size; i++) {
        char *at = (char *)mapped->header + TRACE_FIRST_CHUNK + (size_t)i * TRACE_CHUNK;
        size_t left = compiled->size - done;
        size_t part = left < TRACE_POLICY_PART ? left : TRACE_POLICY_PART;
        ((struct trace_chunk *)at)->used = 1;
        ((struct trace_chunk *)at)->kind = TRACE_CHUNK_POLICY;
        memcpy(at + TRACE_CELL, (const char *)compiled->block + done, part);
        done += part;
    }
    mapped->control->policy[slot].size = (uint32_t)compiled->size;
    mapped->control->policy[slot].checksum =
        ((const struct policy_header *)compiled->block)->checksum;
}

/* Under the lock. The new generation; -1 with a sentence. */
static int64_t replace(struct mapped *mapped, const char *trace,
                       const struct policy_compiled *compiled, struct error *error)
{
    uint64_t generation = mapped->control->generation + 1;
    if (!(__atomic_load_n(&mapped->control->aside, __ATOMIC_ACQUIRE) & TRACE_ASIDE_POLICY))
        return error_set(
            error,
            "%s: its process was started without a policy, so it is not prepared for "
            "one; start it with \"shunt run --policy\", if need be one whose rules are []",
            trace);
    if (find_room(mapped, trace, generation & 1, compiled->size, error) < 0)
        return -1;
    write_block(mapped, generation & 1, compiled);
    __atomic_store_n(&mapped->control->generation, generation, __ATOMIC_SEQ_CST);
    return (int64_t)generation;
}

int64_t policy_hand(const char *trace, const struct policy_compiled *compiled, struct error *error)
{
    struct mapped mapped;
    if (map_trace(&mapped, trace, error) < 0)
        return -1;
    int64_t result = flock(mapped.fd, LOCK_EX) < 0
                         ? error_set(error, "%s: %s", trace, strerror(errno))
                         : replace(&mapped, trace, compiled, error);
    unmap(&mapped);
    return result;
}

/* Fork children share a trace: each says for itself what it made of a policy. */
static enum policy_handed state_of(const struct reader *reader, int pid, int64_t generation,
                                   const char **why)
{
    enum policy_handed state = HANDED_WAITING;
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));) {
        const struct trace_policy *policy = (const struct trace_policy *)record;
        if (record->type != RECORD_POLICY || policy->pid != pid ||
            policy->generation != (uint64_t)generation)
            continue;
        state = policy->fault ? HANDED_REFUSED : HANDED_TAKEN;
        *why = policy->fault ? policy_fault_text((enum policy_fault)policy->fault) : NULL;
    }
    return state;
}

enum policy_handed policy_hand_state(const char *trace, int pid, int64_t generation,
                                     const char **why)
{
    struct reader *reader;
    struct error error = {""};
    enum policy_handed state = HANDED_WAITING;
    if (reader_open(&reader, trace, &error) < 0)
        return HANDED_WAITING;
    if (reader_control(reader)->policy_seen >= (uint64_t)generation)
        state = state_of(reader, pid, generation, why);
    reader_close(reader);
    return state;
}
