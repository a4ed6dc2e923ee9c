/* SPDX-License-Identifier: MIT
 *
 * SIGTRAP after every instruction between step_begin and step_end (Intel SDM, volume 3, 17.3.1.4:
 * the trap flag). The kernel clears the flag for the handler, and sets it again when that returns.
 */
#ifndef SHUNT_TESTS_STEP_H
#define SHUNT_TESTS_STEP_H

/* Below the red zone. */
#define STEP_FLAGS(change)                                          \
    __asm__ volatile("leaq -128(%%rsp), %%rsp\n\tpushfq\n\t" change \
                     "\n\tpopfq\n\tleaq 128(%%rsp), %%rsp" ::       \
                         : "cc", "memory")

static inline __attribute__((always_inline)) void step_begin(void)
{
    STEP_FLAGS("orq $0x100, (%%rsp)");
}

static inline __attribute__((always_inline)) void step_end(void)
{
    STEP_FLAGS("andq $-0x101, (%%rsp)");
}

#endif
