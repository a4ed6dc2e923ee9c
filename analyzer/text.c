/* SPDX-License-Identifier: MIT
 *
 * See text.h.
 */
#include "text.h"

#include <stdint.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence here, or 0 (overlong and surrogate forms included). */
static size_t sequence(const unsigned char *s)
{
    size_t length = s[0] < 0x80                   ? 1
                    : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
                    : (s[0] & 0xf0) == 0xe0       ? 3
                    : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                                  : 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
        return 0;
    return length;
}

static bool drives_terminal(const unsigned char *s, size_t length)
{
    return (length == 1 && (s[0] < 0x20 || s[0] == 0x7f)) ||
           (length == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

const char *text_clean(struct arena *arena, const char *text)
{
    if (!text)
        return NULL;
    char *clean = arena_copy(arena, text);
    unsigned char *to = (unsigned char *)clean;
    for (const unsigned char *from = (const unsigned char *)text; *from;) {
        size_t length = sequence(from);
        if (length == 0 || drives_terminal(from, length)) {
            *to++ = '?';
            from += length ? length : 1;
            continue;
        }
        for (; length; length--)
            *to++ = *from++;
    }
    *to = 0;
    return clean;
}

const char *text_basename(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

/* Where column `column` begins. */
static const char *at_column(const char *text, size_t column)
{
    for (; *text; text++)
        if ((*text & 0xc0) != 0x80 && column-- == 0)
            break;
    return text;
}

const char *text_head(struct arena *arena, const char *text, size_t width)
{
    return arena_print(arena, "%.*s", (int)(at_column(text, width) - text), text);
}

const char *text_fit(struct arena *arena, const char *text, size_t width)
{
    size_t is = text_width(text);
    if (is <= width)
        return text;
    if (width < 6)
        return text_head(arena, text, width);
    size_t head = (width - 2) / 2, tail = width - 2 - head;
    return arena_print(arena, "%.*s..%s", (int)(at_column(text, head) - text), text,
                       at_column(text, is - tail));
}

/* FNV-1a */
uint64_t text_key(const char *text)
{
    uint64_t key = 0xcbf29ce484222325ull;
    for (; *text; text++)
        key = (key ^ (unsigned char)*text) * 0x100000001b3ull;
    return key;
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}
