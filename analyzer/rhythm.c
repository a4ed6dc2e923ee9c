/* SPDX-License-Identifier: MIT
 *
 * See rhythm.h. What a trace has is how often a thread slept at a site, for how long, at most for
 * how long, and how long the thread lived: sleeps that take most of its life and are all alike are
 * a loop's, and what is left of its life is the loop's work.
 */
#include "rhythm.h"

#include "format.h"

enum {
    ROUNDS_LEAST = 10,
    ALIKE = 5,      /* the longest is longer than the mean by less than one part in so many */
    WORK_LEAST = 50 /* one part in so many of a round */
};

/* A sleep, or a wait for an event that never came. */
static bool is_sleep(const struct report_site *site, const struct report_use *use)
{
    switch (site->facts->blocks) {
    case BLOCKS_TIMER:
        return true;
    case BLOCKS_LOCK:
    case BLOCKS_CONDITION:
        return use->errors == use->calls;
    default:
        return false;
    }
}

static bool is_loop(const struct report_site *site, const struct report_use *use)
{
    const struct report_thread *thread = use->thread;
    if (thread->folded > 1 || use->calls < ROUNDS_LEAST || !is_sleep(site, use))
        return false;
    uint64_t mean = use->total_ns / use->calls;
    return use->total_ns <= thread->wall_ns && use->total_ns >= thread->wall_ns / 2 &&
           use->max_ns <= mean + mean / ALIKE &&
           thread->wall_ns - use->total_ns >= thread->wall_ns / WORK_LEAST;
}

const char *rhythm_of(struct arena *arena, const struct report_site *site)
{
    for (const struct report_use *use = site->uses; site->facts && use; use = use->next) {
        if (!is_loop(site, use))
            continue;
        uint64_t sleep = use->total_ns / use->calls, round = use->thread->wall_ns / use->calls;
        return arena_print(arena,
                           "a loop that drifts: %s of about %s, each a sleep of %s and up to %s of "
                           "work; to keep time, sleep until the next round is due",
                           format_plural(arena, use->calls, "round", "rounds"),
                           format_duration(arena, round), format_duration(arena, sleep),
                           format_duration(arena, round - sleep));
    }
    return NULL;
}
