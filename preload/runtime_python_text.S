/* SPDX-License-Identifier: MIT
 *
 * runtime_python.py as it is, for runtime_python.c.
 */
    .section .rodata
    .globl runtime_python_text
    .hidden runtime_python_text
    .type runtime_python_text, @object
runtime_python_text:
    .incbin "runtime_python.py"
    .byte 0
    .size runtime_python_text, . - runtime_python_text

    .section .note.GNU-stack, "", @progbits
