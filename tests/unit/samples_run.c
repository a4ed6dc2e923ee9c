/* SPDX-License-Identifier: MIT
 *
 * Runs of one server that differ in what is asked for: for `shunt diff`.
 */
#include "samples.h"

static void add_loop(struct builder *b, uint32_t thread, uint16_t module, uint64_t stall_ns)
{
    static const char *const wait_chain[] = {"app_at_wait", "app_at_main", NULL};
    uint32_t context = samples_context(b, module, wait_chain);
    uint32_t histogram = builder_histogram(b, CALL_epoll_wait);
    ((struct trace_histogram *)builder_at(b, histogram))
        ->bucket[trace_bucket_of(BUILDER_TICKS(stall_ns / 2000))] = 2000;
    uint32_t id = builder_wait_point(b, CALL_epoll_wait, context);
    struct trace_wait_point *wait = builder_at(b, id);
    wait->fd = 5;
    wait->depth = 2;
    wait->stalls_histogram = histogram;
    wait->visits = 5001;
    wait->turns = 5000;
    wait->stalls = 2000;
    wait->stall_ticks = BUILDER_TICKS(stall_ns);
    wait->turn_ticks = wait->stall_ticks + BUILDER_TICKS(20 * MS);
    wait->worst[0] = (struct trace_turn){.start = BUILDER_START + BUILDER_TICKS(SECONDS),
                                         .length = BUILDER_TICKS(stall_ns / 1000)};
    ((struct trace_thread *)builder_at(b, thread))->loop = id;
    builder_count(b, samples_idle(b, context), 5000, MS);
}

static void add_sync(struct builder *b, uint16_t module, uint32_t target, bool on_loop)
{
    static const char *const sync_chain[] = {"app_at_sync", "app_at_flush", "app_at_main", NULL};
    uint32_t slot = samples_counted(b, CALL_fdatasync, samples_context(b, module, sync_chain),
                                    on_loop ? 2000 : 400, 2 * MS);
    ((struct trace_slot *)builder_at(b, slot))->target = target;
    if (on_loop)
        samples_stalls(b, slot, 2000);
}

/* A stripped library on a thread of its own: its sites have no name but its build's. */
static void add_stripped(struct builder *b, uint8_t build)
{
    uint8_t build_id[] = {0xde, 0xad, 0xbe, 0xef, 1, 2, 3, build};
    uint16_t module = builder_module(b, "/opt/gone/libgone.so.2", build_id, sizeof build_id, 0);
    uint64_t frame = TRACE_FRAME(module, 0x4242);
    builder_thread(b, 600, 602, "archive");
    samples_counted(b, CALL_fsync, builder_context(b, &frame, 1), 40, 3 * MS);
}

struct builder *samples_run(const struct samples_run *run)
{
    static const char *const read_chain[] = {"app_at_read", "app_at_main", NULL};
    static const char *const write_chain[] = {"app_at_write", "app_at_flush", "app_at_main", NULL};
    static const char *const flush_chain[] = {"app_at_flush", "app_at_main", NULL};
    struct builder *b = builder_new(600, 16, 1);
    builder_header(b)->first_clock.realtime = run->started_s * SECONDS;
    uint16_t module = samples_module(b);
    char line[128] = "sample-server";
    __builtin_snprintf(line, sizeof line, "sample-server --log %s --port 80", run->options);
    builder_process(b, 600, 1, "/usr/bin/sample-server", line);
    uint32_t log = builder_string(b, STRING_TARGET, "file:/srv/data/log.1.aof");
    uint32_t thread = builder_thread(b, 600, 600, "sample-server");
    if (run->sync_on_loop)
        add_sync(b, module, log, true);
    uint32_t read = samples_context(b, module, read_chain);
    samples_stalls(b, samples_counted(b, CALL_nanosleep, read, 200, run->sleep_ns), 200);
    samples_counted(b, CALL_read, read, 2000, run->read_ns);
    if (run->writes)
        samples_counted(b, CALL_write, samples_context(b, module, write_chain), run->writes,
                        150 * US);
    if (run->lookups)
        samples_counted(b, CALL_getaddrinfo, samples_context(b, module, flush_chain), run->lookups,
                        12 * MS);
    add_loop(b, thread, module, (run->sync_on_loop ? 5 : 1) * SECONDS);
    if (!run->sync_on_loop) {
        builder_thread(b, 600, 601, "log_sync");
        add_sync(b, module, log, false);
    }
    if (run->conditions) {
        builder_thread(b, 600, 603, "worker");
        samples_counted(b, CALL_pthread_cond_wait, read, run->conditions, 40 * MS);
    }
    add_stripped(b, run->build);
    builder_finish(b, 10 * SECONDS);
    return b;
}

struct builder *samples_before(void)
{
    return samples_run(&(struct samples_run){.started_s = 100,
                                             .sync_on_loop = true,
                                             .sleep_ns = 2 * MS,
                                             .read_ns = 150 * US,
                                             .writes = 1000,
                                             .build = 1,
                                             .options = "sync"});
}

struct builder *samples_after(void)
{
    return samples_run(&(struct samples_run){.started_s = 200,
                                             .sleep_ns = 4 * MS,
                                             .read_ns = 450 * US,
                                             .lookups = 50,
                                             .build = 2,
                                             .options = "thread"});
}
