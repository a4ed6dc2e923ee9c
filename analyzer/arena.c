/* SPDX-License-Identifier: MIT
 *
 * See arena.h. Blocks are chained; a large piece gets a block of its own.
 */
#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE ((size_t)256 * 1024)
#define ALIGNMENT  16u

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(16) unsigned char bytes[];
};

static _Noreturn void out_of_memory(void)
{
    fputs("shunt: out of memory; try fewer traces at once\n", stderr);
    _Exit(1);
}

static struct arena_block *block_new(size_t size)
{
    struct arena_block *block = calloc(1, sizeof *block + size);
    if (!block)
        out_of_memory();
    block->size = size;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        out_of_memory();
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size > BLOCK_SIZE / 4 && arena->blocks) {
        /* behind the newest block, which goes on being filled */
        struct arena_block *block = block_new(size);
        block->next = arena->blocks->next;
        arena->blocks->next = block;
        return block->bytes;
    }
    if (!arena->blocks || arena->blocks->size - arena->used < size) {
        struct arena_block *block = block_new(size > BLOCK_SIZE ? size : BLOCK_SIZE);
        block->next = arena->blocks;
        arena->blocks = block;
        arena->used = 0;
    }
    void *piece = arena->blocks->bytes + arena->used;
    arena->used += size;
    return piece;
}

void *arena_array(struct arena *arena, size_t size, size_t count)
{
    size_t bytes;
    if (__builtin_mul_overflow(size, count, &bytes))
        out_of_memory();
    return arena_alloc(arena, bytes);
}

void *arena_grow(struct arena *arena, void *array, size_t size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity ? *capacity * 2 : 8;
    void *larger = arena_array(arena, size, *capacity);
    if (count)
        memcpy(larger, array, size * count);
    return larger;
}

char *arena_copy(struct arena *arena, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(arena_alloc(arena, size), text, size);
}

char *arena_print(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return arena_copy(arena, "");
    char *text = arena_alloc(arena, (size_t)length + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void arena_release(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    *arena = (struct arena){0};
}
