/* SPDX-License-Identifier: MIT
 *
 * Which version of a green runtime a process ran: what the package's metadata says that lies beside
 * the files whose names the trace has, on the machine where the report is made.
 */
#ifndef SHUNT_RUNTIMES_H
#define SHUNT_RUNTIMES_H

#include "build.h"

/* Fills the process's runtime_version, NULL if nothing tells it. After loops_fill. */
void runtimes_fill(struct source *source);

/* The version of the package that `file` is of, "0.33.1"; NULL. Only names in a directory are
 * read. */
const char *runtimes_version(struct arena *arena, const char *file, const char *package);

#endif
