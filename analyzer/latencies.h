/* SPDX-License-Identifier: MIT
 *
 * How long the calls of each site took: the trace keeps one histogram per (thread, call, frame),
 * which slots, and with wrappers even sites, share.
 */
#ifndef SHUNT_LATENCIES_H
#define SHUNT_LATENCIES_H

#include "build.h"

/* After all slots are placed: gives every site that is not only an idle wait its histogram and its
 * quantiles. */
void latencies_add(struct source *source);

#endif
