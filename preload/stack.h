/* SPDX-License-Identifier: MIT
 *
 * Native stacks by libgcc's unwinder, which is lock-free, opens nothing and survives fork.
 */
#ifndef SHUNT_STACK_H
#define SHUNT_STACK_H

#include "trace_format.h"

#include <stdint.h>

/* Addresses from low up to, not including, high. */
struct stack_range {
    uintptr_t low;
    uintptr_t high;
};

/* A chain of return addresses, innermost first, and how to find the next from the one before: frame
 * i ends size[i] bytes above the end of frame i - 1, and its return address lies right below its
 * end.
 *
 * A function whose frame varies in size keeps a frame pointer, which is found at saved[i] from the
 * end of frame i - 1. If it uses alloca, the frame ends ARCH_FRAME_END bytes above that pointer; if
 * it aligns its frame, the end was put down at kept[i] from it. */
struct chain {
    uint32_t frames;
    uint32_t flags; /* enum trace_context_flag */
    uint32_t vague; /* 1: a frame's end cannot be told in either way, and may vary */
    uintptr_t top;  /* highest stack address seen on this stack */
    uintptr_t value[TRACE_FRAMES];
    uint32_t
        size[TRACE_FRAMES]; /* of the frame that ends at this return address; 0 for the first */
    int32_t saved[TRACE_FRAMES]; /* 0: the function keeps no frame pointer; else below 0 */
    int32_t kept[TRACE_FRAMES];  /* 0: not put down; else below 0 */
};

/* Loads the unwinder. Constructor only; 0 if there is none: chains are then one frame long. */
int stack_start(void);

/* Unwinds from a wrapper that was called from `caller` and whose frame address (CFA) is `frame`; it
 * has saved its caller's frame pointer right below its return address.
 * `own` is what is
 * known of the thread's own stack. At least one frame. Any thread and signal context; about 2 us
 * for 13 frames. */
void stack_unwind(struct chain *chain, uintptr_t caller, uintptr_t frame,
                  const struct stack_range *own);

/* Where the function begins that a return address lies in, as its unwind information says; 0: it
 * has none. Any context. */
uintptr_t stack_function(uintptr_t ip);

/* An address in the library that unwinds; 0 without one. */
uintptr_t stack_unwinder(void);

/* Does one of the callers' frames, on this stack, end at `frame`? 1 yes, 0 no, -1 not known. */
int stack_reaches(uintptr_t frame);

/* Does a signal handler run on this stack? 1 yes, 0 no, -1 where the stack cannot be followed to
 * its end. */
int stack_in_handler(void);

/* Frames from there to the end of the stack, at most STACK_DEPTH_MOST; 0 unknown. A microsecond for
 * seven. */
enum { STACK_DEPTH_MOST = 256 };
uint32_t stack_depth(uintptr_t caller, uintptr_t frame);

#endif
