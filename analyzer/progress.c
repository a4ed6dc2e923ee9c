/* SPDX-License-Identifier: MIT
 *
 * See progress.h.
 */
#include "progress.h"

#include <stdlib.h>

const struct policy_ledger *progress_ledger(const struct policy *policy, uint32_t item)
{
    return item < policy->rule_count ? &policy->rules[item].ledger
                                     : &policy->groups[item - policy->rule_count].ledger;
}

bool progress_expired(const struct policy *policy, uint32_t item, int today)
{
    const struct policy_ledger *ledger = progress_ledger(policy, item);
    return ledger->expires && ledger->expires_day < today;
}

static bool needs_work(const struct ledger *ledger, uint64_t id)
{
    uint32_t index = map_get(&ledger->by_id, id);
    return index != MAP_NONE && ledger->sites[index].open;
}

/* How many sites need work in one recording and not in the other. */
static unsigned more_than(const struct ledger *one, const struct ledger *other)
{
    unsigned count = 0;
    for (unsigned i = 0; i < one->count; i++)
        count += one->sites[i].open && !needs_work(other, one->sites[i].id);
    return count;
}

static int by_time(const void *a, const void *b)
{
    const struct progress_point *x = a, *y = b;
    return x->ledger.started_ns < y->ledger.started_ns
               ? -1
               : x->ledger.started_ns > y->ledger.started_ns;
}

/* Each item is one piece of work; so is each site that needs some and has no item. */
static void count_states(struct progress *progress)
{
    const struct policy *policy = progress->policy;
    const struct ledger *latest = &progress->points[progress->count - 1].ledger;
    for (uint32_t i = 0; i < policy->rule_count + policy->group_count; i++)
        progress->states[ledger_state(policy, i)]++;
    for (unsigned i = 0; i < latest->count; i++)
        progress->states[POLICY_FOUND] +=
            latest->sites[i].open && latest->sites[i].item == LEDGER_NO_ITEM;
}

int progress_read(struct progress *progress, const struct policy *policy, const char *const *paths,
                  unsigned count, const struct report_options *options, struct error *error)
{
    progress->policy = policy;
    progress->points = ARENA_ARRAY(progress->arena, struct progress_point, count);
    for (; progress->count < count; progress->count++) {
        struct progress_point *point = &progress->points[progress->count];
        point->path = paths[progress->count];
        if (ledger_read(&point->ledger, progress->arena, policy, &point->path, 1, options, error) <
            0)
            return -1;
    }
    qsort(progress->points, count, sizeof *progress->points, by_time);
    for (unsigned i = 1; i < count; i++) {
        progress->points[i].fresh =
            more_than(&progress->points[i].ledger, &progress->points[i - 1].ledger);
        progress->points[i].gone =
            more_than(&progress->points[i - 1].ledger, &progress->points[i].ledger);
    }
    count_states(progress);
    return 0;
}

void progress_free(struct progress *progress)
{
    for (unsigned i = 0; i < progress->count; i++)
        ledger_free(&progress->points[i].ledger);
}
