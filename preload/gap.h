/* SPDX-License-Identifier: MIT
 *
 * What a trace says about that which it cannot hold.
 */
#ifndef SHUNT_GAP_H
#define SHUNT_GAP_H

/* Records one sentence as a gap of this process, if there is a trace and room in it. Any thread and
 * signal context; no allocation. */
void gap_note(const char *text);

struct trace_gap;

/* The same for a sentence that grows: `gap` is what was recorded before (NULL: nothing), whose text
 * is replaced, but for one that is a parent's. Returns the record, NULL without room. One thread at
 * a time. */
struct trace_gap *gap_say(struct trace_gap *gap, const char *text);

#endif
