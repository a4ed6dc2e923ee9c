/* SPDX-License-Identifier: MIT
 *
 * The part of a page, and of the JSON, that speaks of calls that were moved, and of time switched
 * off.
 */
#include "render_routes.h"

#include "format.h"
#include "json_values.h"
#include "render_parts.h"
#include "render_rollouts.h"
#include "render_table.h"
#include "routes.h"

#include <stdlib.h>

enum { SITES_MOST = 3, REASONS_MOST = 4 };

/* ---- text ---- */

/* The commonest reasons first. */
static const char *reasons(struct page *page, const struct report_moved *moved)
{
    struct arena *a = page->arena;
    const char *text = "";
    uint64_t left = moved->in_place_calls, below = UINT64_MAX;
    unsigned last = REASON_ROOM;
    for (int n = 0; n < REASONS_MOST && left; n++) {
        unsigned best = REASON_ROOM;
        for (unsigned i = 0; i < REASON_ROOM; i++) {
            uint64_t count = moved->in_place[i];
            int after = count < below || (count == below && i > last);
            if (count && after && (best == REASON_ROOM || count > moved->in_place[best]))
                best = i;
        }
        if (best == REASON_ROOM)
            break;
        below = moved->in_place[best];
        last = best;
        left -= below;
        text = arena_print(a, "%s%s%s %s", text, *text ? "; " : "", format_count(a, below),
                           routes_reason_words(best));
    }
    return left ? arena_print(a, "%s; %s for other reasons", text, format_count(a, left)) : text;
}

/* "12 calls were parked (8 until a descriptor was ready, 4 on workers) for 1.2 s in all, in which
 * other green threads could run" */
static const char *parked(struct arena *a, const struct report_moved *moved)
{
    static const char *const ways[GREEN_WAYS] = {[GREEN_READY] = "until a descriptor was ready",
                                                 [GREEN_TIMER] = "until a time",
                                                 [GREEN_POOL] = "on workers",
                                                 [GREEN_LOCK] = "for a lock or a condition"};
    const char *how = "";
    for (unsigned i = 0; i < GREEN_WAYS; i++)
        if (moved->green[i] && ways[i])
            how = arena_print(a, "%s%s%s %s", how, *how ? ", " : "",
                              format_count(a, moved->green[i]), ways[i]);
    return arena_print(a, "%s parked (%s) for %s in all, in which other green threads could run",
                       format_plural(a, moved->green_calls, "call was", "calls were"), how,
                       format_duration(a, moved->parked_ns));
}

static const char *trips(struct page *page, const struct report_moved *moved)
{
    struct arena *a = page->arena;
    const char *text = moved->green_calls ? parked(a, moved) : "no call was moved";
    if (moved->calls)
        text = arena_print(
            a, "%s%s%s made by workers, which took %s; callers waited %s more, %s a call",
            moved->green_calls ? text : "", moved->green_calls ? "; " : "",
            format_plural(a, moved->calls, "call was", "calls were"),
            format_duration(a, moved->run_ns), format_duration(a, routes_cost(moved)),
            format_duration(a, routes_cost(moved) / moved->calls));
    if (moved->expired)
        text = arena_print(a, "%s; %s ended by a deadline", text,
                           format_plural(a, moved->expired, "was", "were"));
    if (moved->denied)
        text = arena_print(a, "%s; %s denied", text,
                           format_plural(a, moved->denied, "call was", "calls were"));
    return text;
}

static const char *trips_and_stays(struct page *page, const struct report_moved *moved)
{
    struct arena *a = page->arena;
    const char *text = arena_print(a, "%s.", trips(page, moved));
    if (moved->in_place_calls)
        text = arena_print(a, "%s %s in place though a rule asked: %s.", text,
                           format_plural(a, moved->in_place_calls, "call ran", "calls ran"),
                           reasons(page, moved));
    return text;
}

static void sums(struct page *page, const struct report_process *process)
{
    page_wrap(page, PAGE_BOLD, "ROUTED", 2,
              arena_print(page->arena, "  %s", trips_and_stays(page, &process->moved)));
}

void parts_site_routes(struct page *page, const struct report_moved *moved)
{
    if (routes_any(moved))
        page_wrap(page, PAGE_PLAIN, "  ", 4,
                  arena_print(page->arena, "routed: %s", trips_and_stays(page, moved)));
}

static void pools(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    for (unsigned i = 0; i < process->pool_count; i++) {
        const struct report_pool *pool = &process->pools[i];
        if (!pool->grown && !pool->refused)
            continue;
        const char *text =
            arena_print(a, "pool %s: at most %u of %u workers at a time, %u made, %u ended idle",
                        pool->name, pool->peak, pool->most, pool->grown, pool->shrunk);
        if (pool->refused)
            text = arena_print(a, "%s, %u could not be made", text, pool->refused);
        if (pool->beyond)
            text = arena_print(a, "%s, %u beyond the bound for parked calls", text, pool->beyond);
        page_wrap(page, PAGE_PLAIN, "  ", 4, text);
    }
}

static void loops(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    for (unsigned i = 0; i < process->loop_count; i++) {
        const struct report_loop *loop = process->loops[i];
        if (loop->moved.calls)
            page_wrap(page, PAGE_PLAIN, "  ", 4,
                      arena_print(a,
                                  "loop of %s (%d): gained nothing, it waits for its workers; the "
                                  "way there and back cost it %s",
                                  loop->thread->name, loop->thread->tid,
                                  format_duration(a, routes_cost(&loop->moved))));
    }
}

static int by_moved(const void *a, const void *b)
{
    const struct report_site *x = *(struct report_site *const *)a;
    const struct report_site *y = *(struct report_site *const *)b;
    uint64_t its = x->moved.ns + x->moved.green_ns, other = y->moved.ns + y->moved.green_ns;
    if (its != other)
        return its > other ? -1 : 1;
    if (x->moved.denied != y->moved.denied)
        return x->moved.denied > y->moved.denied ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void sites(struct page *page, const struct report_process *process)
{
    struct report_site **order =
        ARENA_ARRAY(page->arena, struct report_site *, process->site_count + 1);
    unsigned count = 0;
    for (unsigned i = 0; i < process->site_count; i++)
        if (process->sites[i]->moved.calls || process->sites[i]->moved.green_calls ||
            process->sites[i]->moved.denied)
            order[count++] = process->sites[i];
    if (count)
        qsort(order, count, sizeof *order, by_moved);
    for (unsigned i = 0; i < count && i < SITES_MOST; i++) {
        page_wrap(page, PAGE_PLAIN, arena_print(page->arena, "%-5s", order[i]->short_id), 5,
                  arena_print(page->arena, "%s in %s: %s", order[i]->call,
                              table_function(page, order[i]->function, order[i]->shown_module),
                              trips(page, &order[i]->moved)));
        rollouts_show(page, order[i]->rollout, process->ns_per_tick);
    }
}

void parts_routes(struct page *page, const struct report_process *process)
{
    if (process->off_count)
        page_wrap(page, PAGE_YELLOW, "SWITCHED OFF", 2,
                  arena_print(page->arena, " %s%s%s: nothing of that time is here.",
                              format_plural(page->arena, process->off_count, "time", "times"),
                              process->off_ns
                                  ? arena_print(page->arena, ", for %s",
                                                format_duration(page->arena, process->off_ns))
                                  : "",
                              process->off_now ? ", and off now" : ""));
    if (routes_any(&process->moved)) {
        sums(page, process);
        pools(page, process);
        loops(page, process);
        sites(page, process);
    }
    if (process->off_count || routes_any(&process->moved))
        fputc('\n', page->out);
}

/* ---- JSON ---- */

static json_t *in_place_json(const struct report_moved *moved)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < REASON_ROOM; i++)
        if (moved->in_place[i])
            json_object_set_new(object, routes_reason_name(i), json_count(moved->in_place[i]));
    return object;
}

static json_t *green_json(const struct report_moved *moved)
{
    json_t *object = json_object();
    json_object_set_new(object, "parked", json_count(moved->green_calls));
    json_object_set_new(object, "ready", json_count(moved->green[GREEN_READY]));
    json_object_set_new(object, "timer", json_count(moved->green[GREEN_TIMER]));
    json_object_set_new(object, "pool", json_count(moved->green[GREEN_POOL]));
    json_object_set_new(object, "lock", json_count(moved->green[GREEN_LOCK]));
    json_object_set_new(object, "total_ns", json_count(moved->green_ns));
    json_object_set_new(object, "parked_ns", json_count(moved->parked_ns));
    return object;
}

static json_t *moved_json(const struct report_moved *moved)
{
    json_t *object = json_object();
    json_object_set_new(object, "moved", json_count(moved->calls));
    json_object_set_new(object, "total_ns", json_count(moved->ns));
    json_object_set_new(object, "handoff_ns", json_count(moved->handoff_ns));
    json_object_set_new(object, "handoff_max_ns", json_count(moved->handoff_max_ns));
    json_object_set_new(object, "run_ns", json_count(moved->run_ns));
    json_object_set_new(object, "cost_ns", json_count(routes_cost(moved)));
    json_object_set_new(object, "interrupted", json_count(moved->aborted));
    json_object_set_new(object, "expired", json_count(moved->expired));
    json_object_set_new(object, "denied", json_count(moved->denied));
    if (moved->green_calls)
        json_object_set_new(object, "green", green_json(moved));
    json_object_set_new(object, "in_place", in_place_json(moved));
    return object;
}

void routes_json(json_t *object, const struct report_moved *moved)
{
    if (routes_any(moved))
        json_object_set_new(object, "routed", moved_json(moved));
}

void routes_process_json(json_t *object, const struct report_process *process)
{
    routes_json(object, &process->moved);
    if (process->off_count) {
        json_t *off = json_object();
        json_object_set_new(off, "times", json_count(process->off_count));
        json_object_set_new(off, "total_ns", json_count(process->off_ns));
        json_object_set_new(off, "now", json_boolean(process->off_now));
        json_object_set_new(object, "switched_off", off);
    }
    if (!process->pool_count)
        return;
    json_t *pools = json_array();
    for (unsigned i = 0; i < process->pool_count; i++) {
        const struct report_pool *pool = &process->pools[i];
        json_t *one = json_object();
        json_object_set_new(one, "name", json_string(pool->name));
        json_object_set_new(one, "most", json_integer(pool->most));
        json_object_set_new(one, "peak", json_integer(pool->peak));
        json_object_set_new(one, "grown", json_integer(pool->grown));
        json_object_set_new(one, "shrunk", json_integer(pool->shrunk));
        json_object_set_new(one, "refused", json_integer(pool->refused));
        json_object_set_new(one, "beyond", json_integer(pool->beyond));
        json_array_append_new(pools, one);
    }
    json_object_set_new(object, "pools", pools);
}
