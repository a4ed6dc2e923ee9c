/* SPDX-License-Identifier: MIT
 *
 * Waits for a condition variable in a process that parks green threads. Some libraries let one
 * caller wait for all, and the others sit in pthread_cond_wait until it tells them: where the one
 * is a parked green thread, the others would stop its thread and wait for ever. So a wait of a
 * library that has a green thread parked on this thread is parked, too.
 *
 * A parked wait is not among the condition's own: who signals wakes one of the parked, on whatever
 * thread they are, and besides, as without us, one of those that wait there. A wake-up too many is
 * what every caller of pthread_cond_wait has to bear (POSIX).
 */
#ifndef SHUNT_GREEN_CONDITION_H
#define SHUNT_GREEN_CONDITION_H

#include "guard.h"

#include <pthread.h>

/* The clock of pthread_cond_timedwait: the one that the condition was made with. */
#define GREEN_CONDITION_CLOCK ((clockid_t)-1)

/* 1: the wait was parked, and is over with *result; 0: it is to be made in place. `until` NULL:
 * without a limit. */
int green_condition_wait(struct visit *v, pthread_cond_t *condition, pthread_mutex_t *mutex,
                         clockid_t clock, const struct timespec *until, long *result);

/* Before the condition is signalled, or with `all` broadcast. Any thread, any signal context. */
void green_condition_signal(const pthread_cond_t *condition, int all);

#endif
