/* SPDX-License-Identifier: MIT
 *
 * Calls on stacks that the program switches itself, at random depths, and blocked ones too: exact
 * counts, and chains that end where the coroutine's stack does.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "truth.h"

#define COROUTINES 8
#define ROUNDS     400
#define STACK      (64u << 10)

static ucontext_t scheduler;
static ucontext_t coroutine[COROUTINES];
static int zero;
static volatile int work;
static unsigned long calls_of[4]; /* by depth */

TRUTH_RANGE(deeper);
TRUTH_RANGE(body);

TRUTH(deeper) static int deeper(int depth, int self)
{
    char byte[64];
    struct timespec moment = {0, 150000};
    if (depth) {
        work += deeper(depth - 1, self);
        return ++work;
    }
    truth_check(read(zero, byte, sizeof byte) == sizeof byte);
    swapcontext(&coroutine[self], &scheduler);
    truth_check(write(zero, byte, 1) == 1);
    if (work % 64 == 0)
        nanosleep(&moment, NULL);
    return ++work;
}

TRUTH(body) static void body(int self)
{
    for (int i = 0; i < ROUNDS; i++) {
        int depth = (i * 7 + self) % 4;
        calls_of[depth]++;
        work += deeper(depth, self);
    }
}

static void start(int self)
{
    void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    truth_check(stack != MAP_FAILED && getcontext(&coroutine[self]) == 0);
    coroutine[self].uc_stack.ss_sp = stack;
    coroutine[self].uc_stack.ss_size = STACK;
    coroutine[self].uc_link = &scheduler;
    makecontext(&coroutine[self], (void (*)(void))body, 1, self);
}

int main(void)
{
    static const char *const chain[] = {"deeper", "deeper<deeper", "deeper<deeper<deeper",
                                        "deeper<deeper<deeper<deeper"};
    zero = open("/dev/zero", O_RDWR);
    for (int i = 0; i < COROUTINES; i++)
        start(i);
    for (int i = 0; i < ROUNDS + 1; i++)
        for (int j = 0; j < COROUTINES; j++)
            swapcontext(&scheduler, &coroutine[j]);
    truth_tell(deeper);
    truth_tell(body);
    for (int i = 0; i < 4; i++)
        truth_expect("chain read %s<body == %lu", chain[i], calls_of[i]);
    truth_expect("calls read == %d", COROUTINES * ROUNDS);
    truth_expect("calls write == %d", COROUTINES * ROUNDS);
    return 0;
}
