/* SPDX-License-Identifier: MIT
 *
 * See slow_library.h. They wait in the kernel by raw system calls, which nobody moves.
 */
#include "slow_library.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <netdb.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t may;

static long raw_futex(uint32_t *word, int operation, uint32_t value)
{
    long result;
    register long r10 __asm__("r10") = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_futex), "D"(word), "S"(operation), "d"(value), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

void slow_library_let(void)
{
    __atomic_store_n(&may, 1, __ATOMIC_RELEASE);
    raw_futex(&may, FUTEX_WAKE_PRIVATE, 1);
}

static void wait_for_it(void)
{
    while (!__atomic_load_n(&may, __ATOMIC_ACQUIRE))
        raw_futex(&may, FUTEX_WAIT_PRIVATE, 0);
}

int fsync(int fd)
{
    wait_for_it();
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    wait_for_it();
    return ((int (*)(const char *, const char *, const struct addrinfo *, struct addrinfo **))dlsym(
        RTLD_NEXT, "getaddrinfo"))(node, service, hints, found);
}
