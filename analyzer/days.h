/* SPDX-License-Identifier: MIT
 *
 * Dates of the calendar as numbers of days, without time zones.
 */
#ifndef SHUNT_DAYS_H
#define SHUNT_DAYS_H

#include <stdint.h>

/* "2027-03-31" to days since 1970-01-01. 0, or -1: no such date. */
int days_parse(const char *text, int *day);

/* Today, in universal time. */
int days_today(void);

/* Writes a day as "2027-03-31". */
#define DAYS_TEXT 16
void days_print(int day, char text[DAYS_TEXT]);

/* The day on which a moment lies, given in nanoseconds since 1970. */
int days_of_ns(uint64_t realtime_ns);

#endif
