/* SPDX-License-Identifier: MIT
 *
 * What a signal interrupted, as its frame tells. The instruction `syscall` is 0f 05; it leaves the
 * address behind itself in rcx (Intel SDM vol. 2, SYSCALL). A system call that the kernel will
 * restart has its number in rax again and the instruction ahead (arch/x86/kernel/signal.c).
 */
#include "interrupted.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

static int is_syscall(uintptr_t address)
{
    static const uint8_t instruction[2] = {0x0f, 0x05};
    return memcmp((const void *)address, instruction, sizeof instruction) == 0;
}

enum interrupted interrupted_call(void *context, int end)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uintptr_t next = (uintptr_t)registers[REG_RIP];
    if (registers[REG_RAX] == -EINTR && is_syscall(next - 2))
        return INTERRUPTED_ENDS;
    if ((uintptr_t)registers[REG_RCX] != next + 2 || !is_syscall(next))
        return INTERRUPTED_NOTHING;
    if (end) {
        registers[REG_RIP] += 2;
        registers[REG_RAX] = -EINTR;
    }
    return INTERRUPTED_RESTARTS;
}
