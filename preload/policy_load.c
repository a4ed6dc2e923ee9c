/* SPDX-License-Identifier: MIT
 *
 * See policy_load.h. A few holders each have a policy; one is in force. A call takes a place at one
 * while it looks at it, so that the memory of another that nobody looks at can be given back: no
 * lock, and no thread waits. Which call has a place is written in it, as in a bulkhead's: a signal
 * handler may jump out between any two instructions. Who finds a newer policy in the trace copies
 * and checks it, one thread at a time, while the others go on with the one before. Places and the
 * taker's mark lie in memory that fork wipes.
 */
#include "policy_load.h"

#include "bulkhead.h"
#include "clock.h"
#include "gap.h"
#include "mask.h"
#include "pool.h"
#include "raw.h"
#include "route.h"
#include "thread.h"
#include "trace.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

enum {
    HOLDERS = 4,
    PAGE = 4096,
    PLACES = 1024, /* calls that look at one policy at once */
    SPREAD = 0x9e37
};

static struct force *holder[HOLDERS];
static uint32_t active = HOLDERS; /* holder of the policy in force; HOLDERS: there is none */
static uint64_t seen;             /* generation of the trace's control page that was dealt with */
static uint32_t last_serial;
static struct looks { /* wiped by fork */
    uint32_t taking;
    uint32_t place[HOLDERS][PLACES]; /* 0: free */
} * looks;
__thread struct places force_self;

char force_executable[4096];
char force_started_as[17];

/* ---- the file ---- */

static void refuse(const char *path, const char *why)
{
    char text[4096 + 256];
    snprintf(text, sizeof text, "the policy %s %s: every call runs in place", path, why);
    gap_note(text);
}

/* Why the file is not to be trusted; NULL: it is. */
static const char *fault_of_file(const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return "is no regular file";
    if (st->st_uid != 0 && st->st_uid != (uid_t)arch_syscall(SYS_geteuid, 0, 0, 0, 0, 0, 0))
        return "belongs to another user";
    if (st->st_mode & 022)
        return "may be written to by others than its owner";
    if (st->st_size < (long)sizeof(struct policy_header) || st->st_size > POLICY_SIZE_MOST)
        return policy_fault_text(POLICY_NO_POLICY);
    return NULL;
}

static void *map(size_t size)
{
    void *memory = raw_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    return raw_mmap_failed(memory) ? NULL : memory;
}

static int read_whole(int fd, char *to, size_t size)
{
    for (size_t done = 0; done < size;) {
        long got = raw_read(fd, to + done, size - done);
        if (got <= 0 && got != -EINTR)
            return 0;
        done += got > 0 ? (size_t)got : 0;
    }
    return 1;
}

static size_t begin_of_block(void)
{
    return (sizeof(struct force) + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static char *block_of(struct force *force)
{
    return (char *)force + begin_of_block();
}

/* Room for a policy whose block has `size` bytes; NULL: no memory. */
static struct force *force_new(size_t size)
{
    struct force *force = map(begin_of_block() + size);
    if (force)
        force->size = begin_of_block() + size;
    return force;
}

static void force_free(struct force *force)
{
    if (force && force->records)
        raw_munmap(force->records, force->records_size);
    if (force && force->list)
        raw_munmap(force->list, force->list_size);
    if (force)
        raw_munmap(force, force->size);
}

/* The file's bytes in memory; NULL with the reason. */
static struct force *read_file(const char *path, size_t *size, const char **why)
{
    struct stat st = {0};
    struct force *force = NULL;
    long fd = raw_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
    *why = "cannot be read";
    if (fd < 0)
        return NULL;
    if (raw_fstat((int)fd, &st) == 0 && !(*why = fault_of_file(&st))) {
        *size = (size_t)st.st_size;
        force = force_new(*size);
        *why = "cannot be read";
        if (force && !read_whole((int)fd, block_of(force), *size)) {
            force_free(force);
            force = NULL;
        }
    }
    raw_close((int)fd);
    return force;
}

/* ---- putting it into force ---- */

static int may_be_asked(const struct policy_view *view, uint32_t call)
{
    for (uint32_t i = 0; i < view->count[POLICY_RULES]; i++)
        if (policy_rule_names(view, &view->rules[i], call))
            return 1;
    return 0;
}

static void find_names(void)
{
    long n = raw_readlink("/proc/self/exe", force_executable, sizeof force_executable - 1);
    force_executable[n > 0 ? n : 0] = 0;
    arch_syscall(SYS_prctl, PR_GET_NAME, (long)force_started_as, 0, 0, 0, 0);
}

/* What a small policy takes is small: it counts against the program's RLIMIT_DATA. */
static int make_room(struct force *force)
{
    uint32_t rules = force->view.count[POLICY_RULES];
    force->records_size = (rules * sizeof(uint32_t) + PAGE) & ~(size_t)(PAGE - 1);
    force->records = map(force->records_size);
    force->list_count = 64;
    while (force->list_count < FORCE_LISTS && force->list_count < 4 * rules)
        force->list_count *= 2;
    force->list_size = force->list_count * sizeof *force->list;
    force->list = map(force->list_size);
    return force->records && force->list &&
           raw_madvise(force->records, force->records_size, MADV_WIPEONFORK) == 0;
}

/* Checks the block and fills in the rest; POLICY_FINE, or why not. Without memory it is told as
 * damaged. */
static enum policy_fault complete(struct force *force, size_t size)
{
    const struct policy_view *view = &force->view;
    enum policy_fault fault = policy_blob_open(&force->view, block_of(force), size);
    if (fault != POLICY_FINE)
        return fault;
    if (!make_room(force))
        return POLICY_DAMAGED;
    force->second = clock_ticks(1000000000);
    for (uint32_t i = 0; i < CALL_COUNT; i++) {
        force->call[i] = policy_call_index(view, call_infos[i].name);
        force->asked[i] = (uint8_t)may_be_asked(view, force->call[i]);
    }
    return POLICY_FINE;
}

static void define_pools(const struct policy_view *view)
{
    for (uint32_t i = 0; i < view->count[POLICY_POOLS] && i < POOLS; i++) {
        const struct policy_blob_pool *pool = &view->pools[i];
        pool_define(i, policy_text(view, pool->name), pool->max, pool->idle_ns);
    }
}

static void note_green(const struct policy_view *view)
{
    for (uint32_t i = 0; i < view->count[POLICY_RULES]; i++)
        if (view->rules[i].route == POLICY_GREEN)
            route_note_green();
}

/* What became of a policy that was offered, for the report and for who offered it. */
static void note(const struct force *force, enum policy_fault fault)
{
    struct trace_policy *record = (void *)trace_meta_new(sizeof *record);
    if (!record)
        return;
    record->pid = thread_self->record ? thread_self->record->pid : raw_getpid();
    record->fault = fault;
    record->generation = seen;
    record->since = clock_now();
    if (fault == POLICY_FINE) {
        record->rules = force->view.count[POLICY_RULES];
        record->source = force->view.header->source;
    }
    trace_commit(&record->head, RECORD_POLICY);
}

static int is_looked_at(uint32_t number)
{
    for (uint32_t i = 0; i < PLACES; i++)
        if (__atomic_load_n(&looks->place[number][i], __ATOMIC_SEQ_CST))
            return 1;
    return 0;
}

/* Into a holder that nobody looks at; 0: there is none now. */
static int put_into_force(struct force *force)
{
    for (uint32_t i = 0; i < HOLDERS; i++) {
        if (i == active || is_looked_at(i))
            continue;
        /* A fork child of another thread's finds none here, rather than one that is gone. */
        struct force *before = holder[i];
        __atomic_store_n(&holder[i], NULL, __ATOMIC_SEQ_CST);
        force_free(before);
        last_serial = last_serial % (FORCE_SERIALS - 1) + 1;
        force->serial = last_serial;
        define_pools(&force->view);
        bulkhead_define(&force->view);
        note_green(&force->view);
        holder[i] = force;
        __atomic_store_n(&active, i, __ATOMIC_SEQ_CST);
        return 1;
    }
    return 0;
}

/* For what fork wipes; 0: there is no memory. */
static int prepare_looks(void)
{
    struct looks *wiped = map(sizeof *wiped);
    if (!wiped || raw_madvise(wiped, sizeof *wiped, MADV_WIPEONFORK) != 0)
        return 0;
    looks = wiped;
    return 1;
}

int force_load(const char *path)
{
    size_t size = 0;
    const char *why;
    struct force *force = read_file(path, &size, &why);
    if (force) {
        enum policy_fault fault = complete(force, size);
        why = fault == POLICY_FINE ? NULL : policy_fault_text(fault);
    }
    find_names();
    int ready = prepare_looks();
    if (!ready)
        why = "finds no memory";
    if (why) {
        force_free(force);
        refuse(path, why);
        return ready ? 0 : -1;
    }
    put_into_force(force);
    note(force, POLICY_FINE);
    return 0;
}

/* ---- another one, while the program runs ---- */

static struct trace_control *control(void)
{
    return (void *)((char *)trace_file + TRACE_HEADER_SIZE);
}

static uint64_t generation_now(void)
{
    return __atomic_load_n(&control()->generation, __ATOMIC_SEQ_CST);
}

/* Copies a block from its chunks; 0: it is not all here. */
static int copy_from_trace(char *to, uint32_t chunk, size_t size)
{
    for (size_t done = 0; done < size; done += TRACE_POLICY_PART, chunk++) {
        size_t part = size - done < TRACE_POLICY_PART ? size - done : TRACE_POLICY_PART;
        if (!chunk || chunk > trace_file->chunk_count || !trace_is_here(chunk))
            return 0;
        memcpy(to + done, (char *)trace_chunk_at(chunk) + TRACE_CELL, part);
    }
    return 1;
}

/* Copies and checks what the slot of a generation says; the fault, with *force to be freed. */
static enum policy_fault receive(uint64_t number, struct force **force)
{
    uint32_t slot = (uint32_t)number & 1;
    size_t size = control()->policy[slot].size;
    *force = size && size <= POLICY_SIZE_MOST ? force_new(size) : NULL;
    if (!*force || !copy_from_trace(block_of(*force), control()->policy[slot].chunk, size))
        return POLICY_DAMAGED;
    enum policy_fault fault = complete(*force, size);
    if (fault == POLICY_FINE && (*force)->view.header->checksum != control()->policy[slot].checksum)
        return POLICY_DAMAGED;
    return fault;
}

/* Takes or refuses a generation; neither when it is to be tried again: the slot was written over
 * meanwhile, for the next but one, or all holders are looked at. */
static void take(uint64_t number)
{
    struct force *force;
    enum policy_fault fault = receive(number, &force);
    int fine = fault == POLICY_FINE;
    /* Adds nothing, and is not done before the copy is read. */
    uint64_t now = __atomic_fetch_add(&control()->generation, 0, __ATOMIC_SEQ_CST);
    if (now != number || (fine && !put_into_force(force))) {
        force_free(force);
        return;
    }
    __atomic_store_n(&seen, number, __ATOMIC_RELAXED);
    note(force, fault);
    __atomic_store_n(&control()->policy_fault, (uint32_t)fault, __ATOMIC_RELAXED);
    __atomic_store_n(&control()->policy_seen, number, __ATOMIC_RELEASE);
    if (!fine)
        force_free(force);
}

/* A handler that jumps out would leave the mark for good. */
static __attribute__((noinline, cold)) void take_over(void)
{
    if (trace_sealed() || __atomic_load_n(&looks->taking, __ATOMIC_RELAXED))
        return;
    uint64_t before = mask_begin();
    if (!__atomic_exchange_n(&looks->taking, 1, __ATOMIC_ACQUIRE)) {
        uint64_t number = generation_now(); /* others were at it meanwhile */
        if (number != seen)
            take(number);
        __atomic_store_n(&looks->taking, 0, __ATOMIC_RELEASE);
    }
    mask_end(before);
}

/* ---- looking at one ---- */

void force_leave(uint32_t number)
{
    places_leave(&force_self, number);
}

static int take_place_at(uint32_t number, struct place *look)
{
    uint32_t first = look->mark * SPREAD;
    for (uint32_t i = 0; i < PLACES; i++)
        if (place_take(&looks->place[number][(first + i) % PLACES], look))
            return 1;
    return 0;
}

static struct force *look_at_active(struct place *look)
{
    for (;;) {
        uint32_t at = __atomic_load_n(&active, __ATOMIC_SEQ_CST);
        if (at == HOLDERS || !take_place_at(at, look))
            return NULL;
        if (at == __atomic_load_n(&active, __ATOMIC_SEQ_CST))
            return holder[at];
        place_give_back(look);
    }
}

/* A mark is the thread's and of this depth: no other look has it, and none of this one's is left
 * before it is filled in. */
struct force *force_hold(const struct visit *v)
{
    struct places *self = &force_self;
    if (!looks)
        return NULL;
    if (!v->nested && self->count)
        force_leave(0); /* calls that were left in ways that nobody saw */
    uint32_t number = self->count;
    if (number >= PLACE_DEPTH)
        return NULL;
    if (__builtin_expect(generation_now() != __atomic_load_n(&seen, __ATOMIC_RELAXED), 0))
        take_over();
    struct place *look = &self->hold[number];
    self->count = number + 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    look->mark = (uint32_t)v->thread->record->tid * PLACE_DEPTH + number;
    look->frame = v->frame;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    struct force *force = look_at_active(look);
    if (!force)
        force_leave(number);
    return force;
}

void force_release(void)
{
    if (force_self.count)
        force_leave(force_self.count - 1);
}
