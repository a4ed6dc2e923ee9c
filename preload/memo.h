/* SPDX-License-Identifier: MIT
 *
 * The stack memo: knows a chain of return addresses again at about a nanosecond a frame. For every
 * frame of a chain that was once unwound it keeps where, from the end of the frame below, its
 * return address lay, and its value. Equal words compared from the innermost outward are the same
 * chain: each lies where the code below puts it, so equality carries upward frame by frame. A
 * function whose frame varies in size (alloca) is asked for its frame pointer: a guess could meet
 * an old return address, of which unused memory is full.
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
 * into the thread's nodes, from 1. */
struct memo_node {
    uint64_t value; /* return address */
    uint32_t size;  /* as in struct chain; a guess if `saved` is set; at a root: the call's id */
    int32_t saved;  /* as in struct chain */
    int32_t kept;   /* as in struct chain */
    uint32_t child; /* index, MEMO_ADJACENT, or 0 */
    uint32_t sibling;
    uint32_t slot; /* record id of the slot of a chain that ends here; 0: none ends here */
};

/* Where the list of a chain's first return address starts. */
static inline uint32_t memo_root(uint64_t value)
{
    return (uint32_t)(value ^ value >> 9) & (MEMO_ROOTS - 1);
}

/* Adds a chain and its slot. A vague chain, or one without room, is not added, and is unwound again
 * next time. */
void memo_add(struct thread *t, uint16_t call, const struct chain *chain, uint32_t slot);

/* Forgets all chains. */
void memo_flush(struct thread *t);

/* Puts the range of the stack that `frame` lies on in force; 0 if that stack was not met yet. */
int memo_switch_stack(struct thread *t, uintptr_t frame);

/* Learns from an unwound chain where the stack that `frame` lies on ends. */
void memo_learn_stack(struct thread *t, uintptr_t frame, uintptr_t top);

#endif
