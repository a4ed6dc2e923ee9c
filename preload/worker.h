/* SPDX-License-Identifier: MIT
 *
 * A worker's thread: it sleeps until a call is posted, runs it, says that it is over, and ends when
 * it was idle for long. Who may post is the pool's to say (pool.h).
 */
#ifndef SHUNT_WORKER_H
#define SHUNT_WORKER_H

#include "pool.h"

/* Looks up what making threads takes. Constructor only. */
void worker_start(void);

/* Makes the thread of a new entry. 0 or an error number. Not in a signal handler. */
int worker_make(struct pool_worker *worker);

/* The calling thread is a worker: which; else NULL. In signal handlers, too. */
struct pool_worker *worker_self(void);

/* By its pool: an entry gets a thread of its own; a worker is claimed and may be posted to. */
void worker_begin(struct pool_worker *worker);
void worker_claimed(struct pool_worker *worker);

/* Gives a claimed worker its call. */
void worker_post(struct pool_worker *worker);

/* Has the worker been given its call? By its caller's signal handlers, at any instant: posting is
 * one instruction. And wakes the worker if its caller was interrupted before it did. */
int worker_is_posted(const struct pool_worker *worker);
void worker_rouse(struct pool_worker *worker);

/* Tells an idle worker to end; 1 if it was told. */
int worker_dismiss(struct pool_worker *worker);

#endif
