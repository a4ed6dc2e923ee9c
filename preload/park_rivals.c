/* SPDX-License-Identifier: MIT
 *
 * Calls of which only a look tells whether they would wait, and the look may be old when they are
 * made: accept, and reads of files that know no RWF_NOWAIT. What is there for several is one's, who
 * comes too late waits, and nothing but O_NONBLOCK, which others would see, makes the call answer
 * at once. So a worker makes it and is interrupted after a moment: what has taken something by then
 * is not interrupted, and what is interrupted has taken nothing.
 */
#include "park_ways.h"

#include "bounce.h"
#include "calls.h"
#include "raw.h"
#include "signals.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { MOMENT = 2000000 };

/* In the parcel: the call, its frame, and for accept what its arguments point to. */
struct attempt {
    int (*run)(void *frame);
    void *frame;
    socklen_t given, length;
    struct sockaddr_storage peer;
};

static int is_accept(const struct handoff_call *call)
{
    return call->call == CALL_accept || call->call == CALL_accept4;
}

int park_has_rivals(const struct handoff_call *call)
{
    return is_accept(call) &&
           !(arch_syscall(SYS_fcntl, call->arguments[0], F_GETFL, 0, 0, 0, 0) & O_NONBLOCK);
}

/* ---- by the worker ---- */

/* A timer that sends the worker the signal by which calls are ended; -1: there is none, and the
 * worker waits as long as the call does. More than once, for the first may come before the call. */
static int begin_limit(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signals_abort()};
    const struct itimerspec limit = {{0, MOMENT}, {0, MOMENT}};
    int timer = -1;
    event.sigev_value.sival_ptr = worker_self();
    event._sigev_un._tid = raw_gettid();
    if (!event.sigev_signo ||
        arch_syscall(SYS_timer_create, CLOCK_MONOTONIC, (long)&event, (long)&timer, 0, 0, 0) != 0)
        return -1;
    arch_syscall(SYS_timer_settime, timer, 0, (long)&limit, 0, 0, 0);
    return timer;
}

static int run(void *frame)
{
    const struct attempt *attempt = frame;
    int timer = begin_limit();
    int failed = attempt->run(attempt->frame);
    if (timer >= 0)
        arch_syscall(SYS_timer_delete, timer, 0, 0, 0, 0, 0);
    return failed;
}

/* ---- by the caller ---- */

static void set(const struct attempt *attempt, const struct handoff_call *call, unsigned argument,
                const void *pointer)
{
    memcpy((char *)attempt->frame + call->shape->place[argument], &pointer, sizeof pointer);
}

static int pack_accept(struct parcel *parcel, struct attempt *attempt,
                       const struct handoff_call *call)
{
    const long *a = call->arguments;
    parcel->run = call->run;
    parcel->frame = parcel_room(parcel, call->shape->size);
    if (!parcel->frame ||
        (a[1] && bounce_read(&attempt->given, (const void *)a[2], sizeof attempt->given) != 0))
        return REASON_CONDITIONS;
    attempt->frame = memcpy(parcel->frame, call->frame, call->shape->size);
    attempt->length = attempt->given;
    if (a[1]) {
        set(attempt, call, 1, &attempt->peer);
        set(attempt, call, 2, &attempt->length);
    }
    return REASON_NONE;
}

static int pack(struct parcel *parcel, struct attempt *attempt, const struct handoff_call *call)
{
    int reason = is_accept(call) ? pack_accept(parcel, attempt, call) : bounce_pack(parcel, call);
    attempt->run = parcel->run;
    attempt->frame = parcel->frame;
    parcel->run = run;
    parcel->frame = attempt;
    return reason;
}

static int unpack_accept(const struct attempt *attempt, const struct handoff_call *call)
{
    const long *a = call->arguments;
    socklen_t size = attempt->given < attempt->length ? attempt->given : attempt->length;
    int fd;
    memcpy(&fd, (char *)attempt->frame + call->shape->returned, sizeof fd);
    if (fd >= 0 && a[1] &&
        (bounce_write((void *)a[1], &attempt->peer, size) != 0 ||
         bounce_write((void *)a[2], &attempt->length, sizeof attempt->length) != 0)) {
        raw_close(fd);
        return EFAULT;
    }
    memcpy((char *)call->frame + call->shape->returned, &fd, sizeof fd);
    return 0;
}

/* The result, or -errno. */
static long unpack(struct parcel *parcel, const struct attempt *attempt,
                   const struct handoff_call *call)
{
    parcel->frame = attempt->frame;
    int fault = is_accept(call) ? unpack_accept(attempt, call) : bounce_unpack(parcel, call);
    return fault ? -fault : park_returned(call, parcel->error);
}

static int may_be_made(int *reason)
{
    *reason = trace_sealed() ? REASON_FILTER : (int)handoff_self.own_state;
    return *reason == REASON_NONE;
}

enum park_tried park_beside_rivals(struct park *park, const struct handoff_call *call,
                                   unsigned pool, long *result, int *reason)
{
    struct parcel *parcel = may_be_made(reason) ? parcel_take(reason) : NULL;
    if (!parcel)
        return PARK_NOT_TRIED;
    struct attempt *attempt = parcel_room(parcel, sizeof *attempt);
    *reason = attempt ? pack(parcel, attempt, call) : REASON_CONDITIONS;
    int over = *reason ? 0 : park_pool_run(park, parcel, pool, reason);
    if (over < 0)
        return PARK_TOO_LATE;
    int late = over && parcel->failed == EINTR;
    if (over && !late)
        *result = unpack(parcel, attempt, call);
    parcel_give(parcel);
    return !over ? PARK_NOT_TRIED : late ? PARK_TOO_LATE : PARK_MADE;
}
