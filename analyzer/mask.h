/* SPDX-License-Identifier: MIT
 *
 * Text in which one number is as good as another: every run of digits, and every 0x with its
 * digits, becomes N. Process ids, times and addresses differ from run to run; words do not.
 */
#ifndef SHUNT_MASK_H
#define SHUNT_MASK_H

#include <stddef.h>

enum mask_state { MASK_TEXT, MASK_ZERO, MASK_ZERO_X, MASK_DIGITS, MASK_HEX };

/* Where in a number the text stands; begin with {0}. */
struct mask {
    enum mask_state state;
};

#define MASK_MOST 2 /* bytes that one byte can become */

/* Masks one byte into `to`, of MASK_MOST bytes; returns how many it became. */
size_t mask_byte(struct mask *mask, unsigned char byte, char *to);

/* What is still held back at the end of the text. */
size_t mask_end(struct mask *mask, char *to);

#endif
