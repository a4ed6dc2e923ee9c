/* SPDX-License-Identifier: MIT
 *
 * See memo.h. Lookup is in guard.h, on the call path; this is learning. A signal handler may learn
 * in the middle of our learning: nodes are handed out by one instruction and linked by one store
 * into a list that is still as it was, so that at worst a node is lost and learned again.
 *
 * A handler may also forget in the middle of a lookup, which nothing tells of: a call is published
 * only after it. So nodes are handed out again only where no handler is running.
 */
#include "memo.h"

#include "arch_x86_64.h"
#include "thread.h"
#include "trace.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

static uint32_t nodes_room(const struct thread *t)
{
    return t->room - t->refs_room;
}

/* 0: no room. */
static uint32_t node_new(struct thread *t)
{
    uint32_t i = t->nodes < nodes_room(t) ? arch_local_fetch_add(&t->nodes, 1) + 1 : 0;
    return i <= nodes_room(t) ? i : 0;
}

static struct memo_node *node_at(struct thread *t, uint32_t index)
{
    return &t->arena[index - 1].node;
}

/* What `child` of a parent is, and which node is meant by it. */
static uint32_t child_word(struct thread *t, uint32_t parent, uint32_t i)
{
    if (i != parent + 1)
        return i;
    return node_at(t, i)->saved ? MEMO_ADJACENT : MEMO_PLAIN;
}

static uint32_t child_index(uint32_t parent, uint32_t word)
{
    return word >= MEMO_PLAIN ? parent + 1 : word;
}

/* A frame whose pointer is kept is one node, whatever its size. */
static int node_same(const struct memo_node *a, const struct memo_node *b)
{
    return a->value == b->value && a->saved == b->saved && a->kept == b->kept &&
           (a->saved || a->size == b->size);
}

static uint32_t node_find(struct thread *t, uint32_t first, const struct memo_node *like)
{
    for (uint32_t i = first; i; i = node_at(t, i)->sibling)
        if (node_same(node_at(t, i), like))
            return i;
    return 0;
}

/* Does `list` still begin with `before`? Then it begins with i now. */
static int list_put(uint32_t *list, uint32_t before, uint32_t i)
{
    return __atomic_compare_exchange_n(list, &before, i, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static uint32_t node_fill(struct thread *t, const struct memo_node *like, uint32_t sibling)
{
    uint32_t i = node_new(t);
    if (i) {
        *node_at(t, i) = *like;
        node_at(t, i)->sibling = sibling;
    }
    return i;
}

static uint32_t root_link(struct thread *t, const struct memo_node *like)
{
    uint32_t *list = &t->root[memo_root(like->value)];
    uint32_t first = __atomic_load_n(list, __ATOMIC_RELAXED), i = node_find(t, first, like);
    if (i)
        return i;
    i = node_fill(t, like, first);
    return i && list_put(list, first, i) ? i : 0;
}

/* Later children go behind the first, which keeps its place right behind the parent. */
static uint32_t child_link(struct thread *t, uint32_t parent, const struct memo_node *like)
{
    struct memo_node *p = node_at(t, parent);
    uint32_t child = __atomic_load_n(&p->child, __ATOMIC_RELAXED);
    uint32_t first = child_index(parent, child);
    uint32_t *list = first ? &node_at(t, first)->sibling : &p->child;
    uint32_t second = first ? __atomic_load_n(list, __ATOMIC_RELAXED) : 0;
    uint32_t i = node_find(t, first, like);
    if (i)
        return i;
    if (!(i = node_fill(t, like, second)))
        return 0;
    return list_put(list, second, first ? i : child_word(t, parent, i)) ? i : 0;
}

static void python_add(struct thread *t, uint32_t node, uint64_t hash, uint32_t slot)
{
    uint32_t *list = &t->python_root[memo_python_root(hash, node)];
    uint32_t first = __atomic_load_n(list, __ATOMIC_RELAXED), i = node_new(t);
    if (!i)
        return;
    t->python_met = 1;
    t->arena[i - 1].python =
        (struct memo_python){.hash = hash, .node = node, .slot = slot, .next = first};
    list_put(list, first, i);
}

/* Frame i of a chain as a node. */
static struct memo_node node_like(uint16_t call, const struct chain *chain, uint32_t i)
{
    if (!i)
        return (struct memo_node){.value = chain->value[0], .size = call};
    return (struct memo_node){.value = chain->value[i],
                              .size = chain->size[i],
                              .saved = chain->saved[i],
                              .kept = (int16_t)chain->kept[i]};
}

void memo_flush(struct thread *t)
{
    memset(t->root, 0, sizeof t->root);
    if (t->python_met)
        memset(t->python_root, 0, sizeof t->python_root);
    t->age.chains = 0;
}

/* In this order: until the lists are empty there is no room for what a handler learns. */
static void begin_anew(struct thread *t)
{
    memo_flush(t);
    t->age.refused = 0;
    __atomic_store_n(&t->nodes, 0, __ATOMIC_RELEASE);
}

/* May this be a call of a handler's, which interrupted another one's lookup or learning? Where the
 * stack cannot be followed to its end (generated code, green threads that share it) no signal may
 * be blocked: a handler's own is. */
static int may_interrupt(void)
{
    int found = stack_in_handler();
    uint64_t blocked = 0;
    if (found >= 0)
        return found;
    return trace_sealed() ||
           arch_syscall(SYS_rt_sigprocmask, SIG_BLOCK, 0, (long)&blocked, sizeof blocked, 0, 0) ||
           blocked;
}

/* Is there room for a chain, or is it made? */
static int has_room(struct thread *t, const struct chain *chain)
{
    struct memo_age *age = &t->age;
    if (t->nodes + TRACE_FRAMES + 1 <= nodes_room(t))
        return 1;
    if (++age->refused <= age->chains * MEMO_PATIENCE || chain->flags & CONTEXT_CUT_SIGNAL)
        return 0;
    age->refused = 0;
    if (may_interrupt())
        return 0;
    begin_anew(t);
    return 1;
}

void memo_add(struct thread *t, uint16_t call, const struct chain *chain, uint64_t python,
              uint32_t slot)
{
    struct memo_node like = node_like(call, chain, 0);
    if (chain->vague || !has_room(t, chain))
        return;
    t->age.chains++;
    uint32_t node = root_link(t, &like);
    for (uint32_t i = 1; node && i < chain->frames; i++) {
        like = node_like(call, chain, i);
        node = child_link(t, node, &like);
    }
    if (!node)
        return;
    node_at(t, node)->flags |=
        chain->flags & CONTEXT_CUT_SIGNAL ? MEMO_ENDS | MEMO_SIGNAL : MEMO_ENDS;
    if (python)
        python_add(t, node, python, slot);
    else
        node_at(t, node)->slot = slot;
}

/* Takes node `i` out of the list that begins with `first` and lets it go on with that. At every
 * step the list is whole but for `i`, which a handler would learn again. */
static void move_before(struct thread *t, uint32_t first, uint32_t i)
{
    uint32_t before = first;
    while (node_at(t, before)->sibling != i)
        before = node_at(t, before)->sibling;
    __atomic_store_n(&node_at(t, before)->sibling, node_at(t, i)->sibling, __ATOMIC_RELEASE);
    __atomic_store_n(&node_at(t, i)->sibling, first, __ATOMIC_RELEASE);
}

void memo_prefer(struct thread *t, uint16_t call, const struct chain *chain)
{
    uint32_t parent = 0;
    for (uint32_t i = 0; i < chain->frames; i++) {
        struct memo_node like = node_like(call, chain, i);
        uint32_t *list = parent ? &node_at(t, parent)->child : &t->root[memo_root(like.value)];
        uint32_t head = *list, first = parent ? child_index(parent, head) : head;
        uint32_t node = node_find(t, first, &like);
        if (!node)
            return;
        if (node != first) {
            move_before(t, first, node);
            list_put(list, head, parent ? child_word(t, parent, node) : node);
        }
        parent = node;
    }
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
