/* SPDX-License-Identifier: MIT
 *
 * The ways by which a signal handler leaves a call without returning to it: longjmp and its like,
 * and pthread_exit. A call that a worker makes for the thread is ended first, so that nothing is
 * written into a frame that is gone. They do not return, so there is nothing to measure.
 */
#include "leave.h"

#include "bulkhead.h"
#include "handoff.h"
#include "lookup.h"
#include "policy_load.h"
#include "real.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/syscall.h>

#define EXPORTED __attribute__((visibility("default")))

typedef void jump_function(struct __jmp_buf_tag *buffer, int value);

/* Does a stack address lie on the alternate signal stack? */
static int is_alternate(uintptr_t address, const stack_t *stack)
{
    return !(stack->ss_flags & SS_DISABLE) && address - (uintptr_t)stack->ss_sp < stack->ss_size;
}

/* Is `frame` gone when the stack pointer is `target`? One of an alternate stack is, when the jump
 * leads off it. */
static int is_left(uintptr_t frame, uintptr_t target, const stack_t *stack)
{
    int from = is_alternate(frame, stack), to = is_alternate(target, stack);
    return from == to ? frame < target : from;
}

static void leave_places(struct places *held, uintptr_t target, const stack_t *stack)
{
    while (held->count && is_left(held->hold[held->count - 1].frame, target, stack))
        places_leave(held, held->count - 1);
}

/* Before a jump that cuts the stack off. */
static void leave(const struct __jmp_buf_tag *buffer)
{
    struct handoff_self *self = &handoff_self;
    if (!self->trip && !self->handler && !bulkhead_self.count && !force_self.count)
        return;
    stack_t stack = {.ss_flags = SS_DISABLE};
    uintptr_t target = arch_jump_stack(buffer);
    arch_syscall(SYS_sigaltstack, 0, (long)&stack, 0, 0, 0, 0);
    if (self->trip && is_left(self->trip->frame, target, &stack))
        handoff_abandon();
    leave_places(&bulkhead_self, target, &stack);
    leave_places(&force_self, target, &stack);
    while (self->handler && is_left((uintptr_t)self->handler, target, &stack))
        self->handler = self->handler->outer;
}

/* The next definitions, looked up at start: handlers jump, and dlsym takes a lock. */
static void *next[6];
enum {
    NEXT_longjmp,
    NEXT__longjmp,
    NEXT_siglongjmp,
    NEXT___longjmp_chk,
    NEXT_pthread_exit,
    NEXT_thrd_exit
};

static void *next_of(int which)
{
    static const char *const names[] = {"longjmp",       "_longjmp",     "siglongjmp",
                                        "__longjmp_chk", "pthread_exit", "thrd_exit"};
    return lookup_next_once(&next[which], names[which]);
}

void leave_start(void)
{
    for (int i = 0; i < (int)(sizeof next / sizeof *next); i++)
        next_of(i);
}

#define JUMP(name)                                                                     \
    void wrap_##name(struct __jmp_buf_tag *buffer, int value) __asm__(#name) EXPORTED; \
    void wrap_##name(struct __jmp_buf_tag *buffer, int value)                          \
    {                                                                                  \
        leave(buffer);                                                                 \
        ((jump_function *)next_of(NEXT_##name))(buffer, value);                        \
    }

JUMP(longjmp)
JUMP(_longjmp)
JUMP(siglongjmp)
JUMP(__longjmp_chk)

void wrap_pthread_exit(void *result) __asm__("pthread_exit") EXPORTED;
void wrap_pthread_exit(void *result)
{
    handoff_abandon();
    bulkhead_leave(0);
    force_leave(0);
    ((void (*)(void *))next_of(NEXT_pthread_exit))(result);
}

void wrap_thrd_exit(int result) __asm__("thrd_exit") EXPORTED;
void wrap_thrd_exit(int result)
{
    handoff_abandon();
    bulkhead_leave(0);
    force_leave(0);
    ((void (*)(int))next_of(NEXT_thrd_exit))(result);
}
