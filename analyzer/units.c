/* SPDX-License-Identifier: MIT
 *
 * Durations and sizes of the command line.
 */
#include "units.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double factor;
};

static int parse(const char *text, const struct unit *units, unsigned count, uint64_t *out)
{
    /* strtod alone would take "inf", "0x10" and a leading sign. */
    size_t digits = strspn(text, "0123456789.");
    if (digits == 0)
        return -EINVAL;
    char number[32];
    if (digits >= sizeof number)
        return -ERANGE;
    memcpy(number, text, digits);
    number[digits] = '\0';

    char *end;
    double value = strtod(number, &end);
    if (end == number || *end)
        return -EINVAL;
    for (unsigned i = 0; i < count; i++) {
        if (strcasecmp(text + digits, units[i].name) != 0)
            continue;
        value *= units[i].factor;
        if (value >= 9.2e18)
            return -ERANGE;
        *out = (uint64_t)(value + 0.5);
        return 0;
    }
    return -EINVAL;
}

int units_parse_time(const char *text, uint64_t *ns)
{
    static const struct unit times[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    return parse(text, times, sizeof times / sizeof *times, ns);
}

int units_parse_size(const char *text, uint64_t *bytes)
{
    static const struct unit sizes[] = {
        {"", 1},          {"K", 1u << 10}, {"KB", 1u << 10}, {"M", 1u << 20},
        {"MB", 1u << 20}, {"G", 1u << 30}, {"GB", 1u << 30},
    };
    return parse(text, sizes, sizeof sizes / sizeof *sizes, bytes);
}
