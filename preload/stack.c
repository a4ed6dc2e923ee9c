/* SPDX-License-Identifier: MIT
 *
 * See stack.h. A chain is cut where it stops being a function of the code: at a signal handler's
 * return (any instruction can be interrupted), where the program switched stacks, and where there
 * is no unwind information.
 */
#include "stack.h"

#include "arch_x86_64.h"

#include <dlfcn.h>
#include <stddef.h>
#include <unwind.h>

enum { FRAME_DISTANCE_MOST = 64 << 20, FRAMES_BEYOND_MOST = 4096 };

struct walk {
    struct chain *chain;
    uintptr_t caller;
    uintptr_t frame;
    const struct stack_range *own;
    uintptr_t pointer; /* frame pointer register in the frame before */
    uintptr_t saved;   /* where it was found; 0: not known */
    int started;       /* our own frames are passed */
    int stopped;       /* by us; else the unwinder found no way on */
    int beyond;        /* frames walked after the chain was full */
};

static _Unwind_Reason_Code (*backtrace)(_Unwind_Trace_Fn, void *);
static _Unwind_Ptr (*get_ip)(struct _Unwind_Context *, int *);
static _Unwind_Word (*get_cfa)(struct _Unwind_Context *);
static _Unwind_Word (*get_register)(struct _Unwind_Context *, int);

static _Unwind_Reason_Code nothing(struct _Unwind_Context *context, void *data)
{
    (void)context, (void)data;
    return _URC_END_OF_STACK;
}

int stack_start(void)
{
    void *libgcc = dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!libgcc)
        return 0;
    *(void **)&get_ip = dlsym(libgcc, "_Unwind_GetIPInfo");
    *(void **)&get_cfa = dlsym(libgcc, "_Unwind_GetCFA");
    *(void **)&backtrace = dlsym(libgcc, "_Unwind_Backtrace");
    *(void **)&get_register = dlsym(libgcc, "_Unwind_GetGR");
    if (!get_ip || !get_cfa || !get_register || !backtrace) {
        backtrace = NULL;
        return 0;
    }
    backtrace(nothing, NULL); /* its first use initialises tables */
    return 1;
}

static _Unwind_Reason_Code stop(struct walk *w, uint32_t flag)
{
    w->chain->flags |= flag;
    w->stopped = 1;
    return _URC_END_OF_STACK;
}

static int on_own_stack(const struct walk *w, uintptr_t address)
{
    return address >= w->own->low && address < w->own->high;
}

/* Where the function that `end` ends the frame of saved its caller's frame pointer: it is one of
 * the registers pushed first. */
static uintptr_t saved_at(uintptr_t end, uintptr_t pointer)
{
    for (uintptr_t at = end - ARCH_SAVED_FIRST; at >= end - ARCH_SAVED_LAST; at -= sizeof(void *))
        if (*(const uintptr_t *)at == pointer)
            return at;
    return 0;
}

/* Follows the frame pointer into the frame at `cfa`, and keeps for link `i` of the chain what
 * proves that the function below ends its frame there. */
static void follow_pointer(struct walk *w, struct _Unwind_Context *context, uintptr_t cfa,
                           uint32_t i)
{
    struct chain *c = w->chain;
    uintptr_t pointer = get_register(context, ARCH_FRAME_REGISTER);
    c->pointer[i] = 0;
    c->saved[i] = 0;
    if (i && w->saved && w->pointer + ARCH_FRAME_END == cfa) {
        c->pointer[i] = (uint32_t)(w->pointer - w->frame);
        c->saved[i] = (int32_t)(w->saved - w->frame);
    }
    if (!i || pointer != w->pointer)
        w->saved = saved_at(cfa, pointer);
    w->pointer = pointer;
}

/* The CFA that libgcc shows for a frame is its stack pointer at the instruction: the return address
 * lies right below. */
static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *data)
{
    struct walk *w = data;
    struct chain *c = w->chain;
    int interrupted = 0;
    uintptr_t ip = get_ip(context, &interrupted);
    uintptr_t cfa = get_cfa(context);

    if (!w->started && (ip != w->caller || cfa != w->frame))
        return cfa > w->frame ? stop(w, CONTEXT_CUT_UNWIND) : _URC_NO_REASON;
    w->started = 1;
    if (!ip)
        return stop(w, 0);
    if (interrupted)
        return stop(w, CONTEXT_CUT_SIGNAL);
    if (cfa < c->top || cfa - w->frame > FRAME_DISTANCE_MOST)
        return stop(w, CONTEXT_CUT_STACK);
    c->top = cfa;
    if (c->frames < TRACE_FRAMES) {
        c->value[c->frames] = ip;
        c->offset[c->frames] = (uint32_t)(cfa - sizeof(void *) - w->frame);
        follow_pointer(w, context, cfa, c->frames);
        c->frames++;
        return _URC_NO_REASON;
    }
    /* Deep in a recursion: go on only to learn that this is the thread's own stack. */
    c->flags |= CONTEXT_CUT_DEPTH;
    if (on_own_stack(w, cfa) || ++w->beyond > FRAMES_BEYOND_MOST)
        return stop(w, 0);
    return _URC_NO_REASON;
}

void stack_unwind(struct chain *chain, uintptr_t caller, uintptr_t frame,
                  const struct stack_range *own)
{
    struct walk w = {.chain = chain, .caller = caller, .frame = frame, .own = own};
    chain->frames = 0;
    chain->flags = 0;
    chain->top = frame;
    if (backtrace)
        backtrace(visit, &w);
    if (!w.stopped)
        chain->flags |= CONTEXT_CUT_UNWIND;
    if (chain->frames)
        return;
    chain->frames = 1;
    chain->flags = CONTEXT_CUT_UNWIND;
    chain->value[0] = caller;
    chain->offset[0] = 0;
    chain->pointer[0] = 0;
    chain->saved[0] = 0;
}
