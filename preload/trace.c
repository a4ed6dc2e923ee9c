/* SPDX-License-Identifier: MIT
 *
 * The trace file itself: creation, chunks, META records, losses and clock triples. Interning and
 * the ring are in intern.c and ring.c.
 */
#include "trace.h"

#include "clock.h"
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

enum {
    SHARED_TRIES = 1000,
    OLD_KERNEL_SIZE = 8 << 20,
    NAME_TRIES = 1000,
    FOREIGN = 1 << 30, /* no pid is as high (include/linux/threads.h: 2^22 at most) */
    RESERVE = 64, /* chunks kept when the trace is narrowed: as many threads may be claiming one */
    CHUNK_CELLS = TRACE_CHUNK / TRACE_CELL
};

struct trace_header *trace_file HOT_DATA = NULL;

static uint32_t sealed;        /* filters that were installed, or are being */
static uint32_t foreign;       /* FOREIGN: see trace_leave_namespace */
static uint32_t chunks_mapped; /* by this process; its fork children begin with as many */

void trace_seal(void)
{
    __atomic_fetch_add(&sealed, 1, __ATOMIC_SEQ_CST);
}

void trace_unseal(void)
{
    __atomic_fetch_sub(&sealed, 1, __ATOMIC_SEQ_CST);
}

int trace_sealed(void)
{
    return __atomic_load_n(&sealed, __ATOMIC_RELAXED) != 0;
}

static uint64_t size_allowed(uint64_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < wanted)
        wanted = limit.rlim_cur;
    /* Where address space is rationed we take a small part of it. */
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur / TRACE_ADDRESS_SHARE < wanted)
        wanted = limit.rlim_cur / TRACE_ADDRESS_SHARE;
    return wanted & ~(uint64_t)(TRACE_CHUNK - 1);
}

static long create(const char *dir, const char *name, int pid, char *path, size_t size)
{
    long fd = -EEXIST;
    for (int n = 1; fd == -EEXIST && n < NAME_TRIES; n++) {
        char suffix[16] = "";
        if (n > 1)
            snprintf(suffix, sizeof suffix, ".%d", n);
        int length = snprintf(path, size, "%s/%s.%d%s%s", dir, name, pid, suffix, TRACE_SUFFIX);
        if (length < 0 || (size_t)length >= size)
            return -ENAMETOOLONG;
        fd = raw_open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    return fd;
}

/* Commits memory of the mapping: what is not committed is never touched, for a full disk would
 * answer a store with SIGBUS. */
static int commit_memory(void *address, size_t size)
{
    if (trace_sealed())
        return -EPERM;
    long result;
    do
        result = raw_madvise(address, size, MADV_POPULATE_WRITE);
    while (result == -EINTR);
    return (int)result;
}

static void *map(int fd, uint64_t *size)
{
    for (; *size >= TRACE_MIN_SIZE / 4; *size = *size / 2 & ~(uint64_t)(TRACE_CHUNK - 1)) {
        if (arch_syscall(SYS_ftruncate, fd, (long)*size, 0, 0, 0, 0) < 0)
            continue;
        void *memory = raw_mmap(*size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
        if (raw_mmap_failed(memory))
            continue;
        /* No read-ahead: of a sparse file it makes one 2 MiB folio of zeros at the first touch,
         * which costs over a millisecond (ext4, Linux 6.18). */
        raw_madvise(memory, *size, MADV_RANDOM);
        return memory;
    }
    return NULL;
}

/* Kernels before 5.14 cannot commit a mapping: reserve the disk's blocks beforehand instead, less
 * of them. */
static int commit_first(void *memory, int fd, uint64_t *size)
{
    int result = commit_memory(memory, TRACE_FIRST_CHUNK);
    if (result != -EINVAL)
        return result;
    if (*size > OLD_KERNEL_SIZE)
        *size = OLD_KERNEL_SIZE;
    return (int)arch_syscall(SYS_fallocate, fd, 0, 0, (long)*size, 0, 0);
}

static void header_init(struct trace_header *h, int pid, uint64_t size)
{
    memcpy(h->magic, TRACE_MAGIC, sizeof h->magic);
    h->version = TRACE_VERSION;
    h->byte_order = 0x01020304;
    h->file_size = size;
    h->header_size = TRACE_HEADER_SIZE;
    h->chunk_size = TRACE_CHUNK;
    h->pid = pid;
    h->chunk_count = (uint32_t)((size - TRACE_FIRST_CHUNK) / TRACE_CHUNK);
    snprintf(h->writer, sizeof h->writer, "shunt %s", SHUNT_VERSION);
    /* One 512th of the file, so that the default of 64 MiB keeps the latest 2,040 events in 128
     * KiB. */
    h->ring_chunks = 1;
    while (h->ring_chunks * 2 <= h->chunk_count / 512)
        h->ring_chunks *= 2;
    h->next_chunk = h->ring_chunks;
}

int trace_open(const char *dir, const char *name, int pid, uint64_t size)
{
    char path[4096];
    size = size_allowed(size);
    if (size < TRACE_MIN_SIZE / 4)
        return -EFBIG;
    long fd = create(dir, name, pid, path, sizeof path);
    if (fd < 0)
        return (int)fd;

    void *memory = map((int)fd, &size);
    int result = memory ? commit_first(memory, (int)fd, &size) : -ENOMEM;
    raw_close((int)fd);
    if (result < 0) {
        arch_syscall(SYS_unlink, (long)path, 0, 0, 0, 0, 0);
        return result;
    }
    header_init(memory, pid, size);
    trace_file = memory;
    chunks_mapped = trace_file->chunk_count;
    return 0;
}

size_t trace_mapped(void)
{
    return TRACE_FIRST_CHUNK + (size_t)chunks_mapped * TRACE_CHUNK;
}

int trace_is_here(uint32_t chunk)
{
    return chunk <= __atomic_load_n(&chunks_mapped, __ATOMIC_ACQUIRE);
}

int trace_is_whole(void)
{
    return trace_is_here(trace_file->chunk_count);
}

/* The count comes down first: a thread that claims a chunk meanwhile looks at it again. */
void trace_narrow(uint64_t size)
{
    uint32_t keep = __atomic_load_n(&trace_file->next_chunk, __ATOMIC_RELAXED) + RESERVE;
    uint32_t before = __atomic_load_n(&chunks_mapped, __ATOMIC_RELAXED);
    if (keep < size / TRACE_CHUNK)
        keep = (uint32_t)(size / TRACE_CHUNK);
    if (keep < before && __atomic_compare_exchange_n(&chunks_mapped, &before, keep, 0,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        raw_munmap(trace_chunk_at(keep + 1), (size_t)(before - keep) * TRACE_CHUNK);
}

void trace_lose(enum trace_loss kind, uint64_t n)
{
    __atomic_fetch_add(&trace_file->lost[kind], n, __ATOMIC_RELAXED);
}

struct trace_chunk *trace_chunk_new(void)
{
    struct trace_header *h = trace_file;
    uint32_t next = __atomic_load_n(&h->next_chunk, __ATOMIC_RELAXED);
    if (next < h->chunk_count && trace_is_here(next + 1)) {
        uint32_t index = __atomic_fetch_add(&h->next_chunk, 1, __ATOMIC_RELAXED);
        struct trace_chunk *chunk = trace_chunk_at(index + 1);
        if (index < h->chunk_count && trace_is_here(index + 1) &&
            commit_memory(chunk, TRACE_CHUNK) == 0) {
            chunk->used = 1;
            return chunk;
        }
    }
    trace_lose(TRACE_LOSS_CHUNKS, 1);
    return NULL;
}

int trace_ring_commit(uint32_t index)
{
    struct trace_chunk *chunk = trace_chunk_at(index + 1);
    int result = commit_memory(chunk, TRACE_CHUNK);
    if (result == 0)
        __atomic_store_n(&chunk->kind, TRACE_CHUNK_RING, __ATOMIC_RELEASE);
    return result;
}

void trace_leave_namespace(void)
{
    foreign = FOREIGN;
}

int trace_enter_shared(uint32_t *lock)
{
    if (trace_sealed())
        return 0;
    uint32_t pid = (uint32_t)raw_getpid() | foreign, owner = 0;
    for (int i = 0; i < SHARED_TRIES; i++, owner = 0)
        if (__atomic_compare_exchange_n(lock, &owner, pid, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return 1;
    owner = __atomic_load_n(lock, __ATOMIC_RELAXED);
    return owner && owner != pid && !((owner | foreign) & FOREIGN) &&
           arch_syscall(SYS_kill, (long)owner, 0, 0, 0, 0, 0) == -ESRCH &&
           __atomic_compare_exchange_n(lock, &owner, pid, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void trace_leave_shared(uint32_t *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

int trace_tight(void)
{
    const struct trace_header *h = trace_file;
    uint32_t reserve = h->chunk_count / 8;
    return __atomic_load_n(&h->next_chunk, __ATOMIC_RELAXED) + reserve >= h->chunk_count;
}

static struct trace_record *meta_reserve(struct trace_chunk *chunk, uint32_t cells)
{
    if (__atomic_load_n(&chunk->used, __ATOMIC_RELAXED) + cells > CHUNK_CELLS)
        return NULL;
    uint32_t cell = __atomic_fetch_add(&chunk->used, cells, __ATOMIC_RELAXED);
    if (cell + cells > CHUNK_CELLS)
        return NULL;
    return (void *)((char *)chunk + (size_t)cell * TRACE_CELL);
}

struct trace_record *trace_meta_new(size_t bytes)
{
    uint32_t cells = trace_cells(bytes);
    uint32_t number = __atomic_load_n(&trace_file->meta_chunk, __ATOMIC_ACQUIRE);
    struct trace_record *record =
        number && trace_is_here(number) ? meta_reserve(trace_chunk_at(number), cells) : NULL;
    if (!record) {
        struct trace_chunk *chunk = trace_chunk_new();
        if (!chunk)
            return NULL;
        record = meta_reserve(chunk, cells);
        __atomic_store_n(&chunk->kind, TRACE_CHUNK_META, __ATOMIC_RELEASE);
        uint32_t fresh = trace_chunk_number(chunk);
        /* Another thread may have been faster; then this chunk holds this one record. */
        __atomic_compare_exchange_n(&trace_file->meta_chunk, &number, fresh, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED);
    }
    trace_pend(record, cells);
    return record;
}

void trace_commit(struct trace_record *record, enum trace_record_type type)
{
    __atomic_store_n(&record->type, (uint16_t)type, __ATOMIC_RELEASE);
}

/* A jump: the tick and the monotonic clock disagree by more than 1 % and 1 ms since the triple
 * before, or the machine slept. */
static int clock_jumped(const struct trace_clock *from, const struct trace_clock *to)
{
    uint64_t ticks = to->ticks - from->ticks;
    uint64_t expected = clock_ticks(to->monotonic - from->monotonic);
    uint64_t off = ticks > expected ? ticks - expected : expected - ticks;
    uint64_t slept = (to->boottime - to->monotonic) - (from->boottime - from->monotonic);
    return (off > expected / 100 && off > clock_ticks(1000000)) ||
           (slept > 1000000 && slept < UINT64_MAX / 2);
}

static void clock_record(const struct trace_clock *triple, int jumped)
{
    struct trace_clock_record *record = (void *)trace_meta_new(sizeof *record);
    if (!record)
        return;
    record->head.aux = (uint32_t)jumped;
    record->clock = *triple;
    trace_commit(&record->head, RECORD_CLOCK);
}

void trace_clock_refresh(uint64_t now, int force)
{
    static uint64_t next_record_ns = 1000000000;
    struct trace_header *h = trace_file;
    uint64_t last = __atomic_load_n(&h->last_clock.ticks, __ATOMIC_RELAXED);
    if (!clock_is_here() || (!force && now - last < clock_ticks(1000000000)))
        return;
    uint64_t seq = __atomic_load_n(&h->clock_seq, __ATOMIC_RELAXED);
    if (seq & 1 || !__atomic_compare_exchange_n(&h->clock_seq, &seq, seq + 1, 0, __ATOMIC_ACQ_REL,
                                                __ATOMIC_RELAXED))
        return;
    struct trace_clock triple;
    clock_triple(&triple);
    int jumped = last && clock_jumped(&h->last_clock, &triple);
    h->last_clock.monotonic = triple.monotonic;
    h->last_clock.boottime = triple.boottime;
    h->last_clock.realtime = triple.realtime;
    __atomic_store_n(&h->last_clock.ticks, triple.ticks, __ATOMIC_RELAXED);
    h->clock_jumps += (uint64_t)jumped;
    /* Kept for good: every jump, and a triple each time the run has doubled in length. */
    uint64_t age = triple.monotonic - h->first_clock.monotonic;
    int kept = jumped || age >= next_record_ns;
    if (kept)
        next_record_ns = age * 2;
    __atomic_store_n(&h->clock_seq, seq + 2, __ATOMIC_RELEASE);
    if (kept)
        clock_record(&triple, jumped);
}
