/* SPDX-License-Identifier: MIT
 *
 * The forecast: against what a service with one hub does by arithmetic alone.
 */
#include "forecast.h"
#include "sites.h"

#include <criterion/criterion.h>

#define MS 1000000ull

/* 1,000 requests of 10 ms each, 8 at a time, on a hub that nothing else leaves time for; so many of
 * these 10 ms in one library. */
struct made {
    struct report_loop loop;
    struct report_requests requests, *requests_at;
    struct report_spawn spawn, *spawn_at;
    struct report_part part;
    struct report_site site, *site_at;
    struct report_group group;
    struct report_process process;
};

static const struct report_process *make(struct made *made, struct arena *arena, uint64_t blocked)
{
    const uint64_t count = 1000;
    *made = (struct made){
        .loop = {.runtime = "eventlet",
                 .observed_ns = 10 * count * MS,
                 .turn_ns = 10 * count * MS,
                 .stall_ns = 10 * count * MS},
        .requests = {.server = "eventlet.wsgi", .about = count, .loop = &made->loop},
        .requests_at = &made->requests,
        .spawn = {.green = true, .peak_least = 8},
        .spawn_at = &made->spawn,
        .part = {.library = "libmariadb.so.3", .sums.blocked_ns = blocked * count},
        .site =
            {.parts = &made->part,
             .blocked = count,
             .advice = {.confidence = CONFIDENCE_HIGH,
                        .routes = {{.name = "green", .applies = true, .gain_ns = blocked * count}},
                        .route_count = 1}},
        .site_at = &made->site,
        .group = {.name = "libmariadb.so.3", .sites = &made->site_at, .site_count = 1},
        .process = {.requests = &made->requests_at,
                    .request_count = 1,
                    .spawns = &made->spawn_at,
                    .spawn_count = 1}};
    made->process.groups[GROUP_LIBRARY] = &made->group;
    made->process.group_count[GROUP_LIBRARY] = 1;
    forecast_process(arena, &made->process);
    return &made->process;
}

Test(forecast, a_hub_that_stays_the_bound_sets_the_rate)
{
    struct arena arena = {0};
    struct made made;
    const struct report_process *process = make(&made, &arena, 5 * MS);
    cr_assert_eq(process->forecast_count, 2);
    cr_assert_float_eq(process->forecast[0].rate, 100, 0.01);
    cr_assert_float_eq(process->forecast[0].hub, 1, 0.01);
    cr_assert_float_eq(process->forecast[1].rate, 200, 3); /* 5 ms a request on the hub */
    cr_assert_str_eq(process->forecast[1].moved, "libmariadb.so.3");
    cr_assert_eq(process->forecast[1].confidence, CONFIDENCE_HIGH);
    arena_release(&arena);
}

Test(forecast, a_hub_that_hardly_works_leaves_the_rate_to_the_clients)
{
    struct arena arena = {0};
    struct made made;
    const struct report_process *process = make(&made, &arena, 99 * MS / 10);
    /* 8 at a time, each takes 10 ms; a little less, for they meet at the hub */
    cr_assert_float_eq(process->forecast[1].rate, 780, 30);
    cr_assert_lt(process->forecast[1].hub, 0.2);
    cr_assert_eq(process->forecast[1].confidence, CONFIDENCE_MEDIUM); /* of a peer at x8 */
    arena_release(&arena);
}

Test(forecast, no_word_where_the_hub_has_time)
{
    struct arena arena = {0};
    struct made made;
    make(&made, &arena, 5 * MS);
    made.process.forecast_count = 0;
    made.loop.stall_ns /= 3;
    forecast_process(&arena, &made.process);
    cr_assert_eq(made.process.forecast_count, 0);
    arena_release(&arena);
}
