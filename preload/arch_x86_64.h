/* SPDX-License-Identifier: MIT
 *
 * What depends on the architecture, for x86-64: the cycle counter, raw system calls, additions that
 * a signal handler cannot tear, and the frame pointer.
 */
#ifndef SHUNT_ARCH_X86_64_H
#define SHUNT_ARCH_X86_64_H

#include <cpuid.h>
#include <stdint.h>

static inline uint64_t arch_cycles(void)
{
    return __builtin_ia32_rdtsc();
}

/* 1 if the cycle counter runs at one rate in every power state (Intel SDM vol. 3, 18.17.1). */
static inline int arch_cycles_invariant(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
}

/* Result as the kernel returns it: -errno on failure; errno is not touched. */
static inline long arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline void arch_pause(void)
{
    __builtin_ia32_pause();
}

/* Zeroes whole words, by no function: a sanitizer's memset would judge whose memory it is. */
static inline void arch_zero(void *memory, unsigned long bytes)
{
    unsigned long words = bytes / 8;
    __asm__ volatile("rep stosq" : "+D"(memory), "+c"(words) : "a"(0) : "memory");
}

/* One instruction each: atomic against signal handlers of the same thread, and no more. */
static inline void arch_local_add(uint64_t *counter, uint64_t n)
{
    __asm__("addq %1, %0" : "+m"(*counter) : "er"(n) : "cc");
}

static inline uint32_t arch_local_fetch_add(uint32_t *counter, uint32_t n)
{
    __asm__ volatile("xaddl %0, %1" : "+r"(n), "+m"(*counter) : : "cc");
    return n;
}

/* The stack pointer that a jmp_buf of glibc's leads to: sysdeps/x86_64/jmpbuf-offsets.h, and
 * mangled as in sysdeps/unix/sysv/linux/x86_64/pointer_guard.h. */
static inline uintptr_t arch_jump_stack(const void *buffer)
{
    uintptr_t word = ((const uintptr_t *)buffer)[6], guard;
    __asm__("movq %%fs:0x30, %0" : "=r"(guard));
    return (word >> 17 | word << 47) ^ guard;
}

/* DWARF numbers (System V ABI, x86-64, figure 3.36) of the frame pointer and the stack pointer;
 * where a function that keeps one has its frame's end relative to it; how far below that end a
 * function may save its caller's; the registers that a function gives back as it found them. */
enum {
    ARCH_FRAME_REGISTER = 6,
    ARCH_STACK_REGISTER = 7,
    ARCH_FRAME_END = 16,
    ARCH_SAVED_FIRST = 16,
    ARCH_SAVED_LAST = 56,
    ARCH_CALLEE_SAVED = 1 << 3 | 1 << 6 | 0xf << 12 /* rbx, rbp, r12 to r15 */
};

/* Do the bytes before an address end in a call instruction (Intel SDM vol. 2, CALL)? The address
 * lies right behind bytes[ARCH_CALL_MOST - 1]. */
enum { ARCH_CALL_MOST = 7 };
static inline int arch_ends_in_call(const uint8_t *bytes)
{
    if (bytes[ARCH_CALL_MOST - 5] == 0xe8)
        return 1; /* call rel32 */
    for (int size = 2; size <= ARCH_CALL_MOST; size++) {
        const uint8_t *code = bytes + ARCH_CALL_MOST - size;
        unsigned mode = code[1] >> 6, operand = code[1] & 7;
        if (code[0] != 0xff || (code[1] >> 3 & 7) != 2)
            continue;                             /* not call r/m64 */
        int absolute = mode == 0 && operand == 5; /* rip or nothing, and disp32 */
        int based = mode != 3 && operand == 4;    /* by a SIB byte */
        if (based && size > 2 && mode == 0 && (code[2] & 7) == 5)
            absolute = 1;
        int displacement = mode == 1 ? 1 : mode == 2 || absolute ? 4 : 0;
        if (size == 2 + based + displacement)
            return 1;
    }
    return 0;
}

#endif
