/* SPDX-License-Identifier: MIT
 *
 * Memory that lives as long as one report: allocated piece by piece, released at once. The analyzer
 * is a program that ends soon, so nothing in a report is freed on its own.
 */
#ifndef SHUNT_ARENA_H
#define SHUNT_ARENA_H

#include <stddef.h>

struct arena {
    struct arena_block *blocks;
    size_t used; /* bytes of the newest block */
};

/* Zeroed, aligned for any type. Never NULL: with no memory left there is no report to fall back to,
 * and the process ends with a sentence (the one place outside cmd_*.c that does so). */
void *arena_alloc(struct arena *arena, size_t size);
#define ARENA_NEW(arena, type)          ((type *)arena_alloc(arena, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_array(arena, sizeof(type), count))
void *arena_array(struct arena *arena, size_t size, size_t count);

/* Doubles an array when its count has reached its capacity; returns where the array now lies. */
void *arena_grow(struct arena *arena, void *array, size_t size, size_t count, size_t *capacity);

char *arena_copy(struct arena *arena, const char *text);
char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void arena_release(struct arena *arena);

#endif
