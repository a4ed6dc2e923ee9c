/* SPDX-License-Identifier: MIT
 *
 * A call from a function whose frame was once big, made at the very top of a stack that has nothing
 * above it: whoever looks for the old return address where it lay before, reads past the end.
 *
 *   stack_tops thread | coroutine | signal
 */
#include <alloca.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "truth.h"

#define STACK (256u << 10)
#define GUARD 4096u
#define READS 50

static int zero;
static volatile int work;
static ucontext_t back;
static int calls;

/* The caller of read, whose frame is as big as asked for. */
static __attribute__((noinline)) int call_with_frame(size_t size)
{
    char *frame = alloca(size + 1);
    memset(frame, 0, size + 1);
    truth_check(read(zero, frame, 1) == 1);
    calls++;
    return ++work;
}

/* Big frames only where there is room for them. */
static void call_with_frames(int room)
{
    for (int i = 0; i < READS; i++) {
        work += call_with_frame(16);
        if (room)
            work += call_with_frame((size_t)(i + 1) * 2000);
    }
}

static void *at_top_of_thread(void *arg)
{
    call_with_frames(0);
    return arg;
}

static void at_top_of_coroutine(void)
{
    call_with_frames(0);
}

static void at_top_of_signal_stack(int signal)
{
    (void)signal;
    call_with_frames(0);
}

/* A stack between two pages that nobody may read. */
static char *guarded_stack(void)
{
    char *base = mmap(NULL, STACK + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    truth_check(base != MAP_FAILED);
    truth_check(mprotect(base + GUARD, STACK, PROT_READ | PROT_WRITE) == 0);
    return base + GUARD;
}

static void run_thread(char *stack)
{
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstack(&attr, stack, STACK);
    truth_check(pthread_create(&thread, &attr, at_top_of_thread, NULL) == 0);
    pthread_join(thread, NULL);
}

static void run_coroutine(char *stack)
{
    ucontext_t coroutine;
    truth_check(getcontext(&coroutine) == 0);
    coroutine.uc_stack.ss_sp = stack;
    coroutine.uc_stack.ss_size = STACK;
    coroutine.uc_link = &back;
    makecontext(&coroutine, at_top_of_coroutine, 0);
    truth_check(swapcontext(&back, &coroutine) == 0);
}

static void run_signal(char *stack)
{
    stack_t alternate = {.ss_sp = stack, .ss_size = STACK};
    struct sigaction action = {.sa_handler = at_top_of_signal_stack, .sa_flags = SA_ONSTACK};
    truth_check(sigaltstack(&alternate, NULL) == 0);
    truth_check(sigaction(SIGUSR1, &action, NULL) == 0);
    raise(SIGUSR1);
}

int main(int argc, char **argv)
{
    const char *where = argc > 1 ? argv[1] : "thread";
    zero = open("/dev/zero", O_RDONLY);
    call_with_frames(1);
    for (int i = 0; i < 10; i++) {
        char *stack = guarded_stack();
        if (!strcmp(where, "thread"))
            run_thread(stack);
        else if (!strcmp(where, "coroutine"))
            run_coroutine(stack);
        else
            run_signal(stack);
        call_with_frames(1);
    }
    truth_expect("calls read == %d", calls);
    return 0;
}
