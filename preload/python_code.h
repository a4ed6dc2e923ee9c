/* SPDX-License-Identifier: MIT
 *
 * What a code object says of itself, read from memory and made a part of a chain's hash: which
 * function it is and where its lines are. Code objects come and go at the same address, and so do
 * the texts and tables that they point to; so what these say counts, not where they lie. This is on
 * the way of every call under Python, once for each frame. Semantics of the structures: CPython's
 * Include/cpython/code.h and Include/cpython/unicodeobject.h.
 */
#ifndef SHUNT_PYTHON_CODE_H
#define SHUNT_PYTHON_CODE_H

#include "python_layout.h"
#include "raw.h"

#include <stddef.h>
#include <stdint.h>

enum {
    PYTHON_TYPE = 8,   /* PyObject.ob_type */
    PYTHON_SIZE = 16,  /* PyVarObject.ob_size, and the length of a str */
    PYTHON_STATE = 32, /* of a str */
    PYTHON_BYTES = 32  /* where those of a bytes begin */
};

#define PYTHON_INLINE static inline __attribute__((always_inline))

/* Reads `size` bytes, at most 8, at `from`; 0 if nothing is mapped there, which only is asked if
 * `careful`. */
PYTHON_INLINE int python_peek(int careful, const void *from, void *to, size_t size)
{
    if (careful && !(raw_readable(from) && raw_readable((const char *)from + size - 1)))
        return 0;
    __builtin_memcpy(to, from, size);
    return 1;
}

PYTHON_INLINE int python_pointer(int careful, const char *from, int offset, const char **to)
{
    return python_peek(careful, from + offset, to, sizeof *to);
}

PYTHON_INLINE uint64_t python_word(const char *at)
{
    uint64_t word;
    __builtin_memcpy(&word, at, sizeof word);
    return word;
}

struct python_string {
    const char *at;
    uint64_t length; /* characters */
    unsigned kind;   /* bytes in a character; 0: not a str that has its text inside */
    int ascii;
};

PYTHON_INLINE uint32_t python_state(const char *object)
{
    uint32_t state;
    __builtin_memcpy(&state, object + PYTHON_STATE, sizeof state);
    return state;
}

/* Are both of these ASCII and have their text inside, as nearly all names? A kind is 1, 2 or 4 if
 * the text is inside. */
PYTHON_INLINE int python_are_plain(const char *a, const char *b)
{
    enum { COMPACT = 1 << 5, ASCII = 1 << 6, PLAIN = 1 << 2 | COMPACT | ASCII };
    return (python_state(a) & python_state(b) & PLAIN) == PLAIN;
}

PYTHON_INLINE struct python_string python_string(const struct python_layout *l, const char *object)
{
    enum { KIND = 7 << 2, COMPACT = 1 << 5, ASCII = 1 << 6 };
    uint32_t state = python_state(object);
    return (struct python_string){.at = object + (state & ASCII ? l->ascii : l->compact),
                                  .length = python_word(object + PYTHON_SIZE),
                                  .kind = state & COMPACT ? (state & KIND) >> 2 : 0,
                                  .ascii = (state & ASCII) != 0};
}

/* Fletcher's sums in two lanes: a block that differs changes `plain`, and two that differ by the
 * same change `placed`, where each has the weight of its place. */
typedef uint64_t python_lanes __attribute__((vector_size(16)));
struct python_sums {
    python_lanes plain;
    python_lanes placed;
};

enum {
    PYTHON_BLOCK = sizeof(python_lanes),
    PYTHON_FILE_HASHED = 64, /* bytes from the end of each */
    PYTHON_NAME_HASHED = 32,
    PYTHON_LINES_HASHED = 64 /* ... and as many from the beginning */
};

PYTHON_INLINE void python_add(struct python_sums *s, python_lanes block)
{
    s->plain += block;
    s->placed += s->plain;
}

PYTHON_INLINE void python_add_at(struct python_sums *s, const char *at)
{
    python_lanes block;
    __builtin_memcpy(&block, at, sizeof block);
    python_add(s, block);
}

/* Bytes of a text or a table, 64 at most and none left out; some may count twice. Straight on, for
 * the processor guesses a branch better than the end of a loop. Behind a short text there is more
 * of the same object. */
PYTHON_INLINE void python_add_run(struct python_sums *s, const char *at, uint64_t size)
{
    const char *end = at + size;
    if (size >= PYTHON_BLOCK) {
        python_add_at(s, at);
        if (size > (uint64_t)2 * PYTHON_BLOCK) {
            python_add_at(s, at + PYTHON_BLOCK);
            python_add_at(s, end - (ptrdiff_t)2 * PYTHON_BLOCK);
        }
        python_add_at(s, end - PYTHON_BLOCK);
    } else if (size >= sizeof(uint64_t)) {
        python_add(s, (python_lanes){python_word(at), python_word(end - sizeof(uint64_t))});
    } else {
        python_add(s, (python_lanes){size ? python_word(at) << (64 - 8 * size) : 0, 0});
    }
}

/* The last bytes of a text, `most` of them, which are two or four blocks: as python_add_run, with
 * less to ask of one that is not short. */
PYTHON_INLINE void python_add_last(struct python_sums *s, const char *at, uint64_t size,
                                   uint64_t most)
{
    const char *end = at + size;
    if (size < most / 2) {
        python_add_run(s, at, size);
        return;
    }
    at = size > most ? end - most : at;
    python_add_at(s, at);
    if (most > (uint64_t)2 * PYTHON_BLOCK) {
        python_add_at(s, at + PYTHON_BLOCK);
        python_add_at(s, end - (ptrdiff_t)2 * PYTHON_BLOCK);
    }
    python_add_at(s, end - PYTHON_BLOCK);
}

/* The end of a text, which is known to be `plain` or may be any. Returns its size, and kind. */
PYTHON_INLINE uint64_t python_add_text(const struct python_layout *l, int plain,
                                       struct python_sums *s, const char *object, uint64_t most)
{
    enum { KIND_AT = 17 }; /* bits: above the length of a name, as far as it matters */
    if (plain) {
        uint64_t size = python_word(object + PYTHON_SIZE);
        python_add_last(s, object + l->ascii, size, most);
        return size;
    }
    struct python_string text = python_string(l, object);
    uint64_t size = text.length * text.kind;
    python_add_last(s, text.at, size, most);
    return size ^ (uint64_t)text.kind << KIND_AT;
}

/* Both ends of a table of lines. Returns its size. */
PYTHON_INLINE uint64_t python_add_lines(struct python_sums *s, const char *object)
{
    uint64_t size = python_word(object + PYTHON_SIZE);
    const char *at = object + PYTHON_BYTES;
    if (size > PYTHON_LINES_HASHED) {
        python_add_run(s, at, PYTHON_LINES_HASHED);
        python_add_run(s, at + size - PYTHON_LINES_HASHED, PYTHON_LINES_HASHED);
    } else {
        python_add_run(s, at, size);
    }
    return size;
}

/* Both halves of a product, so that every bit of either has its part. */
PYTHON_INLINE uint64_t python_mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static const uint64_t python_odd[] = {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu,
                                      0xd6e8feb86659fd93u};

/* What a code object says of itself. `plain`: of file and name that is known. */
PYTHON_INLINE uint64_t python_digest_as(const struct python_layout *l, int plain, const char *code,
                                        const char *file, const char *name)
{
    const char *lines;
    uint32_t first_line;
    __builtin_memcpy(&first_line, code + l->first_line, sizeof first_line);
    python_pointer(0, code, l->lines, &lines);
    struct python_sums s = {{0}, {0}};
    uint64_t sizes = python_add_text(l, plain, &s, file, PYTHON_FILE_HASHED);
    sizes ^= python_add_text(l, plain, &s, name, PYTHON_NAME_HASHED) << 20;
    sizes ^= python_add_lines(&s, lines) << 40;
    return python_mix(s.plain[0] ^ sizes ^ (uintptr_t)code,
                      s.placed[0] ^ (uint64_t)first_line << 36) ^
           python_mix(s.plain[1], s.placed[1]);
}

PYTHON_INLINE uint64_t python_digest(const struct python_layout *l, const char *code)
{
    const char *file, *name;
    python_pointer(0, code, l->file, &file);
    python_pointer(0, code, l->name, &name);
    if (__builtin_expect(python_are_plain(file, name), 1))
        return python_digest_as(l, 1, code, file, name);
    return python_digest_as(l, 0, code, file, name);
}

#endif
