/* SPDX-License-Identifier: MIT
 *
 * The program that sample traces are about: never run, only looked up. Labels name return
 * addresses, so that a trace can be made for it whatever the compiler does; `static inline`
 * functions are there to be found as inlined frames. Line numbers are part of the golden reports.
 */
#include <unistd.h>

#define HERE(label) __asm__ volatile(".globl " #label "\n" #label ":")
#define APART       __attribute__((noinline, noclone, used, visibility("default")))
#ifdef __clang__
#undef APART
#define APART __attribute__((noinline, used, visibility("default")))
#endif

int app_call(int fd);
void app_flush(int fd);
void app_before_sleep(int fd);
void app_serve(int fd);
void app_wait(int fd);
void app_main(int fd);

APART int app_call(int fd)
{
    __asm__ volatile("" ::: "memory");
    return fd;
}

static inline __attribute__((always_inline)) int sync_log(int fd)
{
    int result = app_call(fd);
    HERE(app_at_sync);
    return result;
}

APART void app_flush(int fd)
{
    app_call(fd + 1);
    HERE(app_at_write);
    sync_log(fd);
    __asm__ volatile("");
}

APART void app_before_sleep(int fd)
{
    app_flush(fd);
    HERE(app_at_flush);
    __asm__ volatile("");
}

APART void app_serve(int fd)
{
    app_call(fd);
    HERE(app_at_read);
    __asm__ volatile("");
}

APART void app_wait(int fd)
{
    app_call(fd);
    HERE(app_at_wait);
    __asm__ volatile("");
}

APART void app_main(int fd)
{
    app_before_sleep(fd);
    HERE(app_at_main);
    __asm__ volatile("");
}

/* Named as jemalloc has it. */
APART void je_malloc_mutex_lock_slow(int fd)
{
    app_call(fd);
    HERE(app_at_arena);
    __asm__ volatile("");
}

/* Named as CPython has it: what runs a Python frame. */
APART void _PyEval_EvalFrameDefault(int fd)
{
    app_call(fd);
    HERE(app_at_eval);
    __asm__ volatile("");
}
