/* SPDX-License-Identifier: MIT
 *
 * Calls that are bound to their thread (column `move`: NEVER) and mean something else where green
 * threads are parked: waits for conditions and who ends them, and the locks of streams.
 */
#ifndef SHUNT_GREEN_BOUND_H
#define SHUNT_GREEN_BOUND_H

#include "guard.h"

#define GREEN_BOUND(call)                                                           \
    ((call) == CALL_pthread_cond_wait || (call) == CALL_pthread_cond_timedwait ||   \
     (call) == CALL_pthread_cond_clockwait || (call) == CALL_pthread_cond_signal || \
     (call) == CALL_pthread_cond_broadcast || (call) == CALL_flockfile ||           \
     (call) == CALL_ftrylockfile || (call) == CALL_funlockfile)

/* 1: the call was made here, and this is its *result; 0: it is still to be made. `real` is the
 * definition that is meant. errno is as the call leaves it, or kept. */
int green_bound(struct visit *v, void *real, const long *arguments, long *result);

#endif
