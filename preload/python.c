/* SPDX-License-Identifier: MIT
 *
 * See python.h. A chain is learned before the call and not after it: the frames are this thread's
 * and alive now, while the call may give the GIL away and outlive the interpreter.
 */
#include "python.h"

#include "calls.h"
#include "green.h"
#include "guard.h"
#include "python_walk.h"

#include <errno.h>

/* What an interpreter calls without end and by itself, and what never waits: for its allocators,
 * also while it frees what a frame refers to, for the GIL, and for locks that come and go. They are
 * counted by their native chains. */
static int is_plain(uint16_t call)
{
    switch (call) {
    case CALL_mmap:
    case CALL_munmap:
    case CALL_madvise:
    case CALL_pthread_cond_init:
    case CALL_pthread_cond_destroy:
    case CALL_sem_init:
    case CALL_sem_destroy:
        return 1;
    default:
        return 0;
    }
}

static uint32_t find(const struct thread *t, const struct memo_node *node, uint64_t hash)
{
    uint32_t index = (uint32_t)((const char *)node - (const char *)t->arena) / sizeof *node + 1;
    for (uint32_t i = t->python_root[memo_python_root(hash, index)]; i;) {
        const struct memo_python *python = &t->arena[i - 1].python;
        if (python->hash == hash && python->node == index)
            return python->slot;
        i = python->next;
    }
    return 0;
}

/* The hub of a green runtime may wait in a call that is a sleep like any other. */
static void note_hub(struct visit *v)
{
    const struct trace_slot *slot = v->slot ? trace_at(v->slot) : NULL;
    v->sleeps = slot && slot->flags & SLOT_HUB_WAIT && call_infos[v->call].blocks == BLOCKS_TIMER;
}

static void learn(struct visit *v)
{
    int saved = errno;
    struct trace_slot *slot = slot_learn(v->thread, v->call, v->caller, v->frame, 1);
    if (slot)
        v->slot = trace_id(slot);
    errno = saved;
}

/* The slot of both chains, or of the native one if that ends at a signal handler's frame: the
 * signal may have come while the interpreter changed frames. Returns 1 if these may be read. */
static int find_slot(struct visit *v, const struct memo_node *node, const void *thread,
                     const void **outermost)
{
    if (!node || !(node->flags & MEMO_ENDS)) {
        learn(v);
        const struct trace_slot *slot = v->slot ? trace_at(v->slot) : NULL;
        const struct trace_context *context =
            slot && slot->context ? trace_at(slot->context) : NULL;
        return context && !(context->flags & CONTEXT_CUT_SIGNAL);
    }
    if (node->flags & MEMO_SIGNAL)
        return 0;
    uint64_t hash = python_walk(thread, &v->thread->python_known, NULL, outermost);
    uint32_t slot = hash ? find(v->thread, node, hash) : 0;
    if (slot)
        v->slot = slot;
    else if (hash)
        learn(v);
    return 1;
}

HOT_TEXT void python_enter(struct visit *v, const struct memo_node *node)
{
    const void *thread = is_plain(v->call) ? NULL : python_thread();
    const void *outermost = NULL;
    if (!thread || !find_slot(v, node, thread, &outermost))
        return;
    note_hub(v);
    green_enter(v, thread, outermost);
}
