/* SPDX-License-Identifier: MIT
 *
 * Reads the durations and sizes of the command line: "100us", "1.5ms", "64M".
 */
#ifndef SHUNT_UNITS_H
#define SHUNT_UNITS_H

#include <stdint.h>

/* A decimal number and ns, us, ms or s, in nanoseconds. 0, or -EINVAL (no such time, no unit), or
 * -ERANGE. */
int units_parse_time(const char *text, uint64_t *ns);

/* A decimal number and nothing, K, M or G (powers of 1024), in bytes. 0, -EINVAL or -ERANGE. */
int units_parse_size(const char *text, uint64_t *bytes);

#endif
