/* SPDX-License-Identifier: MIT
 *
 * Changing a word, sleeping on it and waking who sleeps there. Results are the kernel's; errno is
 * not touched; no cancellation point.
 */
#ifndef SHUNT_FUTEX_H
#define SHUNT_FUTEX_H

#include "arch_x86_64.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>

/* 1 if the word was `from` and is `to` now. */
static inline int word_change(uint32_t *word, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* Until woken, `timeout` (relative; NULL none), or if the word is not `value`. Without a timeout a
 * handler with SA_RESTART does not end it. */
static inline long futex_wait(uint32_t *word, uint32_t value, const struct timespec *timeout)
{
    return arch_syscall(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value, (long)timeout, 0, 0);
}

static inline void futex_wake(uint32_t *word)
{
    arch_syscall(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}

#endif
