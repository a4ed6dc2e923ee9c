/* SPDX-License-Identifier: MIT
 *
 * What a trace says about that which it cannot hold.
 */
#ifndef SHUNT_GAP_H
#define SHUNT_GAP_H

/* Records one sentence as a gap of this process, if there is a trace and room in it. Any thread and
 * signal context; no allocation. */
void gap_note(const char *text);

#endif
