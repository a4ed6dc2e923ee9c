/* SPDX-License-Identifier: MIT
 *
 * A child made by clone with the parent's memory, and so with the parent's thread-local storage,
 * makes calls at the same time as the parent, on a stack of its own. Nobody promises exact counts;
 * both finish as bare.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

#define STACK  (64u << 10)
#define READS  20000
#define ROUNDS 5

static int zero;

static __attribute__((noinline)) int read_at_depth(int depth)
{
    char byte[64];
    if (depth)
        return read_at_depth(depth - 1) + (byte[0] = 0);
    return (int)read(zero, byte, 1);
}

/* How many calls went wrong. */
static int make_calls(void)
{
    int failed = 0;
    for (int i = 0; i < READS; i++)
        failed += read_at_depth(i % 5) != 1;
    for (int i = 0; i < 20; i++)
        failed += poll(NULL, 0, 1) != 0;
    return failed;
}

static int child(void *arg)
{
    (void)arg;
    return make_calls() ? 1 : 3;
}

int main(void)
{
    zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < ROUNDS; i++) {
        int status = -1;
        char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        truth_check(stack != MAP_FAILED);
        pid_t pid = clone(child, stack + STACK, CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD, NULL);
        truth_check(make_calls() == 0);
        truth_check(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 3);
        munmap(stack, STACK);
    }
    truth_expect("calls read >= 1");
    truth_expect("losses >= 0");
    truth_expect("two-writers");
    return 0;
}
