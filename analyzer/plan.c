/* SPDX-License-Identifier: MIT
 *
 * See plan.h.
 */
#include "plan.h"

#include <stdlib.h>

uint64_t plan_thread_ns(const struct report_site *site)
{
    if (site->pending_kind != PENDING_YIELDS)
        return site->blocked_ns;
    return site->blocked_ns + site->pending.ns + site->pending.unfinished_ns;
}

static int compare(const uint64_t *left, const uint64_t *right, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    return 0;
}

static int for_unblock(const void *a, const void *b)
{
    const struct report_site *x = *(struct report_site *const *)a;
    const struct report_site *y = *(struct report_site *const *)b;
    const uint64_t left[] = {x->stall_ns, y->advice.effort, y->id};
    const uint64_t right[] = {y->stall_ns, x->advice.effort, x->id};
    return compare(left, right, 3);
}

static int for_threads(const void *a, const void *b)
{
    const struct report_site *x = *(struct report_site *const *)a;
    const struct report_site *y = *(struct report_site *const *)b;
    const uint64_t left[] = {x->advice.verdict == VERDICT_CHANGE, plan_thread_ns(x), y->id};
    const uint64_t right[] = {y->advice.verdict == VERDICT_CHANGE, plan_thread_ns(y), x->id};
    return compare(left, right, 3);
}

void plan_process(struct arena *arena, enum goal goal, struct report_process *process)
{
    process->plan = ARENA_ARRAY(arena, struct report_site *, process->site_count);
    for (unsigned i = 0; i < process->site_count; i++) {
        struct report_site *site = process->sites[i];
        if (site->advice.effort == 0)
            continue;
        process->plan[process->plan_count++] = site;
        process->plan_effort += site->advice.effort;
    }
    if (process->plan_count)
        qsort(process->plan, process->plan_count, sizeof(struct report_site *),
              goal == GOAL_THREADS ? for_threads : for_unblock);
}
