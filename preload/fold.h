/* SPDX-License-Identifier: MIT
 *
 * What remains of ended threads. The first few dozen keep their segment; the counters of further
 * ones are added to one segment per thread name and spawn point, so that a thousand threads that
 * come and go cost no more than those alive.
 *
 * The same for fork children, in a sum that all processes of a file share.
 */
#ifndef SHUNT_FOLD_H
#define SHUNT_FOLD_H

#include "segment.h"

/* The thread of this segment has ended. Not in signal context. The segment is nobody's afterwards.
 */
void fold_thread(const struct segment *s);

/* The fork child whose last thread `record` is comes to a regular end: the first few hundred
 * children keep their segments, the others are added to one sum per file. Returns 1 if the segment
 * is gone. */
int fold_child(struct segment *s, struct trace_thread *record);

/* A fork child has no ended threads yet. */
void fold_forget(void);

#endif
