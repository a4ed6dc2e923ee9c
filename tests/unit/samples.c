/* SPDX-License-Identifier: MIT
 *
 * See samples.h.
 */
#include "samples.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct {
    void *handle;
    const struct link_map *map;
    uint8_t build_id[32];
    uint16_t build_id_size;
} app;

static int find_build_id(struct dl_phdr_info *info, size_t size, void *unused)
{
    (void)size, (void)unused;
    if (info->dlpi_addr != app.map->l_addr)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_NOTE)
            continue;
        const char *note = (const char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        const char *end = note + info->dlpi_phdr[i].p_memsz;
        while (note + sizeof(ElfW(Nhdr)) <= end) {
            const ElfW(Nhdr) *head = (const void *)note;
            const char *desc = note + sizeof *head + ((head->n_namesz + 3u) & ~3u);
            if (head->n_type == NT_GNU_BUILD_ID && head->n_descsz <= sizeof app.build_id) {
                app.build_id_size = (uint16_t)head->n_descsz;
                memcpy(app.build_id, desc, head->n_descsz);
            }
            note = desc + ((head->n_descsz + 3u) & ~3u);
        }
    }
    return 0;
}

int samples_open(const char *path)
{
    app.handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!app.handle || dlinfo(app.handle, RTLD_DI_LINKMAP, &app.map) != 0) {
        fprintf(stderr, "samples: %s\n", dlerror());
        return -1;
    }
    dl_iterate_phdr(find_build_id, NULL);
    return app.build_id_size ? 0 : -1;
}

uint64_t samples_frame(uint16_t module, const char *label)
{
    const char *address = dlsym(app.handle, label);
    if (!address) {
        fprintf(stderr, "samples: no label %s\n", label);
        abort();
    }
    return TRACE_FRAME(module, (uint64_t)(uintptr_t)address - app.map->l_addr);
}

uint16_t samples_module(struct builder *b)
{
    return builder_module(b, app.map->l_name, app.build_id, app.build_id_size, MODULE_MAIN);
}

/* ---- the server ---- */

uint32_t samples_context(struct builder *b, uint16_t module, const char *const *labels)
{
    uint64_t frames[TRACE_FRAMES];
    uint16_t count = 0;
    for (; labels[count]; count++)
        frames[count] = samples_frame(module, labels[count]);
    return builder_context(b, frames, count);
}

uint32_t samples_counted(struct builder *b, enum call_id call, uint32_t context, uint64_t count,
                         uint64_t ns)
{
    uint32_t histogram = builder_histogram(b, call);
    uint32_t id = builder_slot(b, call, context);
    ((struct trace_slot *)builder_at(b, id))->histogram = histogram;
    builder_count(b, id, count, ns);
    return id;
}

void samples_stalls(struct builder *b, uint32_t slot, uint32_t turns)
{
    struct trace_slot *record = builder_at(b, slot);
    record->stall_turns = turns;
    record->stall_ticks = record->ticks;
}

uint32_t samples_idle(struct builder *b, uint32_t context)
{
    uint32_t id = builder_slot(b, CALL_epoll_wait, context);
    ((struct trace_slot *)builder_at(b, id))->flags = SLOT_LOOP_WAIT;
    return id;
}

static void server_loop(struct builder *b, uint32_t thread, uint16_t app_module, uint32_t sync_slot,
                        uint32_t write_slot)
{
    static const char *const wait_chain[] = {"app_at_wait", "app_at_main", NULL};
    uint32_t context = samples_context(b, app_module, wait_chain);
    uint32_t stall_histogram = builder_histogram(b, CALL_epoll_wait);
    uint32_t id = builder_wait_point(b, CALL_epoll_wait, context);
    struct trace_histogram *histogram = builder_at(b, stall_histogram);
    histogram->bucket[trace_bucket_of(BUILDER_TICKS(870 * US))] = 42000;
    histogram->bucket[trace_bucket_of(BUILDER_TICKS(4 * MS))] = 1400;
    histogram->bucket[trace_bucket_of(BUILDER_TICKS(41 * MS))] = 1;
    struct trace_wait_point *wait = builder_at(b, id);
    wait->fd = 5;
    wait->depth = 2;
    wait->stalls_histogram = stall_histogram;
    wait->visits = 43501;
    wait->turns = 43500;
    wait->turn_ticks = BUILDER_TICKS(42 * SECONDS);
    wait->stalls = 43401;
    wait->stall_ticks = BUILDER_TICKS(41100 * MS);
    wait->stall_measured = BUILDER_TICKS(41000 * MS);
    wait->stall_cpu = BUILDER_TICKS(2050 * MS);
    wait->harmful = 40000;
    wait->harmful_ticks = BUILDER_TICKS(40 * SECONDS);
    wait->slice_ticks = BUILDER_TICKS(SECONDS);
    for (int i = 0; i < 60; i++)
        wait->slice[i] = BUILDER_TICKS((i == 27 ? 950 : 600 + 40 * (i % 5)) * MS);
    wait->worst[0] = (struct trace_turn){
        .start = BUILDER_START + BUILDER_TICKS(27300 * MS),
        .length = BUILDER_TICKS(41 * MS),
        .wait = BUILDER_TICKS(10 * US),
        .cpu = BUILDER_TICKS(600 * US),
        .ready = 3,
        .next_ready = 1,
        .top = {{sync_slot, 1, BUILDER_TICKS(40 * MS)}, {write_slot, 1, BUILDER_TICKS(26 * US)}}};
    ((struct trace_thread *)builder_at(b, thread))->loop = id;
    builder_count(b, samples_idle(b, context), 43500, 410 * US);
}

static void server_threads(struct builder *b, uint16_t module)
{
    static const char *const read_chain[] = {"app_at_read", NULL};
    builder_thread(b, 880, 883, "bio_aof_fsync");
    builder_thread(b, 880, 884, "bio_close_file");
    uint32_t slot =
        samples_counted(b, CALL_read, samples_context(b, module, read_chain), 12, 300 * MS);
    struct trace_slot *record = builder_at(b, slot);
    record->target = builder_string(b, STRING_TARGET, "tcp:10.0.0.7:3306");
    record->no_timeout = 12;
}

struct builder *samples_server(void)
{
    static const char *const sync_chain[] = {"app_at_sync", "app_at_flush", "app_at_main", NULL};
    static const char *const write_chain[] = {"app_at_write", "app_at_flush", "app_at_main", NULL};
    static const char *const read_chain[] = {"app_at_read", "app_at_main", NULL};
    struct builder *b = builder_new(880, 16, 2);
    uint16_t module = samples_module(b);
    builder_process(b, 880, 1, "/usr/bin/sample-server", "sample-server --appendfsync always");
    uint32_t file = builder_string(b, STRING_TARGET, "file:/srv/data/log.1.aof");
    uint32_t other = builder_string(b, STRING_TARGET, "file:/srv/data/log.2.aof");
    uint32_t peer = builder_string(b, STRING_TARGET, "tcp:10.0.0.9:50100");
    uint32_t sync_context = samples_context(b, module, sync_chain);
    uint32_t write_context = samples_context(b, module, write_chain);
    uint32_t read_context = samples_context(b, module, read_chain);

    uint32_t thread = builder_thread(b, 880, 880, "sample-server");
    uint32_t sync_slot = samples_counted(b, CALL_fdatasync, sync_context, 43000, 840 * US);
    builder_count(b, sync_slot, 499, 3900 * US);
    builder_count(b, sync_slot, 1, 40 * MS);
    uint32_t write_slot = samples_counted(b, CALL_write, write_context, 43500, 26 * US);
    uint32_t read_slot = samples_counted(b, CALL_read, read_context, 2000000, 2 * US);
    samples_stalls(b, sync_slot, 43401);
    samples_stalls(b, write_slot, 43401);
    ((struct trace_slot *)builder_at(b, sync_slot))->target = file;
    ((struct trace_slot *)builder_at(b, sync_slot))->flags = SLOT_MANY_TARGETS;
    ((struct trace_slot *)builder_at(b, write_slot))->target = file;
    ((struct trace_slot *)builder_at(b, read_slot))->target = peer;
    ((struct trace_slot *)builder_at(b, read_slot))->again = 17;
    for (int i = 0; i < 700; i++)
        builder_event(b, 880, 880, CALL_fdatasync, sync_slot, i % 4 ? file : other,
                      50 * SECONDS + (uint64_t)i * MS, 900 * US);
    server_loop(b, thread, module, sync_slot, write_slot);
    struct trace_thread *record = builder_at(b, thread);
    record->explained = BUILDER_TICKS(59 * SECONDS);
    record->cpu = 3 * SECONDS;
    record->cpu_when = BUILDER_START + BUILDER_TICKS(60 * SECONDS);
    server_threads(b, module);
    builder_gap(b, 880, "a child ran through sudo: not recorded");
    builder_finish(b, 60 * SECONDS);
    return b;
}

/* ---- plain threads ---- */

struct builder *samples_threads(void)
{
    static const uint8_t gone[] = {0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5, 6};
    static const char *const read_chain[] = {"app_at_read", "app_at_main", NULL};
    struct builder *b = builder_new(900, 16, 1);
    uint16_t module = samples_module(b);
    uint16_t lost = builder_module(b, "/opt/gone/libgone.so.2", gone, sizeof gone, 0);
    uint16_t libc = builder_module(b, "/nowhere/libc.so.6", NULL, 0, MODULE_LIBC);
    builder_process(b, 900, 1, "/usr/bin/sample-worker", "sample-worker in.txt");
    uint64_t stripped[] = {TRACE_FRAME(libc, 0x1234), TRACE_FRAME(lost, 0x4242)};
    uint32_t lost_context = builder_context(b, stripped, 2);
    uint32_t read_context = samples_context(b, module, read_chain);
    uint32_t main_thread = builder_thread(b, 900, 900, "sample-worker");
    samples_counted(b, CALL_read, read_context, 500, 2 * MS);
    ((struct trace_thread *)builder_at(b, main_thread))->cpu = 100 * MS;
    ((struct trace_thread *)builder_at(b, main_thread))->cpu_when = BUILDER_START;
    uint32_t worker = builder_thread(b, 900, 901, "worker");
    uint32_t slot = samples_counted(b, CALL_fsync, lost_context, 10, 30 * MS);
    ((struct trace_slot *)builder_at(b, slot))->errors = 2;
    ((struct trace_slot *)builder_at(b, slot))->last_errno = 5;
    struct trace_thread *record = builder_at(b, worker);
    record->current = (struct trace_current){.frame = 1,
                                             .start = BUILDER_START + BUILDER_TICKS(1500 * MS),
                                             .slot = slot,
                                             .call = CALL_fsync};
    builder_finish(b, 2 * SECONDS);
    builder_header(b)->state = TRACE_STATE_READY; /* killed */
    builder_header(b)->end_ticks = 0;
    builder_header(b)->lost[TRACE_LOSS_EVENTS] = 3;
    return b;
}

/* ---- a shell ---- */

struct builder *samples_shell(void)
{
    static const char *const wait_chain[] = {"app_at_wait", "app_at_main", NULL};
    struct builder *b = builder_new(1000, 420, 1);
    uint16_t module = samples_module(b);
    uint32_t context = samples_context(b, module, wait_chain);
    builder_process(b, 1000, 1, "/usr/bin/bash", "bash ./build.sh");
    builder_thread(b, 1000, 1000, "bash");
    samples_counted(b, CALL_waitpid, context, 300, 5 * MS);
    for (int i = 1; i <= 300; i++) {
        uint32_t process = builder_process(b, 1000 + i, 1000, "/usr/bin/bash", "bash ./build.sh");
        ((struct trace_process *)builder_at(b, process))->forked = 1;
        ((struct trace_process *)builder_at(b, process))->ended =
            BUILDER_START + BUILDER_TICKS(4 * MS);
        builder_thread(b, 1000 + i, 1000 + i, "bash");
        samples_counted(b, CALL_write, context, 2, (uint64_t)i * US);
    }
    builder_finish(b, 2 * SECONDS);
    return b;
}

/* ---- writing them ---- */

static const char server_run[] =
    "{\"schema\":\"shunt.run/1\",\"shunt\":\"0.1.0\",\"command\":[\"sample-server\","
    "\"--appendfsync\",\"always\"],\"pid\":880,\"started_realtime_ns\":1,"
    "\"started_monotonic_ns\":5000000000,\"ended_monotonic_ns\":65000000000,"
    "\"exit_status\":0,\"signal\":null,\"run_queue_known\":true,\"host\":\"h\",\"kernel\":\"k\","
    "\"cpus\":2,\"threads\":["
    "{\"pid\":880,\"tid\":880,\"name\":\"sample-server\",\"started_monotonic_ns\":5000000000,"
    "\"sampled_monotonic_ns\":65000000000,\"run_ns\":3000000000,\"wait_ns\":500000000,"
    "\"utime_ns\":1000000000,\"stime_ns\":2900000000,\"explained_ticks\":118200000000},"
    "{\"pid\":880,\"tid\":884,\"name\":\"bio_close_file\",\"started_monotonic_ns\":5000000000,"
    "\"sampled_monotonic_ns\":65000000000,\"run_ns\":1000000,\"wait_ns\":0,"
    "\"utime_ns\":1000000,\"stime_ns\":0,\"explained_ticks\":null}],"
    "\"gaps\":[{\"pid\":0,\"text\":\"ping is setuid: it ran without the library\"}]}\n";

/* The loop of a worker: 1000 turns in 10 s, of which `stalled` took `ns` each. */
void samples_loop(struct builder *b, uint32_t thread, uint32_t context, uint32_t slot,
                  uint64_t stalled, uint64_t ns)
{
    uint32_t histogram = builder_histogram(b, CALL_epoll_wait);
    ((struct trace_histogram *)builder_at(b, histogram))
        ->bucket[trace_bucket_of(BUILDER_TICKS(ns))] = (uint32_t)stalled;
    uint32_t id = builder_wait_point(b, CALL_epoll_wait, context);
    struct trace_wait_point *wait = builder_at(b, id);
    wait->fd = 4;
    wait->depth = 2;
    wait->stalls_histogram = histogram;
    wait->visits = 1001;
    wait->turns = 1000;
    wait->stalls = stalled;
    wait->stall_ticks = BUILDER_TICKS(stalled * ns);
    wait->turn_ticks = wait->stall_ticks + BUILDER_TICKS(20 * MS);
    wait->worst[0] = (struct trace_turn){.start = BUILDER_START + BUILDER_TICKS(2 * SECONDS),
                                         .length = BUILDER_TICKS(ns),
                                         .top = {{slot, 1, BUILDER_TICKS(ns)}}};
    ((struct trace_thread *)builder_at(b, thread))->loop = id;
    builder_count(b, samples_idle(b, context), 1000, 9 * MS);
}

struct builder *samples_workers(void)
{
    static const char *const wait_chain[] = {"app_at_wait", "app_at_main", NULL};
    static const char *const sync_chain[] = {"app_at_sync", "app_at_main", NULL};
    static const char *const read_chain[] = {"app_at_read", "app_at_main", NULL};
    struct builder *b = builder_new(700, 16, 1);
    uint16_t module = samples_module(b);
    builder_process(b, 700, 1, "/usr/bin/sample-real", "sample-workers -t 3");
    uint32_t peer = builder_string(b, STRING_TARGET, "tcp:10.0.0.9:50100");
    uint32_t wait = samples_context(b, module, wait_chain);
    uint32_t sync = samples_context(b, module, sync_chain);
    uint32_t read = samples_context(b, module, read_chain);
    for (int i = 0; i < 4; i++) {
        uint32_t thread = builder_thread(b, 700, 700 + i, i ? "worker" : "sample-workers");
        uint32_t read_slot = samples_counted(b, CALL_read, read, 5000, 3 * US);
        ((struct trace_slot *)builder_at(b, read_slot))->target = peer;
        uint32_t slot =
            i ? samples_counted(b, CALL_fsync, sync, 40u * (unsigned)i, 12 * MS) : read_slot;
        if (i)
            samples_stalls(b, slot, 40u * (uint32_t)i);
        samples_loop(b, thread, wait, slot, i ? 40u * (unsigned)i : 2, i ? 12 * MS : 150 * US);
    }
    for (int i = 0; i < 3; i++) {
        builder_thread(b, 700, 710 + i, "helper");
        samples_counted(b, CALL_fsync, sync, 2, 5 * MS);
    }
    builder_finish(b, 10 * SECONDS);
    return b;
}

/* ---- threads and their locks ---- */

static struct trace_lock *lock_fact(struct builder *b, enum trace_lock_fact kind, enum call_id call,
                                    uint32_t context, uint64_t frame, uint64_t count, uint64_t ns)
{
    struct trace_lock *lock = builder_at(b, builder_lock(b, kind, call, context, frame));
    lock->count = count;
    lock->ticks = BUILDER_TICKS(count * ns);
    lock->max = BUILDER_TICKS(2 * ns);
    return lock;
}

struct builder *samples_locks(void)
{
    static const char *const sync_chain[] = {"app_at_sync", "app_at_flush", NULL};
    static const char *const serve_chain[] = {"app_at_read", "app_at_main", NULL};
    static const char *const wait_chain[] = {"app_at_wait", "app_at_main", NULL};
    struct builder *b = builder_new(950, 16, 1);
    uint16_t module = samples_module(b);
    builder_process(b, 950, 1, "/usr/bin/sample-cache", "sample-cache");
    uint32_t sync = samples_context(b, module, sync_chain);
    uint32_t serve = samples_context(b, module, serve_chain);
    uint32_t wait = samples_context(b, module, wait_chain);
    uint64_t taken = samples_frame(module, "app_at_write");

    uint32_t main_thread = builder_thread(b, 950, 950, "sample-cache");
    ((struct trace_thread *)builder_at(b, main_thread))->locks = 1000000 * TRACE_LOCKS_ONE;
    samples_counted(b, CALL_fsync, sync, 40, 25 * MS);
    lock_fact(b, LOCK_HELD, CALL_fsync, sync, taken, 40, 25 * MS);
    lock_fact(b, LOCK_HELD_TOO, CALL_fsync, sync, samples_frame(module, "app_at_wait"), 40,
              25 * MS);
    for (int i = 1; i <= 3; i++) {
        uint32_t thread = builder_thread(b, 950, 950 + i, "worker");
        ((struct trace_thread *)builder_at(b, thread))->locks = 100000 * TRACE_LOCKS_ONE;
        samples_counted(b, CALL_pthread_mutex_lock, serve, 40, 20 * MS);
        struct trace_lock *lock =
            lock_fact(b, LOCK_WAITED, CALL_pthread_mutex_lock, serve, taken, 30, 20 * MS);
        lock->holder = HOLDER_IN_CALL;
        lock->holder_call = CALL_fsync;
        lock->holder_context = sync;
        lock = lock_fact(b, LOCK_WAITED, CALL_pthread_mutex_lock, serve, taken, 8, 20 * MS);
        lock->holder = HOLDER_OUTSIDE;
        lock_fact(b, LOCK_WAITED, CALL_pthread_mutex_lock, serve, 0, 2, 20 * MS);
        samples_counted(b, CALL_nanosleep, wait, 10, 5 * MS);
        lock_fact(b, LOCK_HELD, CALL_nanosleep, wait, samples_frame(module, "app_at_main"), 10,
                  5 * MS);
    }
    builder_header(b)->locks_aside = 7;
    builder_finish(b, 5 * SECONDS);
    return b;
}

/* ---- a loop and the libraries that hold it up ---- */

struct builder *samples_driver(void)
{
    static const char *const wait_chain[] = {"app_at_wait", "app_at_main", NULL};
    static const char *const sync_chain[] = {"app_at_sync", "app_at_flush", "app_at_main", NULL};
    struct builder *b = builder_new(4121, 16, 1);
    uint16_t app_module = samples_module(b);
    uint16_t libc = builder_module(b, "/nowhere/libc.so.6", NULL, 0, MODULE_LIBC);
    uint16_t driver = builder_module(b, "/nowhere/libmariadb.so.3", NULL, 0, 0);
    uint16_t binding = builder_module(b, "/nowhere/_mysql.cpython-311.so", NULL, 0, 0);
    builder_process(b, 4121, 1, "/usr/bin/sample-hub", "sample-hub wsgi");
    uint64_t serve = samples_frame(app_module, "app_at_read");
    uint64_t main_frame = samples_frame(app_module, "app_at_main");
    uint64_t dns[] = {TRACE_FRAME(libc, 0x10), serve, main_frame};
    uint64_t poll[] = {TRACE_FRAME(driver, 0x20), TRACE_FRAME(binding, 0x30), serve, main_frame};
    uint32_t database = builder_string(b, STRING_TARGET, "tcp:10.0.0.7:3306");
    uint32_t wait = samples_context(b, app_module, wait_chain);
    uint32_t contexts[] = {builder_context(b, dns, 3), builder_context(b, poll, 4),
                           samples_context(b, app_module, sync_chain)};
    uint32_t thread = builder_thread(b, 4121, 4121, "sample-hub");
    uint32_t slots[] = {samples_counted(b, CALL_getaddrinfo, contexts[0], 200, 20 * MS),
                        samples_counted(b, CALL_poll, contexts[1], 200, 8 * MS),
                        samples_counted(b, CALL_fsync, contexts[2], 200, 800 * US)};
    for (int i = 0; i < 3; i++)
        samples_stalls(b, slots[i], 200);
    ((struct trace_slot *)builder_at(b, slots[1]))->target = database;
    ((struct trace_slot *)builder_at(b, slots[1]))->no_timeout = 200;
    samples_loop(b, thread, wait, slots[0], 200, 29 * MS);
    builder_finish(b, 10 * SECONDS);
    return b;
}

static int write_one(const char *directory, const char *name, struct builder *b, const char *run)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%s/%s.%d.shunt", directory, name, name, builder_header(b)->pid);
    int result = builder_write(b, path, 0);
    builder_free(b);
    if (!run || result < 0)
        return result;
    snprintf(path, sizeof path, "%s/%s/run.json", directory, name);
    FILE *file = fopen(path, "w");
    if (!file)
        return -1;
    fputs(run, file);
    return fclose(file);
}

int samples_write(const char *directory)
{
    mkdir(directory, 0700);
    return write_one(directory, "before", samples_before(), NULL) < 0 ||
                   write_one(directory, "after", samples_after(), NULL) < 0 ||
                   write_one(directory, "server", samples_server(), server_run) < 0 ||
                   write_one(directory, "threads", samples_threads(), NULL) < 0 ||
                   write_one(directory, "shell", samples_shell(), NULL) < 0 ||
                   write_one(directory, "workers", samples_workers(), NULL) < 0 ||
                   write_one(directory, "driver", samples_driver(), NULL) < 0 ||
                   write_one(directory, "locks", samples_locks(), NULL) < 0 ||
                   write_one(directory, "wsgi", samples_wsgi(), NULL) < 0 ||
                   write_one(directory, "short-hub", samples_short_hub(), NULL) < 0 ||
                   write_one(directory, "wsgi-threads", samples_wsgi_threads(), NULL) < 0 ||
                   write_one(directory, "cooperative", samples_cooperative(), NULL) < 0
               ? -1
               : 0;
}
