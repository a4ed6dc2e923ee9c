/* SPDX-License-Identifier: MIT
 *
 * See green_bound.h.
 */
#include "green_bound.h"

#include "green_condition.h"
#include "green_lock.h"

static int try_stream(FILE *stream, long *result)
{
    *result = REAL(ftrylockfile)(stream);
    if (*result == 0)
        green_lock_stream(1);
    return 1;
}

/* The older condition variables are another structure. */
static int is_of_today(const void *real)
{
    return real == (void *)real_calls.pthread_cond_wait ||
           real == (void *)real_calls.pthread_cond_timedwait ||
           real == (void *)real_calls.pthread_cond_clockwait;
}

int green_bound(struct visit *v, void *real, const long *a, long *result)
{
    static const clockid_t its_own = GREEN_CONDITION_CLOCK;
    void *object = (void *)a[0];
    if (!ROUTE_IS_GREEN())
        return 0;
    switch (v->call) {
    case CALL_flockfile:
        green_lock_stream(1);
        return 0;
    case CALL_funlockfile:
        green_lock_stream(-1);
        return 0;
    case CALL_ftrylockfile:
        return try_stream(object, result);
    case CALL_pthread_cond_signal:
    case CALL_pthread_cond_broadcast:
        green_condition_signal(object, v->call == CALL_pthread_cond_broadcast);
        return 0;
    case CALL_pthread_cond_wait:
        return is_of_today(real) &&
               green_condition_wait(v, object, (void *)a[1], its_own, NULL, result);
    case CALL_pthread_cond_timedwait:
        return is_of_today(real) &&
               green_condition_wait(v, object, (void *)a[1], its_own, (void *)a[2], result);
    default:
        return green_condition_wait(v, object, (void *)a[1], (clockid_t)a[2], (void *)a[3], result);
    }
}
