/* SPDX-License-Identifier: MIT
 *
 * The stack memo: knows a chain of return addresses again at about a nanosecond a frame. For every
 * frame of a chain that was once unwound it keeps where, relative to the wrapper's frame, the
 * return address lay, and its value. Equal words compared from the innermost outward are the same
 * chain: each slot lies where the code below puts it, so equality carries upward frame by frame.
 * Where the size of a frame is not the code's to say (alloca), its function's frame pointer is
 * compared, too: memory that a frame does not use is full of old return addresses.
 */
#ifndef SHUNT_MEMO_H
#define SHUNT_MEMO_H

#include "stack.h"
#include "trace_format.h"

#include <stdint.h>

enum { MEMO_ROOTS = 512 };

struct thread;

/* The first child lies right behind its parent: a chain learned at one go is compared without
 * waiting for one node to say where the next is. */
#define MEMO_ADJACENT UINT32_MAX

/* A trie: children continue a chain outward, siblings are alternatives at the same depth. Indices
 * into the thread's nodes, from 1. At a root the offset is the call's id. */
struct memo_node {
    uint64_t value;  /* return address */
    uint32_t offset; /* its place, in bytes above the wrapper's frame address */
    uint32_t child;  /* index, MEMO_ADJACENT, or 0 */
    uint32_t sibling;
    uint32_t slot;    /* record id of the slot of a chain that ends here; 0: none ends here */
    uint32_t pointer; /* frame pointer of the function below, above the wrapper's frame; 0: none */
    int32_t saved;    /* where that frame pointer is found, relative to the wrapper's frame */
};

/* Where the list of a chain's first return address starts. */
static inline uint32_t memo_root(uint64_t value)
{
    return (uint32_t)(value ^ value >> 9) & (MEMO_ROOTS - 1);
}

/* Adds a chain and its slot. Without room nothing is added (the chain is unwound again next time).
 */
void memo_add(struct thread *t, uint16_t call, const struct chain *chain, uint32_t slot);

/* Forgets all chains. */
void memo_flush(struct thread *t);

/* Puts the range of the stack that `frame` lies on in force; 0 if that stack was not met yet. */
int memo_switch_stack(struct thread *t, uintptr_t frame);

/* Learns from an unwound chain where the stack that `frame` lies on ends. */
void memo_learn_stack(struct thread *t, uintptr_t frame, uintptr_t top);

#endif
