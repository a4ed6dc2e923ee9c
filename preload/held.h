/* SPDX-License-Identifier: MIT
 *
 * Locks and green threads.
 */
#ifndef SHUNT_HELD_H
#define SHUNT_HELD_H

#include "lock.h"
#include "trace_format.h"

/* Why a call may not be parked for what its thread holds (enum trace_reason): the other green
 * threads of the thread might want it, and would stop the one that alone can give it back. */
static inline int held_refuse(const struct visit *v)
{
    return lock_holds(v->thread->record) ? REASON_LOCK_HELD : REASON_NONE;
}

#endif
