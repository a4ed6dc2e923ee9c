/* SPDX-License-Identifier: MIT
 *
 * See slow_library.h. They wait in the kernel by raw system calls, which nobody moves.
 */
#include "slow_library.h"

#include <dlfcn.h>
#include <limits.h>
#include <linux/futex.h>
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LOOKS = 100 }; /* of 2 ms: for others that cannot run */

static uint32_t may, called, ran;

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

static void raw_nanosleep(const struct timespec *time)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_nanosleep), "D"(time), "S"(0)
                     : "rcx", "r11", "memory");
}

void slow_library_let(void)
{
    __atomic_store_n(&may, 1, __ATOMIC_RELEASE);
    raw_futex(&may, FUTEX_WAKE_PRIVATE, INT_MAX);
}

int slow_library_is_called(void)
{
    return (int)__atomic_load_n(&called, __ATOMIC_ACQUIRE);
}

static void *let_later(void *unused)
{
    struct timespec look = {0, 2000000};
    for (int looks = 0; looks < LOOKS && !__atomic_load_n(&ran, __ATOMIC_ACQUIRE);) {
        raw_nanosleep(&look);
        looks += slow_library_is_called();
    }
    slow_library_let();
    return unused;
}

void slow_library_await_others(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, let_later, NULL) == 0)
        pthread_detach(thread);
}

void slow_library_others_ran(void)
{
    __atomic_store_n(&ran, 1, __ATOMIC_RELEASE);
}

static void wait_for_it(void)
{
    __atomic_store_n(&called, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&may, __ATOMIC_ACQUIRE))
        raw_futex(&may, FUTEX_WAIT_PRIVATE, 0);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    wait_for_it();
    return ((ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread"))(fd, buffer, size,
                                                                               offset);
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
