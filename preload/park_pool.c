/* SPDX-License-Identifier: MIT
 *
 * A call made by a worker while its green thread is parked. The worker gives itself back; it may
 * have made other calls when the green thread comes to run again.
 */
#include "park_ways.h"

#include "bounce.h"
#include "pool.h"
#include "raw.h"
#include "refusal.h"
#include "worker.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <shunt.h>

/* A wake that got lost (the program took the eventfd's number) is noticed after that long. */
enum { SLICE = 1000000000 };

static int run(void *frame)
{
    struct parcel *parcel = frame;
    h_errno = parcel->h_error;
    int failed = parcel->run(parcel->frame);
    parcel->h_error = h_errno;
    return failed;
}

static void finish(struct pool_worker *worker)
{
    struct parcel *parcel = worker->frame;
    parcel->failed = worker->failed;
    parcel->error = worker->error;
    parcel->raised = worker->raised;
    parcel->began = worker->began;
    parcel->ended = worker->ended;
    pool_release(worker);
    parcel_finish(parcel);
}

static int post(struct parcel *parcel, unsigned pool, int *reason)
{
    handoff_know_thread();
    struct pool_worker *worker = pool_claim_beyond(pool, reason);
    if (!worker)
        return 0;
    parcel->h_error = h_errno;
    worker->run = run;
    worker->frame = parcel;
    worker->error = errno;
    worker->raised = 0;
    worker->over = finish;
    worker_post(worker);
    return 1;
}

/* Where it cannot be parked (any more) its thread waits. */
static void wait_in_place(struct parcel *parcel)
{
    struct pollfd set = {.fd = parcel_fd(parcel), .events = POLLIN};
    arch_syscall(SYS_poll, (long)&set, 1, SLICE / 1000000, 0, 0, 0);
}

static void tell(struct park *park, const struct parcel *parcel, uint64_t start)
{
    park->handoff_ticks += parcel->began > start ? parcel->began - start : 0;
    park->run_ticks += parcel->ended - parcel->began;
    park->raised = parcel->raised;
}

int park_pool_run(struct park *park, struct parcel *parcel, unsigned pool, int *reason)
{
    uint64_t start = clock_now();
    parcel_lend(parcel);
    if (!post(parcel, pool, reason)) {
        parcel_have(parcel);
        return 0;
    }
    while (!parcel_is_over(parcel)) {
        int how = park_wait(park, parcel_fd(parcel), POLLIN, SLICE);
        if (park_is_child(park))
            return -1;
        if (how == SHUNT_NOT_PARKED)
            wait_in_place(parcel);
    }
    parcel_have(parcel);
    tell(park, parcel, start);
    return 1;
}

static void unpack(const struct parcel *parcel, const struct handoff_call *call)
{
    int fault = bounce_unpack(parcel, call);
    h_errno = parcel->h_error;
    errno = parcel->error;
    if (fault)
        refusal_give(call, fault);
}

int park_pool_go(struct park *park, const struct handoff_call *call, struct parcel *parcel,
                 unsigned pool, int *reason)
{
    int over = park_pool_run(park, parcel, pool, reason);
    if (over < 0)
        refusal_give(call, ECANCELED);
    else if (over)
        unpack(parcel, call);
    return over != 0;
}
