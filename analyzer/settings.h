/* SPDX-License-Identifier: MIT
 *
 * The variables of a green runtime that a process was started with.
 */
#ifndef SHUNT_ANALYZER_SETTINGS_H
#define SHUNT_ANALYZER_SETTINGS_H

#include "build.h"

/* Fills the process's settings. A fork child has those of its parent. */
void settings_fill(struct source *source);

/* The value of one; NULL: it was not set. */
const char *settings_value(const struct report_process *process, const char *name);

#endif
