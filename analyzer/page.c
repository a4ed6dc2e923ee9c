/* SPDX-License-Identifier: MIT
 *
 * See page.h.
 */
#include "page.h"

#include "text.h"

#include <stdarg.h>
#include <string.h>

static const char *const codes[] = {
    [PAGE_PLAIN] = "", [PAGE_BOLD] = "1",   [PAGE_DIM] = "2",
    [PAGE_RED] = "31", [PAGE_GREEN] = "32", [PAGE_YELLOW] = "33",
};

const char *page_styled(struct page *page, enum page_style style, const char *text)
{
    if (!page->color || style == PAGE_PLAIN)
        return text;
    return arena_print(page->arena, "\033[%sm%s\033[0m", codes[style], text);
}

void page_line(struct page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char line[1024];
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    /* a cut inside a sequence of UTF-8 at the buffer's end is repaired here too */
    const char *text = text_clean(page->arena, line);
    size_t length = strlen(text);
    while (length && text[length - 1] == ' ')
        length--;
    text = arena_print(page->arena, "%.*s", (int)length, text);
    fprintf(page->out, "%s\n", text_fit(page->arena, text, PAGE_WIDTH));
}

/* Is the space at `i` the one between a number and its unit? They stay on one line. */
static bool in_figure(const char *text, size_t i)
{
    static const char *const units[] = {"ns", "us", "ms", "s", "min", "h", "B", "KB", "MB", "GB"};
    if (i == 0 || text[i - 1] < '0' || text[i - 1] > '9')
        return false;
    size_t length = strspn(text + i + 1, "nusmihKMGB");
    char after = text[i + 1 + length];
    if ((after >= 'a' && after <= 'z') || (after >= 'A' && after <= 'Z'))
        return false;
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
        if (strlen(units[u]) == length && strncmp(text + i + 1, units[u], length) == 0)
            return true;
    return false;
}

/* Bytes of `text` that fit `room` columns, ending before a space; at least one word. */
static size_t fitting(const char *text, size_t room)
{
    size_t best = 0, single = 0, column = 0;
    for (size_t i = 0;; i++) {
        bool end = text[i] == 0;
        if (end || (text[i] == ' ' && !in_figure(text, i))) {
            if (column <= room && (end || (text[i + 1] == ' ' && column > room / 2)))
                best = i;
            if (column <= room || single == 0)
                single = i;
        }
        if (end || (column > room && single))
            break;
        column += (text[i] & 0xc0) != 0x80;
    }
    return best ? best : single;
}

void page_wrap(struct page *page, enum page_style style, const char *label, int indent,
               const char *text)
{
    size_t used = text_width(label);
    fputs(page_styled(page, style, label), page->out);
    for (;;) {
        size_t room = used < PAGE_WIDTH ? PAGE_WIDTH - used : 1;
        size_t length = fitting(text, room);
        const char *piece = arena_print(page->arena, "%.*s", (int)length, text);
        fprintf(page->out, "%s\n", text_fit(page->arena, piece, room));
        text += length;
        while (*text == ' ')
            text++;
        if (!*text)
            return;
        fprintf(page->out, "%*s", indent, "");
        used = (size_t)indent;
    }
}
