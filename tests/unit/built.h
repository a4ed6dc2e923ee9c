/* SPDX-License-Identifier: MIT
 *
 * Helpers of the unit tests: a built trace as a file that goes away with the test.
 */
#ifndef SHUNT_BUILT_H
#define SHUNT_BUILT_H

#include "reader.h"
#include "report.h"
#include "trace_builder.h"

/* Writes the trace to a fresh file and frees the builder; the path is static per process. */
const char *built_file(struct builder *b);
const char *built_cut(struct builder *b, size_t size);

/* Opens it; fails the test if it cannot be. */
struct reader *built_reader(struct builder *b);

/* Its report; fails the test if there is none. Wrappers: a NULL-terminated list, or NULL. */
void built_report(struct report *report, struct builder *b, const char *const *wrappers);

/* The same with options of the test's own. */
void built_report_with(struct report *report, struct builder *b,
                       const struct report_options *options);

/* The first process's site of this call and owner; NULL. */
const struct report_site *built_site(const struct report *report, const char *call,
                                     const char *function);

#endif
