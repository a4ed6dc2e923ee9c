/* SPDX-License-Identifier: MIT
 *
 * Chains of Python frames as records of the trace: one a distinct frame and chain of outer frames,
 * with file, function and line as text and numbers of ours, for the interpreter's objects go away.
 */
#ifndef SHUNT_PYTHON_FRAMES_H
#define SHUNT_PYTHON_FRAMES_H

#include <stdint.h>

struct python_chain {
    uint64_t hash;      /* as python_walk's; 0: no frames */
    uint32_t innermost; /* record id; 0: no frames, or no room for them (counted) */
    uint32_t owner;     /* record id of the frame whose function most likely is to answer */
};

/* The calling thread's chain now. Microseconds. Not inside a signal handler. */
void python_intern(struct python_chain *chain);

/* Does this record say what the interpreter says now? 1 yes, 0 no, -1 it cannot be read now. */
int python_agrees(uint32_t pyframe);

/* A number for the function of a frame, the same for all its frames in this file. */
uint64_t python_function(uint32_t pyframe);

/* The frame whose function most likely is to answer for the calls of a chain, which is given by its
 * innermost frame (record ids). */
uint32_t python_owner(uint32_t pyframe);

#endif
