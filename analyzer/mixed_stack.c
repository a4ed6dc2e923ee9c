/* SPDX-License-Identifier: MIT
 *
 * See mixed_stack.h. The interpreter runs Python code in one native function; a Python frame that C
 * code called begins a new one. So native frames up to the interpreter's belong to the innermost
 * Python frame, those beyond it to the first Python frame outside one that C code called, and so
 * on. The interpreter's own frames are folded away.
 */
#include "mixed_stack.h"

#include "demangle.h"
#include "python.h"
#include "steps.h"

#define FRAMES_MOST 48u

struct stack {
    const struct source *source;
    struct report_frame *frames;
    unsigned count;
    struct steps native;
};

static void add(struct stack *stack, const struct report_frame *frame)
{
    if (stack->count < FRAMES_MOST)
        stack->frames[stack->count++] = *frame;
}

static void add_native(struct stack *stack, const struct step *step)
{
    struct arena *arena = stack->source->build->arena;
    bool named = step->symbol && step->symbol->stable;
    add(stack,
        &(struct report_frame){.function = named ? demangle(arena, step->frame->function) : NULL,
                               .module = step->symbol ? step->symbol->module : "generated code",
                               .file = step->frame ? step->frame->file : NULL,
                               .line = step->frame ? step->frame->line : 0});
}

/* What the next Python frame called, inward of the interpreter's loop that runs it. */
static void add_called(struct stack *stack)
{
    struct step step;
    while (steps_next(&stack->native, &step)) {
        if (step_is_eval(&step))
            return;
        if (!step_is_libc(&step) && !step_is_python(&step))
            add_native(stack, &step);
    }
}

void mixed_stack_fill(const struct source *source, struct report_site *site, uint32_t context)
{
    struct arena *arena = source->build->arena;
    struct python_chain chain;
    python_chain_read(source, context, &chain);
    if (chain.count == 0)
        return;
    struct stack stack = {.source = source,
                          .frames = ARENA_ARRAY(arena, struct report_frame, FRAMES_MOST),
                          .native = steps_of(source, context)};
    add_called(&stack);
    for (unsigned i = 0; i < chain.count; i++) {
        const struct python_frame *frame = &chain.frames[i];
        add(&stack, &(struct report_frame){.python = true,
                                           .function = frame->name,
                                           .module = frame->form,
                                           .file = frame->path->file,
                                           .line = frame->line,
                                           .layer = frame->layer,
                                           .owner = i == chain.owner});
        if (frame->from_c)
            add_called(&stack);
    }
    site->stack = stack.frames;
    site->stack_count = stack.count;
    site->stack_cut = chain.cut || stack.count == FRAMES_MOST;
}
