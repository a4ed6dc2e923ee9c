/* SPDX-License-Identifier: MIT
 *
 * Pending waits: what sites of non-blocking calls waited for without blocking, and so what they
 * will block for on a thread of their own.
 */
#ifndef SHUNT_WAITS_H
#define SHUNT_WAITS_H

#include "build.h"

/* Fills `pending` of the process's sites and the process's sums. After sites_build. */
void waits_fill(struct source *source);

/* What one record says. */
struct report_pending waits_of_record(const struct source *source,
                                      const struct trace_pending_wait *record,
                                      const struct report_thread *thread);

/* Adds one to another. The most at a time of two together is between the greater of their peaks
 * and the sum. */
void waits_add(struct report_pending *to, const struct report_pending *from);

#endif
