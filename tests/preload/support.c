/* SPDX-License-Identifier: MIT
 *
 * See support.h.
 */
#include "support.h"

#include "clock.h"
#include "stack.h"
#include "thread.h"
#include "trace.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/tmp/shunt-test.XXXXXX";
static pid_t owner;

static void remove_directory(void)
{
    DIR *dir = getpid() == owner ? opendir(directory) : NULL;
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        unlink(path);
    }
    closedir(dir);
    rmdir(directory);
}

void trace_for_test(uint64_t size)
{
    struct trace_clock first;
    owner = getpid();
    cr_assert_not_null(mkdtemp(directory));
    atexit(remove_directory);
    clock_start(&first);
    cr_assert_eq(trace_open(directory, "test", getpid(), size), 0);
    trace_file->clock = clock_kind;
    trace_file->first_clock = first;
    clock_calibrate(&first);
}

struct thread *thread_for_test(void)
{
    trace_for_test(8 << 20);
    cr_assert(stack_start());
    cr_assert_eq(thread_start(), 0);
    thread_threshold = clock_ticks(100000);
    observe_epoch = 1;
    struct thread *t = thread_refresh();
    cr_assert_not_null(t);
    return t;
}
