/* SPDX-License-Identifier: MIT
 *
 * Programs with signal handlers of their own, which see what the kernel says and return, or do not.
 *
 *   own_handlers guard     SIGSEGV at a guard page, on an alternate stack, as a JVM does it
 *   own_handlers storm     SIGALRM every 200 us during calls: some EINTR, some restarted
 *   own_handlers trap      SIGFPE at any inexact result: there is none in calls, fast or slow
 *   own_handlers profile   SIGPROF, whose handler walks the stack of what it interrupts
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define PAGES 50
#define PAGE  4096u
#define READS 20000

static volatile char *guarded;
static int zero;
static int ends[2];
static volatile sig_atomic_t met;
static volatile uintptr_t told;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    char byte;
    told = (uintptr_t)info->si_addr;
    met += signal == SIGSEGV && info->si_code == SEGV_ACCERR && context;
    truth_check(read(zero, &byte, 1) == 1);
    mprotect((void *)(told & ~(uintptr_t)(PAGE - 1)), PAGE, PROT_READ | PROT_WRITE);
}

static void use_guards(void)
{
    static char stack[64 << 10];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    truth_check(sigaltstack(&alternate, NULL) == 0 && sigaction(SIGSEGV, &action, NULL) == 0);
    guarded = mmap(NULL, PAGES * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned i = 0; i < PAGES; i++) {
        guarded[i * PAGE + 7] = 1;
        truth_check(told == (uintptr_t)guarded + i * PAGE + 7);
        /* The kernel answers EFAULT for a page that nobody may touch: no fault, no handler. */
        truth_check(i + 1 == PAGES ||
                    (read(zero, (char *)guarded + (i + 1) * PAGE, 1) == -1 && errno == EFAULT));
    }
    truth_check(met == PAGES);
    truth_expect("errors read == %u", PAGES - 1);
    truth_expect("calls read == %u", 2 * PAGES - 1);
}

static void on_alarm(int signal)
{
    int saved = errno;
    met += signal == SIGALRM;
    truth_check(write(ends[1], "x", 1) == 1);
    errno = saved;
}

static void set_timer(int which, long us)
{
    struct itimerval timer = {{0, us}, {0, us}};
    truth_check(setitimer(which, &timer, NULL) == 0);
}

/* Half of the waits with SA_RESTART: read goes on until the handler's byte is there, poll never. */
static void bear_a_storm(void)
{
    int interrupted = 0, wrong = 0;
    char byte;
    truth_check(pipe(ends) == 0);
    for (int round = 0; round < 2; round++) {
        struct sigaction action = {.sa_handler = on_alarm, .sa_flags = round ? SA_RESTART : 0};
        truth_check(sigaction(SIGALRM, &action, NULL) == 0);
        set_timer(ITIMER_REAL, 200);
        for (int i = 0; i < 200; i++) {
            ssize_t n = read(ends[0], &byte, 1);
            interrupted += n == -1 && errno == EINTR && !round;
            wrong += n != 1 && (errno != EINTR || round);
            struct timespec moment = {0, 300000};
            int slept = nanosleep(&moment, NULL);
            wrong += slept != 0 && errno != EINTR;
        }
        set_timer(ITIMER_REAL, 0);
    }
    truth_check(wrong == 0 && interrupted > 0 && met > 100);
    truth_expect("calls read == 400");
    truth_expect("calls nanosleep == 400");
    truth_expect("interrupted read >= 1");
    truth_expect("calls write >= 100");
}

static void on_profile(int signal)
{
    void *frames[32];
    int saved = errno;
    met += signal == SIGPROF && backtrace(frames, 32) > 2;
    errno = saved;
}

static void be_profiled(void)
{
    void *frames[4];
    char byte;
    struct sigaction action = {.sa_handler = on_profile, .sa_flags = SA_RESTART};
    backtrace(frames, 4); /* its first use loads a library */
    truth_check(sigaction(SIGPROF, &action, NULL) == 0);
    set_timer(ITIMER_PROF, 1000);
    for (int i = 0; i < READS || met < 5; i++)
        truth_check(pread(zero, &byte, 1, 0) == 1);
    set_timer(ITIMER_PROF, 0);
    truth_expect("calls pread >= %d", READS);
}

#define TRAP_INEXACT 0x1000u /* bit of MXCSR that masks the exception */

static void trap_arithmetic(void)
{
    char byte;
    struct timespec moment = {0, 100000000};
    truth_check((__builtin_ia32_stmxcsr() & 0x3f) == 0); /* no exception so far */
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() & ~TRAP_INEXACT);
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    /* Over a second, after which clocks and names are looked at again. */
    for (int i = 0; i < 12; i++)
        truth_check(nanosleep(&moment, NULL) == 0);
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | TRAP_INEXACT);
    truth_expect("calls read == %d", READS);
    truth_expect("calls nanosleep == 12");
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "guard";
    zero = open("/dev/zero", O_RDONLY);
    if (!strcmp(what, "guard"))
        use_guards();
    else if (!strcmp(what, "trap"))
        trap_arithmetic();
    else if (!strcmp(what, "storm"))
        bear_a_storm();
    else
        be_profiled();
    return 0;
}
