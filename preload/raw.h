/* SPDX-License-Identifier: MIT
 *
 * The system calls that shunt makes for itself. They pass no wrapper, touch no errno and are no
 * cancellation points. Results are -errno on failure.
 */
#ifndef SHUNT_RAW_H
#define SHUNT_RAW_H

#include "arch_x86_64.h"

#include <errno.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

static inline long raw_open(const char *path, int flags, int mode)
{
    return arch_syscall(SYS_openat, -100 /* AT_FDCWD */, (long)path, flags, mode, 0, 0);
}

static inline long raw_read(int fd, void *buffer, size_t size)
{
    return arch_syscall(SYS_read, fd, (long)buffer, (long)size, 0, 0, 0);
}

static inline void raw_close(int fd)
{
    arch_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

static inline long raw_fstat(int fd, struct stat *st)
{
    return arch_syscall(SYS_fstat, fd, (long)st, 0, 0, 0, 0);
}

static inline long raw_readlink(const char *path, char *buffer, size_t size)
{
    return arch_syscall(SYS_readlink, (long)path, (long)buffer, (long)size, 0, 0, 0);
}

#if defined(__SANITIZE_THREAD__)
/* ThreadSanitizer has to see memory come and go, or it takes the next owner for a rival. */
static inline void *raw_mmap(size_t size, int prot, int flags, int fd)
{
    return mmap(NULL, size, prot, flags, fd, 0);
}

static inline void raw_munmap(void *address, size_t size)
{
    munmap(address, size);
}
#else
static inline void *raw_mmap(size_t size, int prot, int flags, int fd)
{
    return (void *)arch_syscall(SYS_mmap, 0, (long)size, prot, flags, fd, 0);
}

static inline void raw_munmap(void *address, size_t size)
{
    arch_syscall(SYS_munmap, (long)address, (long)size, 0, 0, 0, 0);
}
#endif

static inline int raw_mmap_failed(const void *address)
{
    return (unsigned long)address > -4096ul;
}

static inline long raw_madvise(void *address, size_t size, int advice)
{
    return arch_syscall(SYS_madvise, (long)address, (long)size, advice, 0, 0, 0);
}

static inline int raw_getpid(void)
{
    return (int)arch_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static inline int raw_gettid(void)
{
    return (int)arch_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
}

/* Nanoseconds of a clock. */
static inline int64_t raw_now(int clock)
{
    struct timespec now = {0};
    arch_syscall(SYS_clock_gettime, clock, (long)&now, 0, 0, 0, 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What the kernel counts a wait with a timeout in. */
static inline uint64_t raw_monotonic(void)
{
    return (uint64_t)raw_now(CLOCK_MONOTONIC);
}

/* Can the word that holds this byte be read? By a system call that compares it, and moves none of
 * no waiters (futex(2), FUTEX_CMP_REQUEUE). */
static inline int raw_readable(const void *address)
{
    unsigned long word = (unsigned long)address & ~3ul;
    return arch_syscall(SYS_futex, (long)word, FUTEX_CMP_REQUEUE_PRIVATE, 0, 0, (long)word, 0) !=
           -EFAULT;
}

/* Reads a small file whole; returns its length without the terminator that it adds, 0 on failure.
 */
static inline size_t raw_slurp(const char *path, char *buffer, size_t size)
{
    long fd = raw_open(path, 02000000 /* O_CLOEXEC */, 0);
    if (fd < 0)
        return 0;
    size_t used = 0;
    for (long n; used + 1 < size && (n = raw_read((int)fd, buffer + used, size - 1 - used)) > 0;)
        used += (size_t)n;
    raw_close((int)fd);
    buffer[used] = 0;
    return used;
}

#endif
