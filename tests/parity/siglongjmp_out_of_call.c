/* SPDX-License-Identifier: MIT
 *
 * A handler jumps out of an intercepted call a thousand times; every call after each jump is seen.
 * The signal is pending when ppoll lets it in, so each jump surely leaves the call.
 */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

#include "truth.h"

#define JUMPS 1000

static sigjmp_buf before;
static volatile int jumped;

static void jump_out(int signal)
{
    (void)signal;
    siglongjmp(before, 1);
}

static void leave_a_call(const sigset_t *none)
{
    struct pollfd nothing = {.fd = -1};
    if (sigsetjmp(before, 1)) {
        jumped++;
        return;
    }
    raise(SIGUSR1);
    truth_check(ppoll(&nothing, 1, NULL, none) == 0);
}

int main(void)
{
    struct sigaction action = {.sa_handler = jump_out};
    sigset_t none;
    sigset_t one;
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    sigemptyset(&none);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    sigaction(SIGUSR1, &action, NULL);
    sigprocmask(SIG_BLOCK, &one, NULL);
    for (int i = 0; i < JUMPS; i++) {
        leave_a_call(&none);
        truth_check(read(zero, &byte, 1) == 1);
    }
    truth_check(jumped == JUMPS);
    truth_expect("calls read == %d", JUMPS);
    truth_expect("nested-ms == 0");
    return 0;
}
