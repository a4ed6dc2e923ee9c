/* SPDX-License-Identifier: MIT
 *
 * From facts about a site to a verdict: what to do, why, how sure, and what each route would gain.
 */
#ifndef SHUNT_ADVISE_H
#define SHUNT_ADVISE_H

#include "report.h"

/* Fills the advice of every site of the process. */
void advise_process(struct arena *arena, enum goal goal, struct report_process *process);

/* A call of the runtime for itself: it goes when the runtime goes. */
bool advise_is_runtimes(const struct report_site *site);

#endif
