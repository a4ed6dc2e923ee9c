/* SPDX-License-Identifier: MIT
 *
 * replay ROUNDS FILE...: feeds files to the fuzz target, then spoiled copies of them, the same ones
 * every time. What every build can do; scripts/fuzz explores with libFuzzer.
 */
#include "fuzz.h"

#include "trace_format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 88172645463325252ull;

static uint64_t next(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Values that tend to be at an edge. */
static uint64_t edge(void)
{
    static const uint64_t edges[] = {
        0, 1, 0xff, 0x100, 0xffff, 0x7fffffff, 0xffffffff, 0x8000000000000000ull, UINT64_MAX};
    return edges[next() % (sizeof edges / sizeof *edges)];
}

static void spoil(uint8_t *data, size_t size)
{
    bool header = next() % 8 == 0; /* most spoiled headers are refused at once */
    size_t from = size > 2 * TRACE_FIRST_CHUNK ? TRACE_FIRST_CHUNK : 0;
    for (unsigned n = 1 + (unsigned)(next() % 24); n; n--) {
        size_t width = (size_t)1 << next() % 4;
        size_t place = header ? next() % 400 : from + next() % (size - from);
        uint64_t value = next() % 3 ? edge() : next();
        if (place + width <= size)
            memcpy(data + place, &value, width);
    }
}

static uint8_t *load(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size);
    if (data && fread(data, 1, *size, file) != *size) {
        free(data);
        data = NULL;
    }
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    long rounds = strtol(argv[1], NULL, 10);
    for (int i = 2; i < argc; i++) {
        size_t size = 0;
        uint8_t *data = load(argv[i], &size);
        if (!data || size == 0) {
            fprintf(stderr, "replay: %s cannot be read\n", argv[i]);
            return 1;
        }
        uint8_t *copy = malloc(size);
        LLVMFuzzerTestOneInput(data, size);
        for (long round = 0; copy && round < rounds; round++) {
            memcpy(copy, data, size);
            spoil(copy, size);
            LLVMFuzzerTestOneInput(copy, next() % 8 ? size : next() % size);
        }
        free(copy);
        free(data);
    }
    return 0;
}
