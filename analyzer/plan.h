/* SPDX-License-Identifier: MIT
 *
 * What there is to do under a goal, and in what order.
 */
#ifndef SHUNT_PLAN_H
#define SHUNT_PLAN_H

#include "report.h"

/* Fills process->plan: every site whose advice asks for work. Under goal unblock the greatest part
 * of the stall comes first; under goal threads what must change, then what will occupy threads.
 * After advise_process. */
void plan_process(struct arena *arena, enum goal goal, struct report_process *process);

/* How long a site will hold a thread: blocked as it is today, and waiting without blocking. */
uint64_t plan_thread_ns(const struct report_site *site);

#endif
