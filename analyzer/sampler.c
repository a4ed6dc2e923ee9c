/* SPDX-License-Identifier: MIT
 *
 * Finds the threads of a run in its trace files and samples each. Trace files are read with pread
 * and not mapped: they belong to the program, which may truncate them.
 */
#include "sampler.h"

#include "host_pid.h"
#include "sampler_proc.h"
#include "trace_dir.h"
#include "trace_format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#define NS_PER_S     1000000000ull
#define EARLY_TICK   5000000ull /* doubled at each tick until it is a FIRST_TICK */
#define EARLY_TICKS  5
#define FIRST_TICK   100000000ull
#define LATER_TICK   250000000ull
#define FIRST_TICKS  20
#define COST_FACTOR  200  /* a sample's CPU time times this is the least time to the next */
#define MAX_SOURCES  256  /* trace files open at once */
#define MAX_SEEN     8192 /* trace files ever looked at; power of two */
#define MAX_OPEN     256  /* threads with files open at once */
#define MAX_THREADS  4096
#define IDLE_SAMPLES 8 /* without a living thread, then a trace file is closed */
#define FRESH_NS     50000000ull

enum chunk_note { CHUNK_UNKNOWN = 0, CHUNK_OTHER = UINT16_MAX };

/* One trace file. `note` says per chunk: not known, never a thread's, or the thread's index + 1. */
struct source {
    int fd; /* -1: unused */
    struct host_file file;
    pid_t pid;  /* the process of the latest new segment, as it sees itself */
    pid_t host; /* ... and here; 0: not to be found */
    unsigned idle;
    uint32_t clock;
    struct trace_clock first; /* with the present, the rate of the ticks */
    uint16_t *note;
    uint32_t notes;
};

struct watched {
    struct sampler_thread thread; /* with the ids that the trace has */
    pid_t pid, tid;               /* here */
    struct sampler_proc proc;
    uint64_t start;              /* ticks, of the trace's segment; 0: it has none */
    const struct source *source; /* where the segment begins, */
    uint32_t chunk;              /* ... and a note leads here */
    bool done;
};

struct sampler {
    DIR *dir;
    pid_t pid;
    uint64_t started_ns;
    uint64_t ticks; /* samples taken */
    struct timespec dir_changed;
    bool dir_fresh; /* it changed so lately that another change may hide behind the same time */
    bool finishing;
    struct source sources[MAX_SOURCES];
    ino_t seen[MAX_SEEN];
    unsigned seen_count;
    struct watched watched[MAX_THREADS];
    unsigned count;
    unsigned open;
    nlink_t task_links; /* of the program's /proc/PID/task when it was last listed */
    unsigned missed;
    bool full; /* MAX_THREADS were met */
};

/* One instant on all clocks in use. */
struct instant {
    uint64_t ticks;
    uint64_t monotonic;
    uint64_t boottime;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* Of the times in /proc, in nanoseconds. */
static uint64_t kernel_tick(void)
{
    return NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
}

static struct instant read_clocks(uint32_t kind)
{
    struct instant now = {.monotonic = clock_ns(CLOCK_MONOTONIC),
                          .boottime = clock_ns(CLOCK_BOOTTIME)};
    now.ticks = kind == TRACE_CLOCK_TSC ? __rdtsc() : now.monotonic;
    return now;
}

/* ---- trace files ---- */

/* False if it was there, or there is no more room. */
static bool remember(struct sampler *sampler, ino_t inode)
{
    unsigned at = (unsigned)(inode * 0x9e3779b97f4a7c15ull >> 40) % MAX_SEEN;
    while (sampler->seen[at] && sampler->seen[at] != inode)
        at = (at + 1) % MAX_SEEN;
    if (sampler->seen[at] || sampler->seen_count >= MAX_SEEN * 3 / 4)
        return false;
    sampler->seen[at] = inode;
    sampler->seen_count++;
    return true;
}

static void forget(struct sampler *sampler, ino_t inode);

static struct source *free_source(struct sampler *sampler)
{
    for (unsigned i = 0; i < MAX_SOURCES; i++)
        if (sampler->sources[i].fd < 0)
            return &sampler->sources[i];
    return NULL;
}

static void close_source(struct source *source)
{
    if (source->fd >= 0)
        close(source->fd);
    free(source->note);
    *source = (struct source){.fd = -1};
}

static bool read_header(int fd, struct trace_header *header)
{
    return pread(fd, header, sizeof *header, 0) == (ssize_t)sizeof *header &&
           !memcmp(header->magic, TRACE_MAGIC, sizeof header->magic) &&
           header->version == TRACE_VERSION && header->state >= TRACE_STATE_READY;
}

static void open_source(struct sampler *sampler, const struct dirent *entry)
{
    struct source *source = free_source(sampler);
    if (!source || !remember(sampler, entry->d_ino))
        return;
    int fd =
        openat(dirfd(sampler->dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct trace_header header;
    if (fd >= 0 && read_header(fd, &header)) {
        *source = (struct source){
            .fd = fd,
            .file = {.inode = entry->d_ino, .pid = header.pid, .start = header.process_start},
            .clock = header.clock,
            .first = header.first_clock};
        return;
    }
    /* Not ready yet: look again next time. */
    if (fd >= 0)
        close(fd);
    forget(sampler, entry->d_ino);
    sampler->dir_fresh = true;
}

static void scan_directory(struct sampler *sampler)
{
    struct stat dir;
    if (fstat(dirfd(sampler->dir), &dir) < 0)
        return;
    bool same = dir.st_mtim.tv_sec == sampler->dir_changed.tv_sec &&
                dir.st_mtim.tv_nsec == sampler->dir_changed.tv_nsec;
    if (same && !sampler->dir_fresh && !sampler->finishing)
        return;
    sampler->dir_changed = dir.st_mtim;
    uint64_t changed = (uint64_t)dir.st_mtim.tv_sec * NS_PER_S + (uint64_t)dir.st_mtim.tv_nsec;
    sampler->dir_fresh = clock_ns(CLOCK_REALTIME) < changed + FRESH_NS;
    rewinddir(sampler->dir);
    for (struct dirent *entry; (entry = readdir(sampler->dir));)
        if (trace_dir_is_trace(entry->d_name) && strcmp(entry->d_name, "run.json") != 0)
            open_source(sampler, entry);
}

/* Open addressing: the entries behind the hole are put in anew. */
static void forget(struct sampler *sampler, ino_t inode)
{
    unsigned at = (unsigned)(inode * 0x9e3779b97f4a7c15ull >> 40) % MAX_SEEN;
    while (sampler->seen[at] && sampler->seen[at] != inode)
        at = (at + 1) % MAX_SEEN;
    if (!sampler->seen[at])
        return;
    sampler->seen[at] = 0;
    sampler->seen_count--;
    for (at = (at + 1) % MAX_SEEN; sampler->seen[at]; at = (at + 1) % MAX_SEEN) {
        ino_t moved = sampler->seen[at];
        sampler->seen[at] = 0;
        sampler->seen_count--;
        remember(sampler, moved);
    }
}

/* ---- threads ---- */

/* Ids here, which are others than the trace's in a pid namespace; 0: not to be found. */
struct host {
    pid_t pid, tid;
};

static struct host find_host(struct source *source, const struct trace_thread *record)
{
    if (source->pid != record->pid) {
        source->pid = record->pid;
        source->host = host_pid_find(&source->file, record->pid);
    }
    pid_t pid = source->host;
    return (struct host){pid, pid ? host_tid_find(pid, record->pid, record->tid) : 0};
}

static void retire(struct sampler *sampler, struct watched *watched)
{
    if (watched->done)
        return;
    watched->done = true;
    sampler->open -= watched->proc.stat >= 0;
    sampler_proc_close(&watched->proc);
}

static bool is_watched(const struct sampler *sampler, pid_t pid, pid_t tid)
{
    for (unsigned i = 0; i < sampler->count; i++)
        if (!sampler->watched[i].done && sampler->watched[i].pid == pid &&
            sampler->watched[i].tid == tid)
            return true;
    return false;
}

/* After an exec two traces speak of the same thread: the later segment is the one that lives. */
static bool supersede(struct sampler *sampler, const struct trace_thread *record,
                      const struct host *host)
{
    for (unsigned i = 0; i < sampler->count; i++) {
        struct watched *other = &sampler->watched[i];
        if (other->done || other->pid != host->pid || other->tid != host->tid)
            continue;
        if (other->start > record->start)
            return false;
        if (!other->start) /* silent so far: its trace will speak for it from its start */
            other->thread.sampled_ns = 0;
        retire(sampler, other);
    }
    return true;
}

/* An entry for one more thread: when there is no more room, that of one that is gone and of which
 * nothing came to be known. NULL: there is none. */
static struct watched *new_entry(struct sampler *sampler)
{
    if (sampler->count < MAX_THREADS)
        return &sampler->watched[sampler->count++];
    for (unsigned i = 0; i < MAX_THREADS; i++)
        if (sampler->watched[i].done && !sampler->watched[i].thread.sampled_ns)
            return &sampler->watched[i];
    sampler->full = true;
    return NULL;
}

/* NULL: no more room. A thread that cannot be looked at gets an entry that is done. */
static struct watched *watch(struct sampler *sampler, const struct trace_thread *record,
                             const struct host *host)
{
    struct sampler_proc proc = {.schedstat = -1, .stat = -1};
    struct watched *watched = new_entry(sampler);
    if (!watched)
        return NULL;
    bool room = sampler->open < MAX_OPEN;
    bool there = room && host->tid && sampler_proc_open(&proc, host->pid, host->tid) == 0;
    sampler->open += there;
    sampler->missed += !room;
    *watched = (struct watched){.thread = {.pid = record->pid, .tid = record->tid},
                                .pid = host->pid,
                                .tid = host->tid,
                                .proc = proc,
                                .start = record->start,
                                .done = !there};
    return watched;
}

/* CLOCK_MONOTONIC of a moment in the trace. */
static uint64_t monotonic_of(const struct source *source, uint64_t ticks, const struct instant *now)
{
    if (now->ticks <= source->first.ticks || now->ticks < ticks)
        return now->monotonic;
    double ns_per_tick = (double)(now->monotonic - source->first.monotonic) /
                         (double)(now->ticks - source->first.ticks);
    return now->monotonic - (uint64_t)((double)(now->ticks - ticks) * ns_per_tick);
}

/* When did it start? The kernel's answer is exact to its clock tick, the trace's is at or after the
 * start: inside that tick the trace knows better. */
static uint64_t start_of(const struct sampler *sampler, const struct source *source,
                         const struct watched *watched, uint64_t kernel_boottime,
                         const struct instant *now)
{
    if (watched->pid == sampler->pid && watched->tid == sampler->pid)
        return sampler->started_ns;
    uint64_t tick = kernel_tick();
    uint64_t earliest = now->monotonic - (now->boottime - kernel_boottime);
    uint64_t seen = monotonic_of(source, watched->start, now);
    return seen >= earliest && seen < earliest + tick ? seen : earliest + tick / 2;
}

/* explained, and the call in progress if two looks agree on it: the writer does not stop for us. */
static uint64_t explained_ticks(const struct source *source, off_t at, struct trace_thread *record,
                                uint64_t *now)
{
    for (int i = 0; i < 3; i++) {
        struct trace_thread again;
        *now = read_clocks(source->clock).ticks;
        if (pread(source->fd, &again, sizeof again, at) != (ssize_t)sizeof again)
            break;
        bool same = again.explained == record->explained &&
                    !memcmp(&again.current, &record->current, sizeof again.current);
        *record = again;
        if (!same)
            continue;
        bool inside = record->current.frame && record->current.start < *now && !record->end;
        return record->explained + (inside ? *now - record->current.start : 0);
    }
    return record->explained;
}

static bool sample(struct sampler *sampler, struct watched *watched, const struct source *source,
                   off_t at, struct trace_thread *record)
{
    int64_t start = sampler_proc_read(&watched->proc, &watched->thread);
    if (start < 0) {
        retire(sampler, watched);
        return false;
    }
    struct instant now = read_clocks(source->clock);
    watched->thread.explained = explained_ticks(source, at, record, &now.ticks);
    watched->thread.has_explained = true;
    watched->thread.sampled_ns = now.monotonic;
    watched->thread.started_ns = start_of(sampler, source, watched, (uint64_t)start, &now);
    return true;
}

struct segment {
    struct trace_chunk chunk;
    struct trace_thread thread;
};

/* A main thread that ended long before its process has had its last sample. */
static bool ended_just_now(const struct source *source, uint64_t end)
{
    struct instant now = read_clocks(source->clock);
    return now.monotonic - monotonic_of(source, end, &now) < LATER_TICK;
}

/* Threads of the program that have no segment in its trace, as they made no recorded call: how many
 * there are and for how long they were there is said by the report. */
static void watch_silent(struct sampler *sampler)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof path, "/proc/%d/task", (int)sampler->pid);
    /* a link for each thread, and two of the directory's own */
    if (stat(path, &status) < 0 || status.st_nlink == sampler->task_links)
        return;
    sampler->task_links = status.st_nlink;
    DIR *tasks = opendir(path);
    if (!tasks)
        return;
    for (struct dirent *entry; (entry = readdir(tasks));) {
        pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        struct trace_thread record = {.pid = sampler->pid, .tid = tid};
        struct host host = {sampler->pid, tid};
        if (tid > 0 && !is_watched(sampler, sampler->pid, tid) && sampler->count < MAX_THREADS / 2)
            watch(sampler, &record, &host);
    }
    closedir(tasks);
}

/* Its segment may have ended while the kernel still has the thread. To the kernel's clock tick they
 * began together. */
static bool has_ended_segment(const struct sampler *sampler, const struct watched *watched)
{
    uint64_t tick = kernel_tick(), started = watched->thread.started_ns;
    for (unsigned i = 0; i < sampler->count; i++) {
        const struct watched *other = &sampler->watched[i];
        if (other->done && other->start && other->pid == watched->pid &&
            other->tid == watched->tid && other->thread.started_ns + tick > started &&
            other->thread.started_ns < started + 2 * tick)
            return true;
    }
    return false;
}

static void sample_silent(struct sampler *sampler)
{
    watch_silent(sampler);
    for (unsigned i = 0; i < sampler->count; i++) {
        struct watched *watched = &sampler->watched[i];
        if (watched->done || watched->start)
            continue;
        int64_t start = sampler_proc_read(&watched->proc, &watched->thread);
        if (start < 0) {
            retire(sampler, watched);
            continue;
        }
        struct instant now = read_clocks(TRACE_CLOCK_MONOTONIC);
        watched->thread.started_ns = now.monotonic - (now.boottime - (uint64_t)start);
        if (!watched->thread.sampled_ns && has_ended_segment(sampler, watched))
            retire(sampler, watched);
        else
            watched->thread.sampled_ns = now.monotonic;
    }
}

/* Whose segment began in the chunk when it was last looked at; NULL: not known, or given up. */
static struct watched *noted(struct sampler *sampler, const struct source *source, uint32_t chunk)
{
    uint16_t note = source->note[chunk];
    struct watched *watched = note ? &sampler->watched[note - 1] : NULL;
    return watched && watched->source == source && watched->chunk == chunk ? watched : NULL;
}

/* True if a living thread was sampled. */
static bool visit_chunk(struct sampler *sampler, struct source *source, uint32_t index)
{
    struct segment segment;
    off_t at = (off_t)TRACE_FIRST_CHUNK + (off_t)index * TRACE_CHUNK;
    if (pread(source->fd, &segment, sizeof segment, at) != (ssize_t)sizeof segment)
        return false;
    if (segment.chunk.kind == TRACE_CHUNK_META || segment.chunk.kind == TRACE_CHUNK_RING)
        source->note[index] = CHUNK_OTHER;
    const struct trace_thread *record = &segment.thread;
    bool main = record->pid == sampler->pid && record->tid == sampler->pid;
    if (segment.chunk.kind != TRACE_CHUNK_THREAD || record->head.type != RECORD_THREAD ||
        record->pid <= 0 || record->tid <= 0)
        return false;

    struct watched *watched = noted(sampler, source, index);
    bool ended =
        record->end && !(main && sampler->finishing && ended_just_now(source, record->end));
    bool known = watched && watched->thread.pid == record->pid &&
                 watched->thread.tid == record->tid && watched->start == record->start;
    if (watched && !main && (ended || !known))
        retire(sampler, watched);
    if (ended)
        return false;
    if (!known) {
        struct host host = find_host(source, record);
        if (!supersede(sampler, record, &host) || !(watched = watch(sampler, record, &host)))
            return false;
        watched->source = source;
        watched->chunk = index;
        source->note[index] = (uint16_t)(watched - sampler->watched + 1);
    }
    return !watched->done &&
           sample(sampler, watched, source, at + (off_t)sizeof segment.chunk, &segment.thread);
}

static void visit_source(struct sampler *sampler, struct source *source)
{
    struct trace_header header;
    struct stat file;
    if (!read_header(source->fd, &header) || fstat(source->fd, &file) < 0)
        return;
    uint64_t room = (uint64_t)file.st_size / TRACE_CHUNK;
    uint32_t chunks = header.next_chunk < room ? header.next_chunk : (uint32_t)room;
    if (chunks > source->notes) {
        uint16_t *note = realloc(source->note, chunks * sizeof *note);
        if (!note)
            return;
        memset(note + source->notes, 0, (chunks - source->notes) * sizeof *note);
        source->note = note;
        source->notes = chunks;
    }
    bool alive = false;
    for (uint32_t i = 0; i < chunks; i++) {
        if (i - header.ring_first < header.ring_chunks || source->note[i] == CHUNK_OTHER)
            continue;
        alive |= visit_chunk(sampler, source, i);
    }
    source->idle = alive ? 0 : source->idle + 1;
    if (source->idle >= IDLE_SAMPLES)
        close_source(source);
}

/* ---- the interface ---- */

struct sampler *sampler_new(const char *dir, pid_t pid, uint64_t started_ns)
{
    struct sampler *sampler = calloc(1, sizeof *sampler);
    if (!sampler)
        return NULL;
    sampler->pid = pid;
    sampler->started_ns = started_ns;
    sampler->dir_fresh = true;
    for (unsigned i = 0; i < MAX_SOURCES; i++)
        sampler->sources[i].fd = -1;
    sampler->dir = opendir(dir);
    if (sampler->dir)
        return sampler;
    sampler_free(sampler);
    return NULL;
}

/* Many programs, and the children of a script, are over before a tenth of a second. */
static uint64_t usual_tick(uint64_t taken)
{
    if (taken < EARLY_TICKS)
        return EARLY_TICK << taken;
    return taken < FIRST_TICKS ? FIRST_TICK : LATER_TICK;
}

uint64_t sampler_tick(void *data)
{
    struct sampler *sampler = data;
    uint64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    scan_directory(sampler);
    for (unsigned i = 0; i < MAX_SOURCES; i++)
        if (sampler->sources[i].fd >= 0)
            visit_source(sampler, &sampler->sources[i]);
    sample_silent(sampler);
    uint64_t usual = usual_tick(sampler->ticks++);
    uint64_t least = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - began) * COST_FACTOR;
    return usual > least ? usual : least;
}

void sampler_finish(struct sampler *sampler)
{
    sampler->finishing = true;
    sampler_tick(sampler);
}

const struct sampler_thread *sampler_thread(const struct sampler *sampler, unsigned index)
{
    return index < sampler->count ? &sampler->watched[index].thread : NULL;
}

unsigned sampler_missed(const struct sampler *sampler)
{
    return sampler->missed + sampler->full;
}

static bool is_switched_on(const char *path)
{
    char text[8] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    return length > 0 && text[0] != '0';
}

/* Init has waited for a CPU since the machine came up; if its figure is 0, none is kept. */
static bool is_kept_for_init(void)
{
    uint64_t run_ns = 0, wait_ns = 0;
    FILE *file = fopen("/proc/1/schedstat", "re");
    if (!file)
        return false;
    bool read = fscanf(file, "%" SCNu64 " %" SCNu64, &run_ns, &wait_ns) == 2;
    fclose(file);
    return read && wait_ns > 0;
}

bool sampler_run_queue_known(const struct sampler *sampler)
{
    for (unsigned i = 0; i < sampler->count; i++)
        if (sampler->watched[i].thread.wait_ns)
            return true;
    return is_kept_for_init() || is_switched_on("/proc/sys/kernel/task_delayacct") ||
           is_switched_on("/proc/sys/kernel/sched_schedstats");
}

void sampler_free(struct sampler *sampler)
{
    if (!sampler)
        return;
    for (unsigned i = 0; i < sampler->count; i++)
        retire(sampler, &sampler->watched[i]);
    for (unsigned i = 0; i < MAX_SOURCES; i++)
        close_source(&sampler->sources[i]);
    if (sampler->dir)
        closedir(sampler->dir);
    free(sampler);
}
