/* SPDX-License-Identifier: MIT
 *
 * Sites to groups: by library (what a team can replace or fix once), by file, by what was waited
 * for, by thread. Sums of the groups of each kind are the sums of the sites.
 */
#ifndef SHUNT_GROUP_H
#define SHUNT_GROUP_H

#include "report.h"

/* What a group is called whose calls have no known target. */
#define GROUP_NO_TARGET "(no target known)"

/* Fills process->groups. After advice was given and targets are known. */
void group_process(struct arena *arena, struct report_process *process);

#endif
