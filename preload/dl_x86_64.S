/* SPDX-License-Identifier: MIT
 *
 * dlopen, dlmopen, dlsym and dlvsym. libc looks at the return address to know whose RUNPATH and
 * namespace to search, and what comes next: so what is to be noted is noted first (opened.c,
 * asked.c), and then control jumps on with the caller's frame on top. The arguments, three at the
 * most, are kept in between; none of them is a floating-point number. Who notes gets the return
 * address as a fourth.
 */
        .text

        .macro  thunk name, note
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
        movq    24(%rsp), %rcx
        call    \note
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

        thunk   dlopen, opened_by_dlopen
        thunk   dlmopen, opened_by_dlmopen
        thunk   dlsym, asked_by_dlsym
        thunk   dlvsym, asked_by_dlvsym

        .section .note.GNU-stack, "", @progbits
