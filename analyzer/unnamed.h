/* SPDX-License-Identifier: MIT
 *
 * Calls that Python code made and whose Python line is not known: counted and told.
 */
#ifndef SHUNT_UNNAMED_H
#define SHUNT_UNNAMED_H

#include "build.h"

/* Adds a note if more than 5 % of the blocked time of Python code has no Python line.
 * After sites_build. */
void unnamed_note(struct source *source);

#endif
