/* SPDX-License-Identifier: MIT
 *
 * See format.h.
 */
#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Three significant digits at most, and no ".0" where the digits end. */
static const char *with_unit(struct arena *arena, double value, const char *unit)
{
    int digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return arena_print(arena, "%.*f %s", digits, value, unit);
}

const char *format_duration(struct arena *arena, uint64_t ns)
{
    double seconds = (double)ns / 1e9;
    if (ns == 0)
        return "0 s";
    if (ns < 1000)
        return arena_print(arena, "%" PRIu64 " ns", ns);
    if (ns < 999500)
        return ns < 9950 ? arena_print(arena, "%.1f us", (double)ns / 1e3)
                         : arena_print(arena, "%.0f us", (double)ns / 1e3);
    if (ns < 999500000)
        return with_unit(arena, (double)ns / 1e6, "ms");
    if (seconds < 600)
        return with_unit(arena, seconds, "s");
    if (seconds < 36000)
        return arena_print(arena, "%.0f min", seconds / 60);
    return arena_print(arena, "%.0f h", seconds / 3600);
}

const char *format_count(struct arena *arena, uint64_t count)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *text = arena_alloc(arena, 32);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    return text;
}

const char *format_bytes(struct arena *arena, uint64_t bytes)
{
    if (bytes < 1024)
        return arena_print(arena, "%" PRIu64 " B", bytes);
    if (bytes < 1024ull * 1024)
        return arena_print(arena, "%.0f KB", (double)bytes / 1024);
    if (bytes < 1024ull * 1024 * 1024)
        return arena_print(arena, "%.1f MB", (double)bytes / 1024 / 1024);
    return arena_print(arena, "%.1f GB", (double)bytes / 1024 / 1024 / 1024);
}

const char *format_percent(struct arena *arena, double percent)
{
    if (percent <= 0)
        return "0%";
    if (percent < 0.1)
        return "<0.1%";
    if (percent < 1 || (percent > 99 && percent < 99.95))
        return arena_print(arena, "%.1f%%", percent);
    return arena_print(arena, "%.0f%%", percent);
}

const char *format_share(struct arena *arena, uint64_t part, uint64_t whole)
{
    return whole ? format_percent(arena, 100.0 * (double)part / (double)whole) : "-";
}

const char *format_plural(struct arena *arena, uint64_t count, const char *one, const char *many)
{
    if (count == 0)
        return arena_print(arena, "no %s", many);
    return arena_print(arena, "%s %s", format_count(arena, count), count == 1 ? one : many);
}
