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

enum { MEMO_ROOTS = 512, MEMO_PYTHON_ROOTS = 1024 };

struct thread;

/* The first child lies right behind its parent: a chain learned at one go is compared without
 * waiting for one node to say where the next is. */
#define MEMO_ADJACENT UINT32_MAX
#define MEMO_PLAIN    (UINT32_MAX - 1) /* ... and that child's `saved` is 0 */

/* A trie: children continue a chain outward, siblings are alternatives at the same depth. Indices
 * into the thread's nodes, from 1. */
struct memo_node {
    uint64_t value; /* return address */
    uint32_t size;  /* as in struct chain; a guess if `saved` is set; at a root: the call's id */
    int32_t saved;  /* as in struct chain */
    int16_t kept;   /* as in struct chain */
    uint16_t flags; /* enum memo_flag */
    uint32_t child; /* index, MEMO_ADJACENT, MEMO_PLAIN, or 0 */
    uint32_t sibling;
    uint32_t slot; /* record id of the slot of a chain that ends here and has no Python frames; 0:
                      none was needed yet */
};

enum memo_flag {
    MEMO_ENDS = 1,  /* a chain ends here */
    MEMO_SIGNAL = 2 /* ... at a signal handler's frame: what it interrupted may be half done */
};

/* A chain of Python frames on top of the native chain that ends at `node`. */
struct memo_python {
    uint64_t hash;
    uint32_t node; /* index */
    uint32_t slot; /* record id */
    uint32_t next; /* index in the same list */
};

/* Where the list of a chain's first return address starts. */
static inline uint32_t memo_root(uint64_t value)
{
    return (uint32_t)(value ^ value >> 9) & (MEMO_ROOTS - 1);
}

/* Where the list of a pair of chains starts. */
static inline uint32_t memo_python_root(uint64_t hash, uint32_t node)
{
    return (uint32_t)(hash >> 32 ^ node * 0x9e3779b1u) & (MEMO_PYTHON_ROOTS - 1);
}

/* When it is time to begin anew. */
struct memo_age {
    uint32_t chains;  /* kept since all were forgotten */
    uint32_t refused; /* unwound since then and not kept: there was no room */
};

enum { MEMO_PATIENCE = 4 };

/* Adds a chain and its slot; `python` is the hash of its Python frames, 0 if it has none. A vague
 * chain, or one without room, is not added, and is unwound again next time.
 *
 * A full memo begins anew once the chains that found no room were unwound MEMO_PATIENCE times as
 * often as it has chains. So to learn those again that are still in use costs at most a part in
 * MEMO_PATIENCE more than what was unwound anyway; and of chains that follow each other in circles,
 * more than there is room for, it keeps knowing nearly the share that fits. */
void memo_add(struct thread *t, uint16_t call, const struct chain *chain, uint64_t python,
              uint32_t slot);

/* Puts the nodes of a chain in front of their alternatives. An interpreter's calls differ far from
 * their first frame, in lists that grow long; what is called often is asked first. Not while a call
 * of the same thread is in progress further out. */
void memo_prefer(struct thread *t, uint16_t call, const struct chain *chain);

/* Forgets all chains. Any signal context: what they lie in stays as it is for whoever was
 * interrupted on the way along it, until the memo begins anew. */
void memo_flush(struct thread *t);

/* Puts the range of the stack that `frame` lies on in force; 0 if that stack was not met yet. */
int memo_switch_stack(struct thread *t, uintptr_t frame);

/* Learns from an unwound chain where the stack that `frame` lies on ends. */
void memo_learn_stack(struct thread *t, uintptr_t frame, uintptr_t top);

#endif
