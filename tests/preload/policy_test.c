/* SPDX-License-Identifier: MIT
 *
 * A policy is replaced whatever comes in between: a handler that jumps out, a fork of another
 * thread's.
 */
#include "support.h"

#include "policy_block.h"
#include "policy_load.h"
#include "real.h"
#include "step_x86_64.h"

#include <criterion/criterion.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { HOLDERS = 4, FLAG_TRAP = 0x100 };

static struct trace_thread record = {.tid = 1};
static struct thread thread = {.record = &record};
static const struct visit visit = {.thread = &thread};
static unsigned number;
static uint32_t chunks[2];
static int step, handled_at;
static sigjmp_buf before;

static void begin(void)
{
    char path[] = "/tmp/shunt-test-policy.XXXXXX";
    struct policy_block block = policy_block(0);
    int file = mkstemp(path);
    trace_for_test(4 << 20);
    real_resolve();
    cr_assert_eq(write(file, &block, sizeof block), (ssize_t)sizeof block);
    cr_assert_eq(force_load(path), 0);
    close(file);
    unlink(path);
    for (int i = 0; i < 2; i++)
        chunks[i] = trace_chunk_number(trace_chunk_new());
}

static void look(void)
{
    if (force_hold(&visit))
        force_release();
}

/* Is another one taken? */
static int is_replaced(void)
{
    uint64_t generation = policy_apply(++number, chunks);
    look();
    return policy_control()->policy_seen == generation;
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(signal, &action, NULL);
}

static void jump(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    siglongjmp(before, 1);
}

/* What a handler does comes after instruction `handled_at`, or when it is let in. */
static void signal_on_step(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    if (++step < handled_at)
        return;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)FLAG_TRAP;
    raise(SIGUSR1);
}

Test(policy, is_replaced_after_a_jump_out_of_that)
{
    begin();
    handle(SIGTRAP, signal_on_step);
    handle(SIGUSR1, jump);
    for (handled_at = 1; handled_at < 300; handled_at += 1 + handled_at / 8) {
        policy_apply(++number, chunks);
        step = 0;
        if (sigsetjmp(before, 1) == 0) {
            step_begin();
            look();
            step_end();
        }
        cr_assert_eq(step, handled_at);
        cr_assert(is_replaced(), "instruction %d", handled_at);
    }
}

static void jump_on_step(int signal, siginfo_t *info, void *context)
{
    if (++step == handled_at)
        jump(signal, info, context);
}

/* Nobody looks at the policies of before. */
Test(policy, is_replaced_after_jumps_of_who_looked)
{
    begin();
    handle(SIGTRAP, jump_on_step);
    step = handled_at = 0;
    while (step == handled_at) {
        step = 0;
        handled_at++;
        if (sigsetjmp(before, 1) == 0) {
            step_begin();
            look();
            step_end();
        }
        cr_assert(is_replaced(), "instruction %d", handled_at);
        cr_assert_eq(force_self.count, 0u);
    }
    cr_assert_gt(handled_at, 30, "only %d instructions", handled_at);
}

static void count_on_step(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)info;
    (void)context;
    step++;
}

static void look_stepped(void)
{
    policy_apply(++number, chunks);
    step = 0;
    step_begin();
    look();
    step_end();
}

/* As if another thread had: the child's own calls find the next policy. */
static void fork_on_step(int signal, siginfo_t *info, void *context)
{
    int status = 0;
    (void)signal;
    (void)info;
    (void)context;
    if (++step < handled_at || step % 8)
        return;
    pid_t child = fork();
    if (child == 0)
        _exit(is_replaced() && is_replaced());
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1, "instruction %d: status %#x", step,
              (unsigned)status);
}

Test(policy, is_replaced_in_a_child_of_that_moment)
{
    enum { LAST = 400 }; /* instructions, in which a holder changes what it holds */
    begin();
    for (int i = 0; i < HOLDERS; i++)
        cr_assert(is_replaced());
    handle(SIGTRAP, count_on_step);
    look_stepped();
    cr_assert_gt(step, LAST);
    handled_at = step - LAST;
    handle(SIGTRAP, fork_on_step);
    look_stepped();
    cr_assert_gt(step, handled_at);
}
