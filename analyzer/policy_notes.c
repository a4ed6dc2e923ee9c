/* SPDX-License-Identifier: MIT
 *
 * See policy_notes.h.
 */
#include "policy_notes.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MOST 1024

static void add(struct policy_notes *notes, struct policy_at at, bool is_error, const char *format,
                va_list args)
{
    char text[TEXT_MOST];
    *(is_error ? &notes->errors : &notes->warnings) += 1;
    if (notes->count == POLICY_NOTES_MOST)
        return;
    vsnprintf(text, sizeof text, format, args);
    notes->items[notes->count++] =
        (struct policy_note){at, is_error, text_clean(notes->arena, text)};
}

int policy_error(struct policy_notes *notes, struct policy_at at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(notes, at, true, format, args);
    va_end(args);
    return -1;
}

void policy_warn(struct policy_notes *notes, struct policy_at at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(notes, at, false, format, args);
    va_end(args);
}

static bool is_before(const struct policy_at *a, const struct policy_at *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* Few, and those of one place stay in the order in which they were found. */
void policy_notes_order(struct policy_notes *notes)
{
    for (unsigned i = 1; i < notes->count; i++) {
        struct policy_note note = notes->items[i];
        unsigned to = i;
        for (; to && is_before(&note.at, &notes->items[to - 1].at); to--)
            notes->items[to] = notes->items[to - 1];
        notes->items[to] = note;
    }
}
