/* SPDX-License-Identifier: MIT
 *
 * See memo.h. Lookup is in guard.h, on the call path; this is learning. A signal handler may learn in
 * the middle of our learning: nodes are handed out by one instruction and linked by one store, so that
 * at worst a node is lost and learned again.
 */
#include "memo.h"

#include "arch_x86_64.h"
#include "thread.h"

#include <string.h>

static uint32_t node_new(struct thread *t)
{
    if (t->nodes + t->refs + 2 >= t->room)
        return 0;
    return arch_local_fetch_add(&t->nodes, 1) + 1;
}

static uint32_t node_find(const struct thread *t, uint32_t first, uint64_t value, uint32_t offset)
{
    for (uint32_t i = first; i; i = t->arena[i - 1].node.sibling)
        if (t->arena[i - 1].node.value == value && t->arena[i - 1].node.offset == offset)
            return i;
    return 0;
}

static uint32_t node_link(struct thread *t, uint32_t *list, uint64_t value, uint32_t offset)
{
    uint32_t i = node_find(t, *list, value, offset);
    if (i || !(i = node_new(t)))
        return i;
    t->arena[i - 1].node = (struct memo_node){.value = value, .offset = offset, .sibling = *list};
    __atomic_store_n(list, i, __ATOMIC_RELEASE);
    return i;
}

void memo_add(struct thread *t, uint16_t call, const struct chain *chain, uint32_t slot)
{
    uint32_t *list = &t->root[memo_root(chain->value[0])];
    uint32_t node = node_link(t, list, chain->value[0], call);
    for (uint32_t i = 1; node && i < chain->frames; i++)
        node = node_link(t, &t->arena[node - 1].node.child, chain->value[i], chain->offset[i]);
    if (node)
        t->arena[node - 1].node.slot = slot;
}

void memo_flush(struct thread *t)
{
    memset(t->root, 0, sizeof t->root);
    t->nodes = 0;
}

/* low <= frame < high in one comparison. */
static int holds(const struct stack_range *range, uintptr_t frame)
{
    return frame - range->low < range->high - range->low;
}

int memo_switch_stack(struct thread *t, uintptr_t frame)
{
    if (holds(&t->own, frame)) {
        t->stack = t->own;
        return 1;
    }
    for (int i = 0; i < THREAD_STACKS; i++)
        if (holds(&t->other[i], frame)) {
            t->stack = t->other[i];
            return 1;
        }
    return 0;
}

/* A stack is one we know if the chain led into it; then it is known further down from now on. */
static int extend(struct stack_range *range, uintptr_t frame, uintptr_t top)
{
    if (top <= range->low || top > range->high || frame >= range->high)
        return 0;
    if (frame < range->low)
        range->low = frame;
    return 1;
}

void memo_learn_stack(struct thread *t, uintptr_t frame, uintptr_t top)
{
    if (!t->own.high)
        t->own = (struct stack_range){frame, top};
    if (extend(&t->own, frame, top))
        return;
    for (int i = 0; i < THREAD_STACKS; i++)
        if (extend(&t->other[i], frame, top))
            return;
    t->other[t->next_other++ % THREAD_STACKS] = (struct stack_range){frame, top};
}
