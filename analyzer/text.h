/* SPDX-License-Identifier: MIT
 *
 * Text that came from a traced process, made safe to show, and the small things done with names.
 */
#ifndef SHUNT_TEXT_H
#define SHUNT_TEXT_H

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>

/* A copy in valid UTF-8 without control characters, which could drive a terminal; what cannot be
 * shown becomes '?'. NULL stays NULL. */
const char *text_clean(struct arena *arena, const char *text);

/* The part after the last slash. */
const char *text_basename(const char *path);

/* Columns the text takes on a terminal: one a code point. */
size_t text_width(const char *text);

/* The text, or a shortened copy that fits `width` columns: the middle becomes "..". */
const char *text_fit(struct arena *arena, const char *text, size_t width);

/* The first `width` columns. */
const char *text_head(struct arena *arena, const char *text, size_t width);

/* A number to tell texts apart by: names are grouped, and one collision would merge two rows. */
uint64_t text_key(const char *text);

bool text_starts(const char *text, const char *prefix);

#endif
