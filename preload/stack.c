/* SPDX-License-Identifier: MIT
 *
 * See stack.h. A chain is cut where it stops being a function of the code: at a signal handler's
 * return (any instruction can be interrupted), where the program switched stacks, and where there
 * is no unwind information.
 */
#include "stack.h"

#include "arch_x86_64.h"
#include "cfi.h"
#include "greenlet.h"
#include "lookup.h"
#include "raw.h"
#include "trace.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/uio.h>
#include <unwind.h>

enum { FRAME_DISTANCE_MOST = 64 << 20, FRAME_MOST = 8 << 20, FRAMES_BEYOND_MOST = 4096 };

/* Addresses that can be code: above the pages that are never mapped, in the lower half. */
enum { CODE_LOWEST = 1 << 16, ADDRESS_BITS = 47 };

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

/* What _Unwind_Find_FDE tells besides the FDE (libgcc, unwind-dw2-fde.h). */
struct fde_bases {
    void *text;
    void *data;
    void *function;
};
static const void *(*find_fde)(void *, struct fde_bases *);

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
    *(void **)&get_ip = lookup_in(libgcc, "_Unwind_GetIPInfo");
    *(void **)&get_cfa = lookup_in(libgcc, "_Unwind_GetCFA");
    *(void **)&backtrace = lookup_in(libgcc, "_Unwind_Backtrace");
    *(void **)&get_register = lookup_in(libgcc, "_Unwind_GetGR");
    *(void **)&find_fde = lookup_in(libgcc, "_Unwind_Find_FDE");
    if (!get_ip || !get_cfa || !get_register || !find_fde || !backtrace) {
        backtrace = NULL;
        return 0;
    }
    backtrace(nothing, NULL); /* its first use initialises tables */
    return 1;
}

uintptr_t stack_unwinder(void)
{
    return (uintptr_t)backtrace;
}

uintptr_t stack_function(uintptr_t ip)
{
    struct fde_bases bases = {0};
    return find_fde && find_fde((char *)ip - 1, &bases) ? (uintptr_t)bases.function : 0;
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

/* Where, below its frame pointer, a function that aligns its frame put down where that ends. */
static int32_t kept_at(uintptr_t pointer, uintptr_t end, uintptr_t low)
{
    if (pointer % sizeof(void *) || pointer >= end || pointer < low)
        return 0;
    for (int32_t at = -(int32_t)sizeof(void *); at >= -ARCH_SAVED_LAST;
         at -= (int32_t)sizeof(void *))
        if (*(const uintptr_t *)(pointer + (uintptr_t)(intptr_t)at) == end)
            return at;
    return 0;
}

/* How the end `cfa` of frame i follows from the end of the one before, beyond its size. */
static void tell_end(struct walk *w, uint32_t i, uintptr_t cfa)
{
    struct chain *c = w->chain;
    int plain = w->pointer + ARCH_FRAME_END == cfa;
    int32_t kept = plain ? 0 : kept_at(w->pointer, cfa, w->frame);
    c->saved[i] = 0;
    c->kept[i] = kept;
    if (!i || !(plain || kept))
        return;
    if (w->saved)
        c->saved[i] = (int32_t)(w->saved - c->top);
    else
        c->vague = 1;
}

/* Adds the frame that ends at `cfa`, and follows the frame pointer into the next. */
static void add_frame(struct walk *w, uintptr_t ip, uintptr_t cfa, uintptr_t pointer)
{
    struct chain *c = w->chain;
    uint32_t i = c->frames++;
    c->value[i] = ip;
    c->size[i] = (uint32_t)(cfa - c->top);
    tell_end(w, i, cfa);
    if (!i || pointer != w->pointer)
        w->saved = saved_at(cfa, pointer);
    w->pointer = pointer;
    c->top = cfa;
}

/* libgcc knows the others' values only after a function has saved them. */
static int saved_by_callees(unsigned reg)
{
    return ARCH_CALLEE_SAVED >> reg & 1;
}

/* Where the frame with this rule and stack pointer ends; 0 if that cannot be right. */
static uintptr_t frame_end(struct _Unwind_Context *context, const struct cfi_rule *rule,
                           uintptr_t pointer)
{
    uintptr_t at = pointer;
    if (rule->reg != ARCH_STACK_REGISTER) {
        if (!saved_by_callees(rule->reg))
            return 0;
        at = get_register(context, (int)rule->reg);
    }
    at += (uintptr_t)rule->offset;
    if (rule->kind == CFI_INDIRECT) {
        if (at % sizeof(void *) || at < pointer || at - pointer > FRAME_MOST)
            return 0;
        at = *(const uintptr_t *)at;
    }
    if (at % sizeof(void *) || at <= pointer || at - pointer > FRAME_MOST)
        return 0;
    return at;
}

enum ahead {
    AHEAD_NOTHING, /* not to be followed */
    AHEAD_FRAME,   /* libgcc finds its way, or its end */
    AHEAD_CODE     /* a caller without unwind information: generated code */
};

/* Looks where libgcc would go from a frame before it does: it follows whatever lies on the stack,
 * and reads at an address that no unwind information covers. With AHEAD_CODE, the caller's address
 * and the frame's end. */
static enum ahead look_ahead(struct _Unwind_Context *context, uintptr_t ip, uintptr_t pointer,
                             uintptr_t *caller, uintptr_t *end)
{
    struct fde_bases bases;
    const void *fde = find_fde((char *)ip - 1, &bases);
    if (!fde)
        return AHEAD_FRAME; /* libgcc stops by itself */
    struct cfi_rule rule = cfi_rule(fde, (uintptr_t)bases.function, ip);
    if (rule.kind == CFI_OUTERMOST || rule.kind == CFI_TRAMPOLINE)
        return AHEAD_FRAME;
    *end = rule.kind == CFI_UNKNOWN ? 0 : frame_end(context, &rule, pointer);
    if (!*end)
        return AHEAD_NOTHING;
    *caller = *(const uintptr_t *)(*end - sizeof(void *));
    return !*caller || find_fde((char *)*caller - 1, &bases) ? AHEAD_FRAME : AHEAD_CODE;
}

/* For walks that need no chain. */
static _Unwind_Reason_Code go_on(struct _Unwind_Context *context, uintptr_t ip, uintptr_t cfa)
{
    uintptr_t caller, end;
    return look_ahead(context, ip, cfa, &caller, &end) == AHEAD_FRAME ? _URC_NO_REASON
                                                                      : _URC_END_OF_STACK;
}

/* Whether a call returns to this address, which may be anything that lies on a stack. Where the
 * kernel does not read it for us (a filter of the program's, a container's) that is taken for
 * granted. */
static int follows_call(uintptr_t address)
{
    uint8_t code[ARCH_CALL_MOST] = {0};
    struct iovec here = {code, sizeof code}, there = {(char *)address - sizeof code, sizeof code};
    if (trace_sealed())
        return 1;
    long size =
        arch_syscall(SYS_process_vm_readv, raw_getpid(), (long)&here, 1, (long)&there, 1, 0);
    if (size == -EPERM || size == -ENOSYS)
        return 1;
    return size == sizeof code && arch_ends_in_call(code);
}

/* Generated code, or a word that was left above the frames of a green thread. */
static int is_code(const struct walk *w, uintptr_t address)
{
    int on_stack = address - w->frame <= FRAME_DISTANCE_MOST;
    return address >= CODE_LOWEST && !(address >> ADDRESS_BITS) && !on_stack &&
           follows_call(address);
}

/* 0 to stop here. Generated code is the last frame of a chain. */
static int next_is_safe(struct walk *w, struct _Unwind_Context *context, uintptr_t ip,
                        uintptr_t pointer)
{
    uintptr_t caller = 0, end = 0;
    if (greenlet_is_first(ip))
        return 0;
    enum ahead ahead = look_ahead(context, ip, pointer, &caller, &end);
    if (ahead != AHEAD_CODE)
        return ahead == AHEAD_FRAME;
    if (w->chain->frames < TRACE_FRAMES && is_code(w, caller))
        add_frame(w, caller, end, w->pointer);
    return 0;
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
    if (c->frames < TRACE_FRAMES) {
        add_frame(w, ip, cfa, get_register(context, ARCH_FRAME_REGISTER));
        return next_is_safe(w, context, ip, cfa) ? _URC_NO_REASON : stop(w, CONTEXT_CUT_UNWIND);
    }
    c->top = cfa;
    /* Deep in a recursion: go on only to learn that this is the thread's own stack. */
    c->flags |= CONTEXT_CUT_DEPTH;
    if (on_own_stack(w, cfa) || ++w->beyond > FRAMES_BEYOND_MOST)
        return stop(w, 0);
    return next_is_safe(w, context, ip, cfa) ? _URC_NO_REASON : stop(w, CONTEXT_CUT_UNWIND);
}

void stack_unwind(struct chain *chain, uintptr_t caller, uintptr_t frame,
                  const struct stack_range *own)
{
    struct walk w = {.chain = chain, .caller = caller, .frame = frame, .own = own};
    chain->frames = 0;
    chain->flags = 0;
    chain->vague = 0;
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
    chain->size[0] = 0;
    chain->saved[0] = 0;
    chain->kept[0] = 0;
}

struct search {
    uintptr_t frame;
    int frames;
    int found; /* 1 yes, 0 no, -1 not known */
};

static _Unwind_Reason_Code look(struct _Unwind_Context *context, void *data)
{
    struct search *s = data;
    int interrupted = 0;
    uintptr_t ip = get_ip(context, &interrupted), cfa = get_cfa(context);
    if (cfa < s->frame && ++s->frames < FRAMES_BEYOND_MOST)
        return go_on(context, ip, cfa);
    if (cfa >= s->frame)
        s->found = cfa == s->frame;
    return _URC_END_OF_STACK;
}

int stack_reaches(uintptr_t frame)
{
    struct search s = {.frame = frame, .found = -1};
    if (backtrace)
        backtrace(look, &s);
    return s.found;
}

static _Unwind_Reason_Code look_for_handler(struct _Unwind_Context *context, void *data)
{
    struct search *s = data;
    int interrupted = 0;
    uintptr_t ip = get_ip(context, &interrupted);
    if (ip && !interrupted)
        return ++s->frames < FRAMES_BEYOND_MOST ? go_on(context, ip, get_cfa(context))
                                                : _URC_END_OF_STACK;
    s->found = interrupted;
    return _URC_END_OF_STACK;
}

int stack_in_handler(void)
{
    struct search s = {.found = -1};
    if (backtrace)
        backtrace(look_for_handler, &s);
    return s.found;
}

struct count {
    uintptr_t caller;
    uintptr_t frame;
    uint32_t frames;
};

static _Unwind_Reason_Code count_frame(struct _Unwind_Context *context, void *data)
{
    struct count *c = data;
    int interrupted = 0;
    uintptr_t ip = get_ip(context, &interrupted), cfa = get_cfa(context);
    if (!c->frames && (ip != c->caller || cfa != c->frame))
        return cfa > c->frame ? _URC_END_OF_STACK : _URC_NO_REASON;
    return ++c->frames < STACK_DEPTH_MOST ? go_on(context, ip, cfa) : _URC_END_OF_STACK;
}

uint32_t stack_depth(uintptr_t caller, uintptr_t frame)
{
    struct count count = {.caller = caller, .frame = frame};
    if (backtrace)
        backtrace(count_frame, &count);
    return count.frames;
}
