/* SPDX-License-Identifier: MIT
 *
 * What code objects said of themselves, known again by the number of the function that executes
 * them. CPython 3.11 numbers a function when it first makes a quick call to it, and takes the
 * number away when the function gets another code object; no number is given out twice. So while
 * the number is there the function keeps that code object alive, and it is the one whose digest was
 * noted with the number (Objects/funcobject.c: _PyFunction_GetVersionForCurrentState;
 * Python/ceval.c guards its calls by the same number). A function without a number is read like
 * everything else.
 *
 * A code object that is known by its function's number is not looked at. That needs frames whose
 * functions are alive, which they are from 3.11.1 on: before, one that was being torn down was
 * still in the chain.
 */
#ifndef SHUNT_PYTHON_KNOWN_H
#define SHUNT_PYTHON_KNOWN_H

#include <stdint.h>

enum { PYTHON_KNOWN = 256 }; /* power of two: numbers are given out one after the other */

struct python_digest {
    uintptr_t code;
    uint64_t digest;
    uint32_t version; /* 0: none */
};

/* Part of the thread's state, which is not entered twice: no frames are read in a signal handler.
 */
struct python_known {
    struct python_digest by_version[PYTHON_KNOWN];
};

static inline struct python_digest *python_known_at(struct python_known *known, uint32_t version)
{
    return &known->by_version[version & (PYTHON_KNOWN - 1)];
}

/* Whoever jumps out of a signal handler leaves no entry half written. */
static inline void python_known_note(struct python_known *known, uint32_t version, uintptr_t code,
                                     uint64_t digest)
{
    struct python_digest *k = python_known_at(known, version);
    __atomic_store_n(&k->version, 0, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    k->code = code;
    k->digest = digest;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    __atomic_store_n(&k->version, version, __ATOMIC_RELAXED);
}

#endif
