/* SPDX-License-Identifier: MIT
 *
 * The wrappers of calls.def's VARIADIC rows, by hand; those of stdio, of syscall and of children
 * and threads have files of their own.
 */
#include "aside.h"
#include "moved.h"
#include "rights.h"
#include "wrapper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>

#ifndef O_TMPFILE
#define O_TMPFILE 020200000
#endif

/* The mode argument is there only with these flags; without, glibc passes 0 too. */
static int has_mode(int flags)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

static void leave(struct visit *v, int failed, long result)
{
    if (ROUTE_ASIDE())
        aside_leave(v, 0, failed, result);
    else
        guard_leave(v, 0, failed, result);
}

/* The call, here or on a worker. */
#define ROUTED(name, v, ...) \
    (ROUTE_ASIDE() ? moved_##name(v, REAL(name), __VA_ARGS__) : REAL(name)(__VA_ARGS__))

WRAPPER(open, int, (const char *path, int flags, ...))
{
    va_list list;
    va_start(list, flags);
    mode_t mode = has_mode(flags) ? va_arg(list, mode_t) : 0;
    va_end(list);

    struct visit v;
    ENTER(&v, open);
    guard_begin(&v, 0);
    int r = ROUTED(open, &v, path, flags, mode);
    leave(&v, r == -1, r);
    return r;
}

WRAPPER(openat, int, (int directory, const char *path, int flags, ...))
{
    va_list list;
    va_start(list, flags);
    mode_t mode = has_mode(flags) ? va_arg(list, mode_t) : 0;
    va_end(list);

    struct visit v;
    ENTER(&v, openat);
    guard_begin(&v, 0);
    int r = ROUTED(openat, &v, directory, path, flags, mode);
    leave(&v, r == -1, r);
    return r;
}

WRAPPER(mq_open, mqd_t, (const char *name, int flags, ...))
{
    va_list list;
    va_start(list, flags);
    int creates = flags & O_CREAT;
    mode_t mode = creates ? va_arg(list, mode_t) : 0;
    struct mq_attr *attributes = creates ? va_arg(list, struct mq_attr *) : NULL;
    va_end(list);

    struct visit v;
    ENTER(&v, mq_open);
    guard_begin(&v, 0);
    mqd_t r = ROUTED(mq_open, &v, name, flags, mode, attributes);
    leave(&v, r == -1, r);
    return r;
}

WRAPPER(sem_open, sem_t *, (const char *name, int flags, ...))
{
    va_list list;
    va_start(list, flags);
    int creates = flags & O_CREAT;
    mode_t mode = creates ? va_arg(list, mode_t) : 0;
    unsigned value = creates ? va_arg(list, unsigned) : 0;
    va_end(list);

    struct visit v;
    ENTER(&v, sem_open);
    guard_begin(&v, 0);
    sem_t *r = ROUTED(sem_open, &v, name, flags, mode, value);
    leave(&v, r == SEM_FAILED, (long)r);
    return r;
}

/* The third argument is an int, a pointer or absent; it is passed on as the register holds it. */
WRAPPER(fcntl, int, (int fd, int command, ...))
{
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);

    struct visit v;
    ENTER(&v, fcntl);
    note_fd(&v, fd);
    guard_begin(&v, 0);
    int r = ROUTED(fcntl, &v, fd, command, argument);
    leave(&v, r == -1, r);
    return r;
}

WRAPPER(ioctl, int, (int fd, unsigned long request, ...))
{
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);

    struct visit v;
    ENTER(&v, ioctl);
    note_fd(&v, fd);
    guard_begin(&v, 0);
    int r = REAL(ioctl)(fd, request, argument);
    guard_leave(&v, 0, r == -1, r);
    return r;
}

/* The new address is there only with MREMAP_FIXED; it is passed on as the register holds it. */
WRAPPER(mremap, void *, (void *addr, size_t old_size, size_t new_size, int flags, ...))
{
    va_list list;
    va_start(list, flags);
    void *to = va_arg(list, void *);
    va_end(list);

    struct visit v;
    ENTER(&v, mremap);
    guard_begin(&v, 0);
    void *r = REAL(mremap)(addr, old_size, new_size, flags, to);
    guard_leave(&v, 0, FAILED_MINUS_ONE(r), (long)r);
    return r;
}

/* Not variadic: the one call that returns nothing and takes an argument. */
WRAPPER(closefrom, void, (int first))
{
    struct visit v;
    ENTER(&v, closefrom);
    guard_begin(&v, 0);
    REAL(closefrom)(first);
    guard_leave(&v, 0, 0, 0);
}

/* PTRACE_PEEK may well return -1: errno, set to 0 by libc, tells. */
WRAPPER(ptrace, long, (int request, ...))
{
    va_list list;
    va_start(list, request);
    pid_t pid = va_arg(list, pid_t);
    void *addr = va_arg(list, void *);
    void *data = va_arg(list, void *);
    va_end(list);

    struct visit v;
    ENTER(&v, ptrace);
    guard_begin(&v, 0);
    long r = REAL(ptrace)(request, pid, addr, data);
    guard_leave(&v, 0, r == -1 && errno, r);
    return r;
}

WRAPPER(prctl, int, (int option, ...))
{
    va_list list;
    va_start(list, option);
    unsigned long a = va_arg(list, unsigned long);
    unsigned long b = va_arg(list, unsigned long);
    unsigned long c = va_arg(list, unsigned long);
    unsigned long d = va_arg(list, unsigned long);
    va_end(list);

    struct visit v;
    ENTER(&v, prctl);
    guard_begin(&v, 0);
    struct rights lost = rights_of_prctl(option, a);
    rights_give_up(&lost);
    int r = REAL(prctl)(option, a, b, c, d);
    rights_told(&lost, r == -1);
    guard_leave(&v, 0, r == -1, r);
    return r;
}

/* A piece of memory may be where the frames of a new green thread will lie. */
WRAPPER(mmap, void *,
        (void *address, size_t length, int protection, int flags, int fd, off_t offset))
{
    struct visit v;
    ENTER(&v, mmap);
    guard_begin(&v, 0);
    void *r = REAL(mmap)(address, length, protection, flags, fd, offset);
    guard_leave(&v, 0, r == MAP_FAILED, (long)r);
    if (r != MAP_FAILED)
        green_mapped(r, length);
    return r;
}

WRAPPER(munmap, int, (void *address, size_t length))
{
    struct visit v;
    ENTER(&v, munmap);
    green_unmapping(address, length);
    guard_begin(&v, 0);
    int r = REAL(munmap)(address, length);
    guard_leave(&v, 0, r == -1, r);
    return r;
}

#define CALL(...)
#define CALL_VOID(...)
#define VARIADIC(...)
#define ALIAS(twin, name)
#define VARIADIC_ALIAS(twin, name) WRAPPER_ALIAS(twin, name)
#define STDIO_ALIAS(twin, name)
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
