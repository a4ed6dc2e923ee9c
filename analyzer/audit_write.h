/* SPDX-License-Identifier: MIT
 *
 * audit.json, from what an audit added up; docs/schema/shunt.audit-1.schema.json tells its fields.
 */
#ifndef SHUNT_AUDIT_WRITE_H
#define SHUNT_AUDIT_WRITE_H

#include "audit_book.h"

/* Writes DIRECTORY/audit.json. `pid` is the run's first process, `left` how many went on. 0 or
 * negative errno. */
int audit_write(struct audit_book *book, const char *directory, pid_t pid, unsigned left);

#endif
