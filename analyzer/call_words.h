/* SPDX-License-Identifier: MIT
 *
 * Names of calls and families, both ways, for the commands that show or read them.
 */
#ifndef SHUNT_CALL_WORDS_H
#define SHUNT_CALL_WORDS_H

#include "calls.h"

const char *call_family_name(unsigned family);

/* The family of that name; FAMILY_COUNT: there is none. */
enum call_family call_family_of(const char *name);

/* The row that a name is counted under, be it the row's own or a twin's (pread64: pread).
 * CALL_COUNT: there is none. */
enum call_id call_id_of(const char *name);

/* Why no other thread may execute a row that is MOVE_NEVER: a clause. */
const char *call_never_why(enum call_id id);

#endif
