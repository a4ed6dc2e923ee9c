/* SPDX-License-Identifier: MIT
 *
 * A page of text, 80 columns wide: words that wrap, and colours where they are wanted.
 */
#ifndef SHUNT_PAGE_H
#define SHUNT_PAGE_H

#include "arena.h"

#include <stdbool.h>
#include <stdio.h>

#define PAGE_WIDTH 80

enum page_style { PAGE_PLAIN, PAGE_BOLD, PAGE_DIM, PAGE_RED, PAGE_GREEN, PAGE_YELLOW };

struct page {
    FILE *out;
    struct arena *arena; /* for text made on the way */
    bool color;
};

/* One line, cut at the right edge. */
void page_line(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `label` in a style, then `text`, wrapped; further lines are indented by `indent`. The text is
 * divided at spaces; two spaces in a row divide better than one. */
void page_wrap(struct page *page, enum page_style style, const char *label, int indent,
               const char *text);

/* The text in a style, as a string. */
const char *page_styled(struct page *page, enum page_style style, const char *text);

#endif
