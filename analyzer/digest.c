/* SPDX-License-Identifier: MIT
 *
 * See digest.h. Lines in any order: the hashes of the masked lines are added up, and a sum knows no
 * order.
 */
#include "digest.h"

#include "mask.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#define SHOWN_MOST 200 /* bytes of a line that are worth showing */

const char *const digest_rule_names[DIGEST_RULES] = {[DIGEST_EXACT] = "exact",
                                                     [DIGEST_NUMBERS] = "numbers",
                                                     [DIGEST_LINES] = "lines",
                                                     [DIGEST_PRESENCE] = "presence"};

/* A digest that is being taken. */
struct taking {
    struct digest *digest;
    XXH64_state_t *exact, *numbers, *line;
    struct mask mask;
};

static void line_ends(struct taking *taking)
{
    taking->digest->hash[DIGEST_LINES] += XXH64_digest(taking->line);
    XXH64_reset(taking->line, 0);
}

static void take_masked(struct taking *taking, const char *masked, size_t length)
{
    XXH64_update(taking->numbers, masked, length);
    while (length) {
        const char *end = memchr(masked, '\n', length);
        size_t piece = end ? (size_t)(end - masked) : length;
        XXH64_update(taking->line, masked, piece);
        if (!end)
            return;
        line_ends(taking);
        masked += piece + 1;
        length -= piece + 1;
    }
}

static void take(struct taking *taking, const char *bytes, size_t length)
{
    char masked[4096];
    size_t filled = 0;
    XXH64_update(taking->exact, bytes, length);
    taking->digest->bytes += length;
    for (size_t i = 0; i < length; i++) {
        filled += mask_byte(&taking->mask, (unsigned char)bytes[i], masked + filled);
        if (filled > sizeof masked - MASK_MOST) {
            take_masked(taking, masked, filled);
            filled = 0;
        }
    }
    take_masked(taking, masked, filled);
}

static void release(struct taking *taking)
{
    XXH64_freeState(taking->exact);
    XXH64_freeState(taking->numbers);
    XXH64_freeState(taking->line);
}

static int begin(struct taking *taking, struct digest *digest)
{
    *digest = (struct digest){0};
    *taking = (struct taking){.digest = digest,
                              .exact = XXH64_createState(),
                              .numbers = XXH64_createState(),
                              .line = XXH64_createState()};
    if (!taking->exact || !taking->numbers || !taking->line) {
        release(taking);
        return -ENOMEM;
    }
    XXH64_reset(taking->exact, 0);
    XXH64_reset(taking->numbers, 0);
    XXH64_reset(taking->line, 0);
    return 0;
}

static void finish(struct taking *taking)
{
    char held[MASK_MOST];
    take_masked(taking, held, mask_end(&taking->mask, held));
    line_ends(taking);
    taking->digest->hash[DIGEST_EXACT] = XXH64_digest(taking->exact);
    taking->digest->hash[DIGEST_NUMBERS] = XXH64_digest(taking->numbers);
    release(taking);
}

void digest_text(struct digest *digest, const char *text)
{
    struct taking taking;
    if (begin(&taking, digest) < 0)
        return;
    take(&taking, text, strlen(text));
    finish(&taking);
}

int digest_file(struct digest *digest, const char *path)
{
    struct taking taking;
    char buffer[65536];
    ssize_t length = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int error = begin(&taking, digest);
    while (!error && (length = read(fd, buffer, sizeof buffer)) != 0) {
        if (length > 0)
            take(&taking, buffer, (size_t)length);
        else if (errno != EINTR)
            error = -errno;
    }
    if (taking.line)
        finish(&taking);
    close(fd);
    return error;
}

/* ---- where two files differ ---- */

/* One file's lines, as a rule sees them. */
struct lines {
    FILE *file;
    char *line, *masked;
    size_t capacity, masked_length;
    ssize_t length; /* -1: no more */
};

static void next_line(struct lines *lines, enum digest_rule rule)
{
    struct mask mask = {0};
    lines->length = getline(&lines->line, &lines->capacity, lines->file);
    if (lines->length < 0)
        return;
    char *masked = realloc(lines->masked, (size_t)lines->length * MASK_MOST + MASK_MOST);
    if (!masked) {
        lines->length = -1;
        return;
    }
    lines->masked = masked;
    if (rule == DIGEST_EXACT) {
        lines->masked_length = (size_t)lines->length;
        memcpy(masked, lines->line, lines->masked_length);
        return;
    }
    lines->masked_length = 0;
    for (ssize_t i = 0; i < lines->length; i++)
        lines->masked_length +=
            mask_byte(&mask, (unsigned char)lines->line[i], masked + lines->masked_length);
    lines->masked_length += mask_end(&mask, masked + lines->masked_length);
}

static bool same_line(const struct lines *one, const struct lines *another)
{
    if (one->length < 0 || another->length < 0)
        return one->length < 0 && another->length < 0;
    return one->masked_length == another->masked_length &&
           memcmp(one->masked, another->masked, one->masked_length) == 0;
}

/* NUL bytes are shown, not taken for the end. */
static const char *shown(struct arena *arena, const struct lines *lines)
{
    if (lines->length < 0)
        return NULL;
    size_t length = (size_t)lines->length;
    bool ended = length && lines->line[length - 1] == '\n';
    char *text = arena_alloc(arena, SHOWN_MOST + 1);
    length -= ended;
    length = length < SHOWN_MOST ? length : SHOWN_MOST;
    for (size_t i = 0; i < length; i++)
        text[i] = lines->line[i] ? lines->line[i] : '?';
    return ended ? text_clean(arena, text)
                 : arena_print(arena, "%s (no newline)", text_clean(arena, text));
}

struct digest_difference digest_difference(struct arena *arena, const char *one,
                                           const char *another, enum digest_rule rule)
{
    struct digest_difference found = {0};
    struct lines lines[2] = {{.file = fopen(one, "re")}, {.file = fopen(another, "re")}};
    uint64_t number = 0;
    if (lines[0].file && lines[1].file && rule <= DIGEST_NUMBERS) {
        do {
            number++;
            next_line(&lines[0], rule);
            next_line(&lines[1], rule);
        } while (same_line(&lines[0], &lines[1]) && lines[0].length >= 0);
        if (!same_line(&lines[0], &lines[1]))
            found = (struct digest_difference){number, shown(arena, &lines[0]),
                                               shown(arena, &lines[1])};
    }
    for (int i = 0; i < 2; i++) {
        if (lines[i].file)
            fclose(lines[i].file);
        free(lines[i].line);
        free(lines[i].masked);
    }
    return found;
}
