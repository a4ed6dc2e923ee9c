/* SPDX-License-Identifier: MIT
 *
 * Numbers as a person reads them: durations with three significant digits, counts with commas.
 */
#ifndef SHUNT_FORMAT_H
#define SHUNT_FORMAT_H

#include "arena.h"

#include <stdint.h>

const char *format_duration(struct arena *arena,
                            uint64_t ns); /* "0.84 ms", "41.1 s", "2 h 13 min" */
const char *format_count(struct arena *arena, uint64_t count); /* "43,500" */
const char *format_bytes(struct arena *arena, uint64_t bytes); /* "3.1 MB" */

/* "97%", "0.4%", "<0.1%", "0%"; "-" of nothing. */
const char *format_share(struct arena *arena, uint64_t part, uint64_t whole);
const char *format_percent(struct arena *arena, double percent);

/* "1 site", "12 sites", "no sites". */
const char *format_plural(struct arena *arena, uint64_t count, const char *one, const char *many);

#endif
