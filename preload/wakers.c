/* SPDX-License-Identifier: MIT
 *
 * See wakers.h. Numbers are kept where a fork child still finds them: its copies are closed there.
 */
#include "wakers.h"

#include "raw.h"
#include "real.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

/* select(2) takes numbers below 1024, and a runtime may wait with it. */
enum { NUMBERS = 1024, NUMBERS_OF_OURS = 64 };

static int32_t numbers[WAKERS]; /* + 1; 0: none */
static uint32_t used;           /* entries that ever had one */

static struct {
    __typeof__(real_calls.close) close;
    __typeof__(real_calls.close_range) close_range;
    __typeof__(real_calls.closefrom) closefrom;
} next;

/* ---- numbers ---- */

static int get(unsigned number)
{
    return __atomic_load_n(&numbers[number], __ATOMIC_ACQUIRE) - 1;
}

static void put(unsigned number, int fd)
{
    uint32_t most = __atomic_load_n(&used, __ATOMIC_RELAXED);
    __atomic_store_n(&numbers[number], fd + 1, __ATOMIC_RELEASE);
    while (most <= number && !__atomic_compare_exchange_n(&used, &most, number + 1, 1,
                                                          __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
}

static int lowest(void)
{
    struct rlimit limit = {NUMBERS, NUMBERS};
    arch_syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit, 0, 0);
    int end = limit.rlim_cur < NUMBERS ? (int)limit.rlim_cur : NUMBERS;
    return end > 2 * NUMBERS_OF_OURS ? end - NUMBERS_OF_OURS : end / 2;
}

int waker_raise(int low)
{
    if (low < 0)
        return -1;
    long high = arch_syscall(SYS_fcntl, low, F_DUPFD_CLOEXEC, lowest(), 0, 0, 0);
    if (high < 0)
        return low;
    raw_close(low);
    return (int)high;
}

static int make(void)
{
    return waker_raise((int)arch_syscall(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK, 0, 0, 0, 0));
}

/* Files that the kernel makes without a name have no type; most that a program could put there do.
 */
static int is_nameless(int fd)
{
    struct stat st = {0};
    return fd >= 0 && raw_fstat(fd, &st) == 0 && (st.st_mode & S_IFMT) == 0;
}

void waker_lower(int fd)
{
    if (is_nameless(fd))
        raw_close(fd);
}

static int is_eventfd(int fd)
{
    static const char is[] = "anon_inode:[eventfd]";
    char path[32] = "/proc/self/fd/", text[sizeof is];
    char digits[12], *to = path + strlen(path);
    int count = 0;
    do
        digits[count++] = (char)('0' + fd % 10);
    while (fd /= 10);
    while (count)
        *to++ = digits[--count];
    return raw_readlink(path, text, sizeof text) == sizeof is - 1 &&
           !memcmp(text, is, sizeof is - 1);
}

int waker_fd(unsigned number)
{
    int fd = get(number);
    if (is_nameless(fd))
        return fd;
    fd = make();
    put(number, fd);
    return fd;
}

void waker_wake(unsigned number)
{
    uint64_t one = 1;
    int fd = get(number);
    if (is_nameless(fd))
        arch_syscall(SYS_write, fd, (long)&one, sizeof one, 0, 0, 0);
}

void waker_clear(unsigned number)
{
    uint64_t count;
    int fd = get(number);
    if (is_nameless(fd))
        arch_syscall(SYS_read, fd, (long)&count, sizeof count, 0, 0, 0);
}

/* ---- a program that closes them ---- */

/* Which waker has this number; WAKERS: none, or the program has taken it. Nothing is changed: this
 * may be a vfork child, whose descriptors are its own and whose memory is not. */
static unsigned waker_of(int fd)
{
    uint32_t most = __atomic_load_n(&used, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < most; i++)
        if (get(i) == fd && is_nameless(fd) && is_eventfd(fd))
            return i;
    return WAKERS;
}

int waker_has(int fd)
{
    return waker_of(fd) != WAKERS;
}

/* The lowest number of ours from `first` on; INT_MAX: none. */
static int next_of_ours(unsigned first)
{
    int found = INT_MAX;
    uint32_t most = __atomic_load_n(&used, __ATOMIC_ACQUIRE);
    for (unsigned i = 0; i < most; i++) {
        int fd = get(i);
        if (fd >= 0 && (unsigned)fd >= first && fd < found && waker_of(fd) != WAKERS)
            found = fd;
    }
    return found;
}

/* As without us: there is no such descriptor. */
static int guarded_close(int fd)
{
    if (fd < 0 || waker_of(fd) == WAKERS)
        return next.close(fd);
    errno = EBADF;
    return -1;
}

static int guarded_close_range(unsigned first, unsigned last, int flags)
{
    if (flags & (int)CLOSE_RANGE_CLOEXEC || first > last)
        return next.close_range(first, last, flags);
    for (int ours; (ours = next_of_ours(first)) != INT_MAX && (unsigned)ours <= last;
         first = (unsigned)ours + 1)
        if (first < (unsigned)ours && next.close_range(first, (unsigned)ours - 1, flags) != 0)
            return -1;
    return first > last ? 0 : next.close_range(first, last, flags);
}

static void guarded_closefrom(int first)
{
    for (int ours; (ours = next_of_ours(first < 0 ? 0 : (unsigned)first)) != INT_MAX;
         first = ours + 1)
        if (first < ours)
            next.close_range(first < 0 ? 0 : (unsigned)first, (unsigned)ours - 1, 0);
    next.closefrom(first);
}

/* ---- start ---- */

void wakers_forget(void)
{
    memset(numbers, 0, sizeof numbers);
    used = 0;
}

static void after_fork(void)
{
    for (unsigned i = 0; i < used; i++)
        if (get(i) >= 0 && waker_of(get(i)) == i)
            raw_close(get(i));
    wakers_forget();
}

int wakers_start(void)
{
    next.close = REAL(close);
    next.close_range = REAL(close_range);
    next.closefrom = REAL(closefrom);
    real_calls.close = guarded_close;
    real_calls.close_range = guarded_close_range;
    real_calls.closefrom = guarded_closefrom;
    return pthread_atfork(NULL, NULL, after_fork);
}
