/* SPDX-License-Identifier: MIT
 *
 * A pid of a trace is this machine's only if that process writes to the trace.
 */
#include "host_pid.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

Test(host_pid, process_is_known_by_what_it_maps)
{
    char path[] = "/tmp/shunt-unit.XXXXXX.shunt";
    struct stat status;
    int fd = mkstemps(path, 6);
    cr_assert_geq(fd, 0);
    unlink(path);
    cr_assert_eq(ftruncate(fd, 4096), 0);
    cr_assert_eq(fstat(fd, &status), 0);
    struct host_file file = {.inode = status.st_ino, .pid = 1, .start = 1};
    cr_assert_eq(host_pid_find(&file, getpid()), 0);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    cr_assert_neq(map, MAP_FAILED);
    cr_assert_eq(host_pid_find(&file, getpid()), getpid());
    cr_assert_eq(host_tid_find(getpid(), getpid(), gettid()), gettid());
    munmap(map, 4096);
    close(fd);
}

Test(host_pid, process_that_began_before_the_file_is_another)
{
    struct host_file file = {.inode = 1, .pid = 7, .start = UINT64_MAX};
    cr_assert_eq(host_pid_find(&file, 1), 0);
}
