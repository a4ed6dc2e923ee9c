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

/* A chain of return addresses, innermost first, and where each lay. A function whose frame varies
 * in size (alloca) keeps a frame pointer: where that was found and what it was says where the frame
 * ends, which a look at the return address alone does not prove, for old ones lie about in unused
 * memory. */
struct chain {
    uint32_t frames;
    uint32_t flags; /* enum trace_context_flag */
    uintptr_t top;  /* highest stack address seen on this stack */
    uintptr_t value[TRACE_FRAMES];
    uint32_t offset[TRACE_FRAMES]; /* of the return address, above the wrapper's frame address */
    uint32_t
        pointer[TRACE_FRAMES];   /* frame pointer of the function below, likewise; 0: it has none */
    int32_t saved[TRACE_FRAMES]; /* where that frame pointer was found, likewise */
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

#endif
