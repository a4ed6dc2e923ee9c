/* SPDX-License-Identifier: MIT
 *
 * See slot.h.
 */
#include "slot.h"

#include "calls.h"
#include "greenlet.h"
#include "modules.h"
#include "python_frames.h"
#include "refs.h"
#include "spawn_point.h"
#include "thread.h"
#include "trace.h"

#include <string.h>

/* One histogram per function that owns the calls: Python's if there is one. */
static uint32_t histogram_get(struct thread *t, uint16_t call, const struct slot_owner *owner)
{
    enum trace_record_type kind = owner->pyframe ? RECORD_PYFRAME : RECORD_HISTOGRAM;
    uint64_t key = owner->pyframe ? python_function(owner->pyframe) : owner->frame;
    uint32_t id = refs_find(t, kind, call, key);
    struct trace_histogram *h = id ? NULL : (void *)segment_new(&t->segment, sizeof *h);
    if (!h)
        return id;
    h->call = call;
    h->frame = owner->frame;
    h->pyframe = owner->pyframe;
    trace_commit(&h->head, RECORD_HISTOGRAM);
    refs_add(t, kind, call, key, trace_id(h));
    return trace_id(h);
}

static uint32_t pyframe_of(uint32_t context)
{
    return context ? ((const struct trace_context *)trace_at(context))->pyframe : 0;
}

uint64_t slot_function(const struct trace_slot *slot)
{
    return python_function(pyframe_of(slot->context));
}

/* A wait by the frame in which a green runtime's hub waits. */
static int is_hub_wait(uint16_t call, uint32_t context)
{
    uint8_t blocks = call_infos[call].blocks;
    uint32_t pyframe = pyframe_of(context);
    return pyframe && (blocks == BLOCKS_READY || blocks == BLOCKS_TIMER) &&
           spawn_point_is_hub(pyframe);
}

struct trace_slot *slot_get(struct thread *t, uint16_t call, uint32_t context,
                            const struct slot_owner *owner)
{
    uint32_t id = refs_find(t, RECORD_SLOT, call, context);
    if (id)
        return trace_at(id);
    if (context && (trace_tight() || !refs_have_room(t)))
        return NULL;
    uint32_t histogram = histogram_get(t, call, owner);
    struct trace_slot *s = histogram ? (void *)segment_new(&t->segment, sizeof *s) : NULL;
    if (!s)
        return NULL;
    s->context = context;
    s->call = call;
    s->histogram = histogram;
    s->flags = is_hub_wait(call, context) ? SLOT_HUB_WAIT : 0;
    trace_commit(&s->head, RECORD_SLOT);
    refs_add(t, RECORD_SLOT, call, context, trace_id(s));
    return s;
}

struct trace_routed *slot_routed(struct thread *t, const struct trace_slot *slot)
{
    uint32_t id = refs_find(t, RECORD_ROUTED, slot->call, slot->context);
    if (id)
        return trace_at(id);
    struct trace_routed *r = refs_have_room(t) ? (void *)segment_new(&t->segment, sizeof *r) : NULL;
    if (!r)
        return NULL;
    r->context = slot->context;
    r->call = slot->call;
    trace_commit(&r->head, RECORD_ROUTED);
    refs_add(t, RECORD_ROUTED, slot->call, slot->context, trace_id(r));
    return r;
}

/* The chain as frames; returns the first of them outside libc, or the first. */
static uint64_t chain_frames(const struct chain *chain, uint64_t *frames)
{
    uint64_t owner = 0;
    for (uint32_t i = 0; i < chain->frames; i++) {
        int libc;
        frames[i] = modules_frame(chain->value[i], &libc);
        if (!libc && !owner)
            owner = frames[i];
    }
    return owner ? owner : frames[0];
}

/* The chain, and the frames that chain_frames makes of it; returns what that does. greenlet's
 * module is known as soon as a frame in it was named, and the walk could have ended there. */
static uint64_t chain_find(const struct thread *t, struct chain *chain, uintptr_t caller,
                           uintptr_t frame, uint64_t *frames)
{
    for (;;) {
        int known = greenlet_is_known();
        stack_unwind(chain, caller, frame, &t->own);
        uint64_t owner = chain_frames(chain, frames);
        if (known || !greenlet_is_known())
            return owner;
    }
}

struct trace_slot *slot_learn(struct thread *t, uint16_t call, uintptr_t caller, uintptr_t frame,
                              int with_python)
{
    struct chain chain;
    struct python_chain python = {0};
    uint64_t frames[TRACE_FRAMES] = {0};
    uint64_t native = chain_find(t, &chain, caller, frame, frames);
    memo_learn_stack(t, frame, chain.top);
    t->record->learned++;
    if (with_python && !(chain.flags & CONTEXT_CUT_SIGNAL))
        python_intern(&python);

    struct slot_owner owner = {native, python.owner};
    uint32_t context = trace_context(frames, chain.frames, chain.flags, python.innermost);
    struct trace_slot *slot = context ? slot_get(t, call, context, &owner) : NULL;
    if (slot) {
        memo_add(t, call, &chain, python.hash, trace_id(slot));
        return slot;
    }
    trace_lose(TRACE_LOSS_CONTEXTS, 1);
    return slot_get(t, call, 0, &(struct slot_owner){0});
}

/* By its frames: two threads that met a chain at the same time may have written it twice. */
static int chain_agrees(const struct trace_context *context, const struct chain *chain)
{
    uint64_t frames[TRACE_FRAMES] = {0};
    chain_frames(chain, frames);
    return context->frames == chain->frames &&
           !memcmp(context->frame, frames, chain->frames * sizeof *frames);
}

void slot_check(struct thread *t, uintptr_t caller, uintptr_t frame,
                const struct trace_slot *answer, int nested)
{
    struct chain chain;
    if (!answer->context)
        return;
    const struct trace_context *context = trace_at(answer->context);
    stack_unwind(&chain, caller, frame, &t->own);
    t->record->checked++;
    if (chain_agrees(context, &chain) &&
        (!context->pyframe || python_agrees(context->pyframe) != 0)) {
        /* Not published while they look and learn, others may have been interrupted in that. */
        if (!nested && !(chain.flags & CONTEXT_CUT_SIGNAL))
            memo_prefer(t, answer->call, &chain);
        return;
    }
    t->record->wrong++;
    memo_flush(t);
}
