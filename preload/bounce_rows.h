/* SPDX-License-Identifier: MIT
 *
 * What each call reads and writes through its arguments.
 */
#ifndef SHUNT_BOUNCE_ROWS_H
#define SHUNT_BOUNCE_ROWS_H

#include "calls.h"

#include <stdint.h>

enum { BUFFERS = 5 };

enum bounce_direction {
    IN = 1,        /* read by the call */
    OUT = 2,       /* written when it succeeds */
    OUT_COUNT = 4, /* ... as many bytes as the result says */
    OUT_TEXT = 8,  /* ... a text */
    SHARED = 16,   /* not copied: what other threads change meanwhile */
    VECTORS = 32,  /* an array of struct iovec, and what they point to */
    RECORDS = 64,  /* see RECORD */
    BOTH = 128     /* read, and written whatever becomes of the call */
};

enum bounce_unit { BYTES, OF_ARGUMENT, BITS_OF_ARGUMENT, TEXT, MESSAGE };

/* `size` bytes, or as many times `size` as the argument `from` says; a message of System V's has
 * its type before its bytes. */
struct bounce_buffer {
    uint8_t argument; /* number, from 1; 0: no more */
    uint8_t direction;
    uint8_t unit;
    uint8_t from;
    uint16_t size;
};

/* One entry for each argument that is a pointer; texts (`const char *`) are read up to their end
 * and need none. A pointer that is not described, and is not NULL, keeps the call in place. */
extern const struct bounce_buffer bounce_rows[CALL_COUNT][BUFFERS]
    __attribute__((visibility("hidden")));

#endif
