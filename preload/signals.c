/* SPDX-License-Identifier: MIT
 *
 * See signals.h. On x86-64 the kernel passes every handler all three arguments, so one trampoline
 * serves those with SA_SIGINFO and those without; the program's flags stay as they are.
 */
#include "signals.h"

#include "handoff.h"
#include "interrupted.h"
#include "mask.h"
#include "raw.h"
#include "real.h"
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

extern int __libc_allocate_rtsig(int high); /* glibc's, for libraries like this one */

typedef void handler_function(int number, siginfo_t *info, void *context);

enum { SIGNALS = 64 };

/* As the kernel knows an action. */
struct kernel_action {
    handler_function *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
};

static handler_function *programs[SIGNALS + 1]; /* the program's handlers */
static int abort_number;
static struct sigaction hidden; /* what the program thinks is done about the abort signal */

/* The next definitions. */
static struct {
    __typeof__(real_calls.sigaction) sigaction;
    __typeof__(real_calls.signal) signal;
    __typeof__(real_calls.sysv_signal) sysv_signal;
    __typeof__(real_calls.sigset) sigset;
} next;

static int is_function(handler_function *handler)
{
    /* SIG_DFL, SIG_IGN, SIG_HOLD and SIG_ERR are no functions. */
    return (uintptr_t)handler > 2 && (uintptr_t)handler != UINTPTR_MAX;
}

static long kernel_action(int number, const struct kernel_action *new, struct kernel_action *old)
{
    return arch_syscall(SYS_rt_sigaction, number, (long)new, (long)old, sizeof new->mask, 0, 0);
}

int signals_abort(void)
{
    return abort_number;
}

uint64_t signals_worker_mask(void)
{
    uint64_t open = MASK_SIGNAL(MASK_CANCEL) | MASK_SIGNAL(MASK_SETXID);
    return ~(open | (abort_number ? MASK_SIGNAL(abort_number) : 0));
}

int signals_is_within(const void *handler, uintptr_t frame)
{
    const uintptr_t most = 8u << 20;
    return (uintptr_t)handler - frame < most;
}

/* ---- the program's handlers ---- */

static uint32_t mark_of(int number)
{
    struct kernel_action action = {0};
    kernel_action(number, NULL, &action);
    return action.flags & SA_RESTART ? POOL_RESTART : POOL_PLAIN;
}

/* As the kernel does it: first the call that the thread waits in is interrupted, then the handler
 * runs, then the call ends or begins again. */
static void trampoline(int number, siginfo_t *info, void *context)
{
    struct handoff_self *self = &handoff_self;
    struct handoff_handler here = {self->handler};
    struct handoff_outcome outcome = self->outcome;
    int saved = errno;
    if (self->trip)
        handoff_interrupt(mark_of(number));
    errno = saved;
    __atomic_store_n(&self->handler, &here, __ATOMIC_RELEASE);
    __atomic_load_n(&programs[number], __ATOMIC_ACQUIRE)(number, info, context);
    __atomic_store_n(&self->handler, here.outer, __ATOMIC_RELEASE);
    self->outcome = outcome; /* the handler's calls have their own */
}

static int is_number(int number)
{
    return number > 0 && number <= SIGNALS;
}

/* The program sets its own action for the number that is ours. */
static int hide(const struct sigaction *action, struct sigaction *old)
{
    struct sigaction before = hidden;
    if (action)
        hidden = *action;
    if (old)
        *old = before;
    return 0;
}

static int routed_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    if (number == abort_number)
        return hide(action, old);
    if (!is_number(number))
        return next.sigaction(number, action, old);
    handler_function *before = programs[number];
    struct sigaction ours;
    if (action) {
        ours = *action;
        if (is_function(ours.sa_sigaction)) {
            __atomic_store_n(&programs[number], ours.sa_sigaction, __ATOMIC_RELEASE);
            ours.sa_sigaction = trampoline;
        }
    }
    int result = next.sigaction(number, action ? &ours : NULL, old);
    if (result != 0)
        programs[number] = before;
    else if (old && old->sa_sigaction == trampoline)
        old->sa_sigaction = before;
    return result;
}

/* The forms that take a handler alone. */
static __sighandler_t set_handler(__sighandler_t (*set)(int, __sighandler_t), int number,
                                  __sighandler_t handler)
{
    if (number == abort_number) {
        __sighandler_t old = hidden.sa_handler;
        hidden = (struct sigaction){.sa_handler = handler};
        return old;
    }
    if (!is_number(number))
        return set(number, handler);
    handler_function *before = programs[number], *given = (handler_function *)(void *)handler;
    if (is_function(given)) {
        __atomic_store_n(&programs[number], given, __ATOMIC_RELEASE);
        handler = (__sighandler_t)(void *)trampoline;
    }
    __sighandler_t old = set(number, handler);
    if (old == SIG_ERR)
        programs[number] = before;
    return (void *)old == (void *)trampoline ? (__sighandler_t)(void *)before : old;
}

static __sighandler_t routed_signal(int number, __sighandler_t handler)
{
    return set_handler(next.signal, number, handler);
}

static __sighandler_t routed_sysv_signal(int number, __sighandler_t handler)
{
    return set_handler(next.sysv_signal, number, handler);
}

static __sighandler_t routed_sigset(int number, __sighandler_t handler)
{
    return set_handler(next.sigset, number, handler);
}

/* ---- the abort signal ---- */

/* The program sent itself the number that is ours. */
static void as_the_program_wants(int number, siginfo_t *info, void *context)
{
    if (is_function(hidden.sa_sigaction)) {
        hidden.sa_sigaction(number, info, context);
    } else if (hidden.sa_handler == SIG_DFL) {
        struct kernel_action fall = {0};
        uint64_t set = 1ull << (number - 1);
        kernel_action(number, &fall, NULL);
        arch_syscall(SYS_tgkill, raw_getpid(), raw_gettid(), number, 0, 0, 0);
        arch_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&set, 0, sizeof set, 0, 0);
    }
}

/* Installed with SA_RESTART, so that the kernel tells what it would do for the program's handlers:
 * a call that always ends has ended with EINTR; one that restarts has its `syscall` instruction
 * ahead again, and rcx, which that instruction sets, says that it had been begun. Such a call has
 * transferred nothing: it may end in this way, too, if its caller's handler has no SA_RESTART. */
static void on_abort(int number, siginfo_t *info, void *context)
{
    struct pool_worker *worker = worker_self();
    /* The worker's own, which ends what its call waits in (park_rivals.c). */
    if (worker && info->si_code == SI_TIMER && info->si_value.sival_ptr == worker) {
        interrupted_call(context, 1);
        return;
    }
    /* Ours is sent to one thread; the program's, if a worker takes it, was for the process. */
    if (!worker || info->si_code != SI_TKILL) {
        as_the_program_wants(number, info, context);
        return;
    }
    uint32_t taken = worker->taken + 1;
    int end = __atomic_load_n(&worker->abort, __ATOMIC_ACQUIRE) == POOL_ENDS;
    enum interrupted found = worker->running ? interrupted_call(context, end) : INTERRUPTED_NOTHING;
    if (found != INTERRUPTED_NOTHING) {
        worker->restarts = found == INTERRUPTED_RESTARTS;
        __atomic_store_n(&worker->caught, taken, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&worker->taken, taken, __ATOMIC_RELEASE);
}

/* ---- start ---- */

/* Handlers that libraries installed before us. */
static void adopt_handlers(void)
{
    for (int number = 1; number <= SIGNALS; number++) {
        struct kernel_action action = {0};
        if (number == MASK_CANCEL || number == MASK_SETXID ||
            kernel_action(number, NULL, &action) != 0 || !is_function(action.handler))
            continue;
        programs[number] = action.handler;
        action.handler = trampoline;
        kernel_action(number, &action, NULL);
    }
}

#define TAKE_PLACE(name)         \
    next.name = real_calls.name; \
    real_calls.name = routed_##name

int signals_start(void)
{
    adopt_handlers();
    abort_number = __libc_allocate_rtsig(0);
    if (abort_number < 0) {
        abort_number = 0;
        return 0;
    }
    struct sigaction action = {.sa_sigaction = on_abort, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    real_calls.sigaction(abort_number, &action, NULL);
    TAKE_PLACE(sigaction);
    TAKE_PLACE(signal);
    TAKE_PLACE(sysv_signal);
    TAKE_PLACE(sigset);
    return 1;
}
