/* SPDX-License-Identifier: MIT
 *
 * A loop whose calls never block: what they wait for is pending meanwhile. Two chains start helper
 * threads.
 */
#include "samples.h"

static struct trace_pending_wait *pending(struct builder *b, enum call_id call, uint32_t context,
                                          uint64_t count, uint64_t ns)
{
    struct trace_pending_wait *wait =
        builder_at(b, builder_in_thread(b, RECORD_PENDING_WAIT, sizeof *wait));
    wait->call = (uint16_t)call;
    wait->context = context;
    wait->count = count;
    wait->ticks = BUILDER_TICKS(count * ns);
    wait->max = BUILDER_TICKS(10 * ns);
    return wait;
}

static uint32_t again(struct builder *b, enum call_id call, uint32_t context, uint32_t count)
{
    uint32_t slot = samples_counted(b, call, context, 3ull * count, 4 * US);
    ((struct trace_slot *)builder_at(b, slot))->again = count;
    return slot;
}

static uint32_t started(struct builder *b, uint32_t context, uint64_t frame, uint64_t born,
                        uint32_t peak)
{
    uint32_t id = builder_meta(b, RECORD_SPAWN, sizeof(struct trace_spawn));
    struct trace_spawn *spawn = builder_at(b, id);
    spawn->head.aux = SPAWN_THREAD;
    spawn->pid = 520;
    spawn->context = context;
    spawn->frame = frame;
    spawn->born = born;
    spawn->ended = born - 1;
    spawn->alive = 1;
    spawn->life_ticks = BUILDER_TICKS((born - 1) * 40 * MS);
    spawn->peak = peak;
    return id;
}

struct builder *samples_cooperative(void)
{
    static const char *const wait_chain[] = {"app_at_wait", "app_at_main", NULL};
    static const char *const read_chain[] = {"app_at_read", "app_at_main", NULL};
    static const char *const other_chain[] = {"app_at_read", "app_at_flush", "app_at_main", NULL};
    static const char *const write_chain[] = {"app_at_write", "app_at_main", NULL};
    struct builder *b = builder_new(520, 16, 1);
    uint16_t module = samples_module(b);
    builder_process(b, 520, 1, "/usr/bin/sample-proxy", "sample-proxy -c 64");
    uint32_t wait = samples_context(b, module, wait_chain);
    uint32_t read = samples_context(b, module, read_chain);
    uint32_t other = samples_context(b, module, other_chain);
    uint32_t connect = samples_context(b, module, write_chain);

    uint32_t thread = builder_thread(b, 520, 520, "sample-proxy");
    ((struct trace_thread *)builder_at(b, thread))->pending_peak = 70;
    uint32_t slot = again(b, CALL_recv, read, 5000);
    pending(b, CALL_recv, read, 4980, 3 * MS)->peak = 64;
    again(b, CALL_recv, other, 40);
    struct trace_pending_wait *few = pending(b, CALL_recv, other, 40, 1 * MS);
    few->peak = 9;
    few->live = 3;
    again(b, CALL_connect, connect, 90);
    struct trace_pending_wait *refused = pending(b, CALL_connect, connect, 88, 10 * MS);
    refused->peak = 5;
    refused->unfinished = 2;
    refused->unfinished_ticks = BUILDER_TICKS(2 * 30 * SECONDS);
    samples_loop(b, thread, wait, slot, 0, 0);

    uint64_t routine = samples_frame(module, "app_at_flush");
    uint32_t spawns[] = {started(b, read, routine, 301, 6), started(b, other, routine, 21, 4)};
    for (int i = 1; i <= 2; i++) { /* the same site on other threads */
        uint32_t other_thread = builder_thread(b, 520, 520 + i, "helper");
        ((struct trace_thread *)builder_at(b, other_thread))->pending_peak = 1;
        ((struct trace_thread *)builder_at(b, other_thread))->spawn = spawns[i - 1];
        again(b, CALL_recv, read, 10);
        pending(b, CALL_recv, read, 10, 2 * MS)->peak = 1;
    }
    builder_finish(b, 60 * SECONDS);
    return b;
}
