/* SPDX-License-Identifier: MIT
 *
 * The table of modules while another thread unloads one and meets another, which takes its entry.
 * Stepped through, with a handler that does what the other thread would do, each time in a child.
 */
#include "support.h"

#include "modules.h"
#include "step_x86_64.h"
#include "trace.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HIGHEST, MIDDLE, LOWEST, LIBRARIES };
enum { OVER, GOES_ON, WRONG };

/* Small ones that nobody has loaded. */
static const char *const names[LIBRARIES] = {"libanl.so.1", "libutil.so.1", "libBrokenLocale.so.1"};
static struct link_map *library[LIBRARIES];

static uintptr_t address_in(int which)
{
    return (uintptr_t)library[which]->l_ld + 1;
}

static uint64_t frame_in(int which)
{
    int libc;
    return modules_frame(address_in(which), &libc);
}

static int by_address(const void *a, const void *b)
{
    uintptr_t one = (*(struct link_map *const *)a)->l_addr;
    uintptr_t other = (*(struct link_map *const *)b)->l_addr;
    return one < other ? 1 : -1;
}

static int step, handled_at;
static uint64_t met;

static void meet(int signal)
{
    (void)signal;
    if (step++ != handled_at)
        return;
    if (library[HIGHEST])
        dlclose(library[HIGHEST]);
    modules_sweep();
    met = frame_in(LOWEST);
}

/* The two upper ones are known, the highest first. */
static void load(void)
{
    trace_for_test(4 << 20);
    for (int i = 0; i < LIBRARIES; i++) {
        library[i] = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        cr_assert_not_null(library[i], "%s", dlerror());
    }
    qsort(library, LIBRARIES, sizeof *library, by_address);
    cr_assert_eq(modules_map(address_in(LOWEST)), library[LOWEST]);
    cr_assert_neq(TRACE_FRAME_MODULE(frame_in(HIGHEST)), 0);
    cr_assert_neq(TRACE_FRAME_MODULE(frame_in(MIDDLE)), 0);
    signal(SIGTRAP, meet);
}

/* At one instruction in `stride`, until the handler comes too late; `run` steps through them. */
static void at_steps(int (*run)(void), int stride)
{
    int result = GOES_ON;
    for (int at = 0; result == GOES_ON; at += stride) {
        pid_t child = fork();
        if (child == 0) {
            handled_at = at;
            int wrong = run();
            _exit(wrong ? WRONG : step <= at ? OVER : GOES_ON);
        }
        int status = 0;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFEXITED(status), "instruction %d: status %#x", at, (unsigned)status);
        result = WEXITSTATUS(status);
        cr_assert_neq(result, WRONG, "instruction %d", at);
    }
}

static int find(void)
{
    uint64_t before = frame_in(MIDDLE);
    int libc;
    uintptr_t address = address_in(MIDDLE);
    step_begin();
    uint64_t found = modules_frame(address, &libc);
    step_end();
    return found != before;
}

Test(modules, frame_is_not_of_an_entry_that_changes)
{
    load();
    at_steps(find, 1);
}

static int sweep(void)
{
    dlclose(library[HIGHEST]);
    library[HIGHEST] = NULL;
    step_begin();
    modules_sweep();
    step_end();
    return TRACE_FRAME_MODULE(met) && frame_in(LOWEST) != met;
}

Test(modules, sweep_retires_no_fresh_entry)
{
    load();
    at_steps(sweep, 7);
}
