/* SPDX-License-Identifier: MIT
 *
 * See mask.h.
 */
#include "mask.h"

#include <stdbool.h>

static bool is_digit(unsigned char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_hex(unsigned char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

/* A byte that no number before it takes up. */
static size_t begin(struct mask *mask, unsigned char byte, char *to)
{
    mask->state = !is_digit(byte) ? MASK_TEXT : byte == '0' ? MASK_ZERO : MASK_DIGITS;
    *to = is_digit(byte) ? 'N' : (char)byte;
    return 1;
}

size_t mask_byte(struct mask *mask, unsigned char byte, char *to)
{
    switch (mask->state) {
    case MASK_ZERO:
        if (byte == 'x') {
            mask->state = MASK_ZERO_X;
            return 0;
        }
        mask->state = MASK_DIGITS;
        return is_digit(byte) ? 0 : begin(mask, byte, to);
    case MASK_DIGITS:
        return is_digit(byte) ? 0 : begin(mask, byte, to);
    case MASK_ZERO_X:
        if (is_hex(byte)) {
            mask->state = MASK_HEX;
            return 0;
        }
        *to = 'x'; /* it was a zero, then an x */
        return 1 + begin(mask, byte, to + 1);
    case MASK_HEX:
        return is_hex(byte) ? 0 : begin(mask, byte, to);
    default:
        return begin(mask, byte, to);
    }
}

size_t mask_end(struct mask *mask, char *to)
{
    bool held = mask->state == MASK_ZERO_X;
    mask->state = MASK_TEXT;
    *to = 'x';
    return held;
}
