/* SPDX-License-Identifier: MIT
 *
 * See route.h.
 */
#include "route.h"

#include "calls.h"
#include "gap.h"
#include "green_lock.h"
#include "handoff.h"
#include "kept.h"
#include "parcel.h"
#include "policy_load.h"
#include "pool.h"
#include "raw.h"
#include "signals.h"
#include "taint.h"
#include "trace.h"
#include "waiters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t nothing;
const uint32_t *route_switch HOT_DATA = &nothing;

static int starts_off;    /* `shunt off` was said of the trace directory */
static int everything;    /* enum trace_route: all that may go there does (`--route pool`) */
static int green;         /* a rule of a policy is green */
static char policy[4096]; /* the file of rules; "": none */

static struct trace_control *control(void)
{
    return (void *)((char *)trace_file + TRACE_HEADER_SIZE);
}

/* Once a lock is looked at when it is taken, it is when it is given back: there is no way from
 * green to not. */
static uint32_t looks_at_locks(void)
{
    int wanted = green || everything == TRACE_ROUTE_GREEN;
    return wanted && kept_start() == 0 && waiters_start() == 0 ? TRACE_ASIDE_GREEN : 0;
}

void route_note_green(void)
{
    green = 1;
    if (__atomic_load_n(&control()->aside, __ATOMIC_RELAXED) & TRACE_ASIDE_ROUTE)
        __atomic_fetch_or(&control()->aside, looks_at_locks(), __ATOMIC_RELEASE);
}

static int prepare(void)
{
    return pool_start() == 0 && parcel_start() && handoff_start() == 0 && signals_start();
}

/* DIR/off is there while the directory's processes are switched off, for those that begin. */
static int says_off(const char *dir)
{
    char path[4096];
    struct stat st = {0};
    int length = snprintf(path, sizeof path, "%s/" TRACE_OFF_NAME, dir ? dir : "");
    return dir && length > 0 && (size_t)length < sizeof path &&
           arch_syscall(SYS_stat, (long)path, (long)&st, 0, 0, 0, 0) == 0;
}

void route_read(void)
{
    starts_off = says_off(secure_getenv("SHUNT_DIR"));
    const char *route = secure_getenv("SHUNT_ROUTE");
    if (route && !strcmp(route, "pool"))
        everything = TRACE_ROUTE_POOL;
    else if (route && !strcmp(route, "green"))
        everything = TRACE_ROUTE_GREEN;
    const char *path = secure_getenv("SHUNT_POLICY");
    if (path && strlen(path) < sizeof policy)
        memcpy(policy, path, strlen(path) + 1);
}

void route_start(void)
{
    if (starts_off)
        __atomic_fetch_or(&control()->aside, TRACE_ASIDE_OFF, __ATOMIC_RELAXED);
    route_switch = &control()->aside;
    if (!everything && (!policy[0] || force_load(policy) != 0))
        return;
    if (!prepare()) {
        gap_note("routing could not be prepared: every call runs in place");
        return;
    }
    taint_start();
    __atomic_fetch_or(&control()->aside,
                      TRACE_ASIDE_ROUTE | (everything ? 0 : TRACE_ASIDE_POLICY) | looks_at_locks(),
                      __ATOMIC_RELEASE);
}

static const uint8_t routes[] = {[POLICY_INPLACE] = TRACE_ROUTE_IN_PLACE,
                                 [POLICY_POOL] = TRACE_ROUTE_POOL,
                                 [POLICY_GREEN] = TRACE_ROUTE_GREEN,
                                 [POLICY_DENY] = TRACE_ROUTE_DENY};

struct route_answer route_ask(struct visit *v)
{
    if (everything && !ROUTE_IS_OFF())
        return (struct route_answer){.asked = 1, .wanted = (uint8_t)everything};
    struct force_answer answer = {0};
    if (!ROUTE_IS_OFF())
        answer = force_ask(v);
    if (answer.route == POLICY_INPLACE && !answer.record && green_lock_wants(v->call))
        return (struct route_answer){.asked = 1, .wanted = TRACE_ROUTE_GREEN};
    return (struct route_answer){.asked = answer.route != POLICY_INPLACE ||
                                          answer.reason == REASON_CROWDED,
                                 .wanted = routes[answer.route],
                                 .reason = answer.reason,
                                 .pool = answer.pool,
                                 .rule = answer.record,
                                 .limits = answer.limits};
}
