/* SPDX-License-Identifier: MIT
 *
 * What test programs share: saying their truth (see trace_check.c), and the few ways to check
 * themselves. Everything is printed with stdio, whose own writes pass no wrapper, so that telling
 * the truth does not change it.
 */
#ifndef TESTS_TRUTH_H
#define TESTS_TRUTH_H

#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A function that stays one function with one range: `TRUTH(name) static int name(...)`. */
#ifdef __clang__
#define TRUTH(name) __attribute__((noinline, section("truth_" #name)))
#else
#define TRUTH(name) __attribute__((noipa, section("truth_" #name)))
#endif

/* The limits of a TRUTH function's section, from the linker. */
#define TRUTH_RANGE(name) extern const char __start_truth_##name[], __stop_truth_##name[]
#define truth_tell(name)  truth_tell_range(#name, __start_truth_##name, __stop_truth_##name)

static inline int truth_base(struct dl_phdr_info *info, size_t size, void *base)
{
    (void)size;
    *(uintptr_t *)base = info->dlpi_addr;
    return 1; /* the executable comes first */
}

static inline void truth_tell_range(const char *name, const char *start, const char *end)
{
    uintptr_t base = 0;
    dl_iterate_phdr(truth_base, &base);
    printf("function %s %lx %lx\n", name, (unsigned long)((uintptr_t)start - base),
           (unsigned long)((uintptr_t)end - base));
}

/* Prints one expectation; the line must be the same in every run. */
__attribute__((format(printf, 1, 2))) static inline void truth_expect(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("expect ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

/* A check the program makes of itself; a failure is seen by bare_and_observed in either run. */
#define truth_check(condition)                                            \
    do {                                                                  \
        if (!(condition))                                                 \
            printf("wrong: %s:%d: %s\n", __FILE__, __LINE__, #condition); \
    } while (0)

/* Does the thread sleep? The kernel's word for it; through no call that blocks. */
static inline int truth_is_asleep(int tid)
{
    char path[64], stat[512] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", tid);
    int fd = open(path, O_RDONLY);
    truth_check(fd >= 0 && read(fd, stat, sizeof stat - 1) > 0);
    close(fd);
    const char *end = strrchr(stat, ')');
    return end && end[2] == 'S';
}

/* Ends the test as skipped. */
static inline _Noreturn void truth_skip(const char *reason)
{
    printf("skipped: %s\n", reason);
    exit(77);
}

#endif
