/* SPDX-License-Identifier: MIT
 *
 * Which files let a call leave its thread: what their numbers (devices and file systems) answer
 * must be what asking the file itself would.
 */
#include "calls.h"
#include "conditions.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int reason_of(uint16_t call, long first, long second, long third)
{
    static const struct handoff_shape shape;
    const long arguments[HANDOFF_ARGUMENTS] = {first, second, third};
    const struct handoff_call made = {.call = call, .arguments = arguments, .shape = &shape};
    return conditions_check(&made);
}

/* Of a read that is tried first, one that is not, and one of a stream. */
static void expect(int fd, int reads, int at_offset, int stream)
{
    char text[64];
    FILE *file = fdopen(dup(fd), "r");
    cr_assert(file, "fd %d: %m", fd);
    cr_expect_eq(reason_of(CALL_read, fd, (long)text, 1), reads);
    cr_expect_eq(reason_of(CALL_pread, fd, (long)text, 1), at_offset);
    cr_expect_eq(reason_of(CALL_fgets, (long)text, sizeof text, (long)file), stream);
    fclose(file);
    close(fd);
}

static int opened(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOCTTY);
    cr_assert_geq(fd, 0, "%s: %m", path);
    return fd;
}

/* Others may have all terminals that there are, for a while. */
static int terminal(void)
{
    int master;
    for (int tries = 100;
         (master = posix_openpt(O_RDWR | O_NOCTTY)) < 0 && errno == ENOSPC && tries; tries--)
        usleep(100000);
    cr_assert(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0, "%m");
    return opened(ptsname(master));
}

static int empty_pipe(int flags)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, flags), 0);
    return ends[0];
}

static int temporary(const char *directory)
{
    int fd = open(directory, O_TMPFILE | O_RDWR, 0600);
    cr_assert_geq(fd, 0, "%s: %m", directory);
    return fd;
}

Test(conditions, files_of_the_kernels_stay)
{
    expect(opened("/proc/self/stat"), REASON_THREAD_FILE, REASON_THREAD_FILE, REASON_THREAD_FILE);
    expect(opened("/sys/devices/system/cpu/online"), REASON_READY, REASON_THREAD_FILE,
           REASON_READY);
}

Test(conditions, terminals_stay)
{
    expect(terminal(), REASON_TERMINAL, REASON_TERMINAL, REASON_TERMINAL);
}

Test(conditions, files_may_leave_whatever_they_lie_on)
{
    expect(opened("/etc/passwd"), REASON_NONE, REASON_NONE, REASON_NONE);
    expect(temporary("/tmp"), REASON_NONE, REASON_NONE, REASON_NONE);
    expect(temporary("/dev/shm"), REASON_NONE, REASON_NONE, REASON_NONE);
}

Test(conditions, devices_of_memory_may_leave_and_need_not)
{
    expect(opened("/dev/zero"), REASON_READY, REASON_NONE, REASON_READY);
    expect(opened("/dev/urandom"), REASON_READY, REASON_NONE, REASON_READY);
}

Test(conditions, what_would_wait_leaves)
{
    expect(empty_pipe(0), REASON_NONE, REASON_NONE, REASON_NONE);
    expect(empty_pipe(O_NONBLOCK), REASON_NONBLOCKING, REASON_NONE, REASON_NONBLOCKING);
    expect(eventfd(0, 0), REASON_NONE, REASON_NONE, REASON_NONE);
    expect(eventfd(1, 0), REASON_READY, REASON_NONE, REASON_READY);
}

Test(conditions, a_number_without_file_is_left_to_the_call)
{
    int fd = opened("/dev/null");
    char byte;
    close(fd);
    cr_expect_eq(reason_of(CALL_pread, fd, (long)&byte, 1), REASON_NONE);
    cr_expect_eq(reason_of(CALL_read, fd, (long)&byte, 1), REASON_READY); /* EBADF, at once */
}
