/* SPDX-License-Identifier: MIT
 *
 * Makes one system call past libc, and has the bytes of one twice where there is none: in a
 * constant that is part of an instruction. Looked at by doctor.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>

__attribute__((noinline)) static long ask_kernel(void)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"((long)SYS_getppid) : "rcx", "r11", "memory");
    return result < 0 ? -1 : result;
}

__attribute__((noinline)) static uint32_t by_chance(uint32_t value)
{
    uint32_t result;
    __asm__ volatile("leal 0x1050f11(%1), %0\n\tleal 0x50f(%0), %0" : "=r"(result) : "r"(value));
    return result;
}

int main(int argc, char **argv)
{
    (void)argv;
    printf("%ld %u\n", ask_kernel(), by_chance((uint32_t)argc));
    return 0;
}
