/* SPDX-License-Identifier: MIT
 *
 * dlopen and dlmopen. libc looks at the return address to know whose RUNPATH and namespace to search:
 * so what is to be noted is noted first (opened.c), and then control jumps on with the caller's
 * frame on top. The arguments are kept in between; none of them is a floating-point number.
 */
        .text

        .macro  thunk name
        .globl  \name
        .type   \name, @function
\name:
        .cfi_startproc
        endbr64
        pushq   %rdi
        .cfi_adjust_cfa_offset 8
        pushq   %rsi
        .cfi_adjust_cfa_offset 8
        pushq   %rdx
        .cfi_adjust_cfa_offset 8
        call    opened_by_\name
        popq    %rdx
        .cfi_adjust_cfa_offset -8
        popq    %rsi
        .cfi_adjust_cfa_offset -8
        popq    %rdi
        .cfi_adjust_cfa_offset -8
        jmp     *%rax
        .cfi_endproc
        .size   \name, .-\name
        .endm

        thunk   dlopen
        thunk   dlmopen

        .section .note.GNU-stack, "", @progbits
