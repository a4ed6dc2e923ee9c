/* SPDX-License-Identifier: MIT
 *
 * See thread.h.
 */
#include "thread.h"

#include "asked.h"
#include "birth.h"
#include "clock.h"
#include "fold.h"
#include "mask.h"
#include "modules.h"
#include "raw.h"
#include "roster.h"
#include "trace.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum {
    ARENA = 1 << 20, /* address space; memory is used as it is needed */
    ARENA_SMALL = 64 << 10,
    KEYS_IN_THREAD = 32 /* glibc's PTHREAD_KEY_2NDLEVEL_SIZE */
};

struct thread thread_none = {.epoch = UINT32_MAX};
__thread struct thread *thread_self = &thread_none;
uint32_t observe_epoch HOT_DATA = 0;
uint64_t thread_threshold HOT_DATA = 0;

/* Not in the thread's mapping, for a fork wipes that. */
static __thread size_t arena_size;
static __thread int leaving;   /* the end of the thread was noted */
static __thread int given_up;  /* no room was to be had: not asked for again at every call */
static __thread int attaching; /* a call of a handler's is not observed meanwhile */
static __thread int hidden;    /* not the program's */

static pthread_key_t exit_key;
static int memory_locked; /* the program locks what is mapped from now on */

/* Private memory: a fork child still reads its parent's. */
static int32_t process_pid;
static struct trace_process *process;
static int process_forked;

/* A page that a fork child finds wiped. */
struct own {
    uint32_t entered; /* by this process */
    int32_t pid;      /* of the process whose memory this is, once it began or entered */
};
static struct own *own;

static void thread_exit(void *data)
{
    struct thread *t = data;
    birth_ended();
    if (t == &thread_none)
        return; /* it made no call */
    thread_self = &thread_none;
    leaving = 1;
    size_t size = arena_size;
    pending_leave();
    green_leave();
    if (t->epoch) {
        uint64_t now = clock_now();
        thread_sample(t, now, 1);
        t->record->end = now;
        t->epoch = 0;
        roster_remove(t->record->tid, t->record);
        fold_thread(&t->segment);
    }
    refs_leave();
    if (!trace_sealed())
        raw_munmap(t, size);
}

/* The key makes its end known, too. */
void thread_begins(uint32_t spawn)
{
    birth_began(spawn);
    if (spawn)
        pthread_setspecific(exit_key, &thread_none);
}

int thread_start(void)
{
    const size_t page = 4096;
    void *wiped = raw_mmap(page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (!raw_mmap_failed(wiped) && raw_madvise(wiped, page, MADV_WIPEONFORK) == 0)
        own = wiped;
    if (own)
        own->pid = raw_getpid();
    return pthread_key_create(&exit_key, thread_exit);
}

/* Field 22 of /proc/PID/stat; the name in field 2 may hold anything, so count from its end. */
static uint64_t process_start_time(void)
{
    char stat[512];
    if (!raw_slurp("/proc/self/stat", stat, sizeof stat))
        return 0;
    char *field = strrchr(stat, ')');
    for (int i = 0; field && i < 20; i++)
        field = strchr(field + 1, ' ');
    return field ? strtoull(field + 1, NULL, 10) : 0;
}

static uint32_t link_string(const char *link)
{
    char path[1024];
    long n = raw_readlink(link, path, sizeof path);
    return n > 0 ? trace_string(STRING_PATH, path, (size_t)n) : 0;
}

/* Apart, for its stack: asked for once, in the constructor. */
__attribute__((noinline)) static uint32_t command_line(void)
{
    char text[4096];
    size_t n = raw_slurp("/proc/self/cmdline", text, sizeof text);
    for (size_t i = 0; i + 1 < n; i++)
        if (!text[i])
            text[i] = ' ';
    return n ? trace_string(STRING_COMMAND, text, strlen(text)) : 0;
}

/* A fork child shares its parent's executable and command line. */
static void process_record(int pid, uint64_t now)
{
    const struct trace_process *parent = process;
    struct trace_process *p = (void *)trace_meta_new(sizeof *p);
    process = p;
    if (!p)
        return;
    p->pid = pid;
    p->ppid = (int32_t)arch_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0);
    p->seen = now;
    p->start = process_start_time();
    p->exe = parent ? parent->exe : link_string("/proc/self/exe");
    p->command_line = parent ? parent->command_line : command_line();
    p->working_directory = link_string("/proc/self/cwd");
    p->uid = (uint32_t)arch_syscall(SYS_getuid, 0, 0, 0, 0, 0, 0);
    p->forked = (uint32_t)process_forked;
    if (arch_syscall(SYS_prctl, PR_GET_SECCOMP, 0, 0, 0, 0, 0) > 0)
        p->filters = TRACE_FILTER_FOUND;
    if (!p->forked)
        trace_file->process_start = p->start;
    trace_commit(&p->head, RECORD_PROCESS);
}

void thread_note_filter(int installed)
{
    if (process && installed)
        __atomic_fetch_or(&process->filters, TRACE_FILTER_OWN, __ATOMIC_SEQ_CST);
    else if (process)
        __atomic_fetch_and(&process->filters, ~(uint32_t)TRACE_FILTER_OWN, __ATOMIC_SEQ_CST);
}

/* Is this still the process that entered last? Its pid does not tell: in a namespace of its own a
 * child begins again with 1, as its parent may have. */
static int is_entered(int pid)
{
    return own ? (int)__atomic_load_n(&own->entered, __ATOMIC_ACQUIRE) : process_pid == pid;
}

int thread_is_vfork_child(void)
{
    return own && own->pid && own->pid != raw_getpid();
}

/* A fork child's first call: what its parent's threads had in hand is not the child's. */
static void process_enter(int pid, uint64_t now)
{
    if (is_entered(pid))
        return;
    fold_forget();
    roster_forget();
    modules_forget();
    birth_forget();
    asked_forget();
    process_forked = process_pid != 0;
    if (process_forked && arch_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0) == 0)
        trace_leave_namespace(); /* a parent outside has no number here */
    process_pid = pid;
    if (own) {
        own->pid = pid;
        __atomic_store_n(&own->entered, 1, __ATOMIC_RELEASE);
    }
    process_record(pid, now);
}

static int is_limited(int resource)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    arch_syscall(SYS_prlimit64, 0, resource, 0, (long)&limit, 0, 0);
    return limit.rlim_cur != RLIM_INFINITY;
}

static void unlock(void *address, size_t size)
{
    arch_syscall(SYS_munlock, (long)address, (long)size, 0, 0, 0, 0);
}

void *thread_map(size_t size)
{
    void *memory =
        raw_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    if (raw_mmap_failed(memory))
        return NULL;
    if (memory_locked)
        unlock(memory, size);
    raw_madvise(memory, size, MADV_NOHUGEPAGE);
    if (raw_madvise(memory, size, MADV_WIPEONFORK) == 0)
        return memory;
    raw_munmap(memory, size);
    return NULL;
}

static struct thread *arena_new(void)
{
    static const size_t sizes[] = {ARENA, ARENA_SMALL};
    unsigned first = memory_locked || is_limited(RLIMIT_AS) || is_limited(RLIMIT_DATA);
    for (unsigned i = first; i < sizeof sizes / sizeof *sizes; i++) {
        struct thread *t = thread_map(sizes[i]);
        if (t) {
            arena_size = sizes[i];
            return t;
        }
    }
    return NULL;
}

static struct thread *give_up(void)
{
    given_up = 1;
    trace_lose(TRACE_LOSS_THREADS, 1);
    return NULL;
}

/* After fork the mapping is still there, and wiped: it is used again. */
static struct thread *attach_now(struct thread *t)
{
    uint64_t now = clock_now();
    int pid = raw_getpid(), tid = raw_gettid();
    process_enter(pid, now);
    if (t == &thread_none && !(t = arena_new()))
        return give_up();
    t->room = (uint32_t)((arena_size - sizeof *t) / sizeof t->arena[0]);
    t->refs_room = refs_share(t->room);
    t->record = segment_open(&t->segment, pid, tid, now);
    if (!t->record) {
        if (thread_self == &thread_none)
            raw_munmap(t, arena_size);
        return give_up();
    }
    t->record->spawn = birth_here();
    t->current = &t->record->current;
    thread_sample(t, now, 1);
    trace_commit(&t->record->head, RECORD_THREAD);
    roster_add(tid, t->record);
    thread_self = t;
    t->epoch = __atomic_load_n(&observe_epoch, __ATOMIC_ACQUIRE);
    pthread_setspecific(exit_key, t);
    return t;
}

/* Once: neither does a handler attach its thread in between, nor is this left half done by one that
 * jumps. One of a fault's comes in all the same. */
static struct thread *attach(void)
{
    if (attaching) {
        trace_lose(TRACE_LOSS_CALLS, 1);
        return NULL;
    }
    uint64_t before = mask_begin();
    attaching = 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    struct thread *t = thread_self;
    if (t == &thread_none || !t->epoch)
        t = attach_now(t);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    attaching = 0;
    mask_end(before);
    return t;
}

struct thread *thread_refresh(void)
{
    uint32_t epoch = __atomic_load_n(&observe_epoch, __ATOMIC_ACQUIRE);
    struct thread *t = thread_self;
    if (!epoch || hidden)
        return NULL;
    if (t != &thread_none && t->epoch) {
        memo_flush(t);
        t->epoch = epoch;
        return t;
    }
    /* Attaching takes system calls that a filter of the program's may punish. */
    if (!given_up)
        return trace_sealed() ? give_up() : attach();
    trace_lose(TRACE_LOSS_CALLS, 1);
    return NULL;
}

struct thread *thread_for_lock(void)
{
    struct thread *t = thread_self;
    uint32_t epoch = __atomic_load_n(&observe_epoch, __ATOMIC_ACQUIRE);
    if (!epoch || (t != &thread_none && t->epoch == epoch))
        return epoch ? t : NULL;
    /* Keys beyond the first few take memory of malloc's, whose lock this may be. */
    if (t == &thread_none && (leaving || hidden || exit_key >= KEYS_IN_THREAD))
        return NULL;
    return given_up || attaching ? NULL : thread_refresh();
}

void thread_hide(void)
{
    hidden = 1;
}

void thread_sample(struct thread *t, uint64_t now, int force)
{
    if (!force && now - t->sampled < clock_ticks(1000000000))
        return;
    t->sampled = now;
    if (trace_sealed())
        return;
    char name[TRACE_THREAD_NAME] = "";
    arch_syscall(SYS_prctl, PR_GET_NAME, (long)name, 0, 0, 0, 0);
    memcpy(t->record->name, name, sizeof name);
    t->record->cpu = clock_thread_cpu();
    t->record->cpu_when = now;
    trace_clock_refresh(now, 0);
}

/* Of the calling thread's mapping, too, and what it does not use goes back. */
void thread_unlock(int flags)
{
    struct thread *t = thread_self;
    memory_locked = (flags & MCL_FUTURE) != 0;
    unlock(trace_file, trace_mapped());
    if (t == &thread_none)
        return;
    unlock(t, arena_size);
    refs_unlock(t);
    const uintptr_t page = 4096;
    uintptr_t from = ((uintptr_t)&t->arena[t->nodes] + page - 1) & ~(page - 1);
    uintptr_t to = (uintptr_t)&t->arena[t->room - t->refs] & ~(page - 1);
    if (from < to)
        raw_madvise((void *)from, to - from, MADV_DONTNEED);
}

/* The last thread of a fork child gives its segment back; a later destructor's call gets a new one.
 */
static void child_finish(struct thread *t)
{
    if (t == &thread_none || !t->epoch)
        return;
    thread_self = &thread_none;
    t->epoch = 0;
    if (!fold_child(&t->segment, t->record)) {
        t->epoch = observe_epoch;
        thread_self = t;
        return;
    }
    pending_leave();
    refs_leave();
}

void thread_finish(void)
{
    struct thread *t = thread_self;
    uint64_t now = clock_now();
    if (t != &thread_none && t->epoch)
        thread_sample(t, now, 1);
    trace_clock_refresh(now, 1);
    int pid = trace_sealed() ? 0 : raw_getpid();
    if (pid != process_pid || !is_entered(pid))
        return;
    if (process)
        process->ended = now;
    if (process_forked) {
        child_finish(t);
        return;
    }
    trace_file->end_ticks = now;
    __atomic_store_n(&trace_file->state, TRACE_STATE_FINISHED, __ATOMIC_RELEASE);
}
