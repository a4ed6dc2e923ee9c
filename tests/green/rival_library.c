/* SPDX-License-Identifier: MIT
 *
 * See rival_library.h.
 */
#include "rival_library.h"

#include <dlfcn.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int left, took;

void rival_library_take(int things)
{
    __atomic_store_n(&left, things, __ATOMIC_RELEASE);
}

int rival_library_took(void)
{
    return __atomic_load_n(&took, __ATOMIC_ACQUIRE);
}

static long raw(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

static int is_to_be_taken(int fd)
{
    struct pollfd there = {.fd = fd, .events = POLLIN};
    if (!__atomic_load_n(&left, __ATOMIC_ACQUIRE) || raw(SYS_poll, (long)&there, 1, 0) != 1)
        return 0;
    __atomic_fetch_sub(&left, 1, __ATOMIC_ACQ_REL);
    __atomic_fetch_add(&took, 1, __ATOMIC_ACQ_REL);
    return 1;
}

int accept(int fd, struct sockaddr *peer, socklen_t *length)
{
    if (is_to_be_taken(fd))
        raw(SYS_close, raw(SYS_accept, fd, 0, 0), 0, 0);
    return ((int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "accept"))(fd, peer,
                                                                                      length);
}

ssize_t read(int fd, void *buffer, size_t size)
{
    char other[4096];
    if (is_to_be_taken(fd))
        raw(SYS_read, fd, (long)other, sizeof other);
    return ((ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read"))(fd, buffer, size);
}
