/* SPDX-License-Identifier: MIT
 *
 * See aside.h.
 */
#include "aside.h"

#include "handoff.h"
#include "policy_force.h"
#include "rollout.h"
#include "slot.h"

#include <errno.h>

static void count(struct visit *v, const struct handoff_outcome *outcome)
{
    struct trace_slot *slot = trace_at(v->slot);
    struct trace_routed *routed = slot_routed(v->thread, slot);
    slot->route = outcome->wanted;
    if (!routed) {
        trace_lose(TRACE_LOSS_ROUTES, 1);
        return;
    }
    routed->pool = outcome->pool;
    if (outcome->route == TRACE_ROUTE_DENY) {
        routed->denied++;
        return;
    }
    if (!outcome->route) {
        slot->reason = outcome->reason;
        uint32_t *counter = &routed->in_place[outcome->reason];
        *counter += *counter != UINT32_MAX;
        return;
    }
    if (outcome->route == TRACE_ROUTE_GREEN) {
        routed->green[outcome->way]++;
        routed->green_ticks += v->ticks;
        routed->green_run_ticks += outcome->run_ticks;
        routed->parked_ticks += outcome->parked_ticks;
        return;
    }
    routed->moved++;
    routed->ticks += v->ticks;
    routed->handoff_ticks += outcome->handoff_ticks;
    routed->run_ticks += outcome->run_ticks;
    routed->aborted += outcome->aborted;
    routed->expired += outcome->expired;
    if (outcome->handoff_ticks > routed->handoff_max)
        routed->handoff_max = outcome->handoff_ticks;
}

void aside_leave(struct visit *v, int waits, int failed, long result)
{
    /* A handler may make calls before this one is counted. */
    struct handoff_outcome outcome = handoff_self.outcome;
    int erred = guard_erred(v, failed, result);
    if (outcome.route == TRACE_ROUTE_GREEN)
        guard_leave_parked(v, outcome.parked_ticks, failed, result);
    else
        guard_leave_far(v, waits, failed, result);
    handoff_self.outcome = (struct handoff_outcome){0};
    if (outcome.rule)
        force_count(&outcome);
    if (!outcome.asked || !v->thread || !v->thread->epoch || !v->slot)
        return;
    int saved = errno;
    count(v, &outcome);
    rollout_count(v, &outcome, erred);
    errno = saved;
}
