/* SPDX-License-Identifier: MIT
 *
 * System call instructions in the code of an ELF object: what no library on top of libc can see.
 */
#ifndef SHUNT_ELF_SYSCALLS_H
#define SHUNT_ELF_SYSCALLS_H

#include <libelf.h>
#include <stddef.h>

struct elf_syscalls {
    unsigned long count; /* that are used as one: a number is loaded before, the result looked at
                            after. About two of three are found, and nothing else */
    unsigned long looks; /* places with the bytes of one, most of them by chance: an upper bound */
    char functions[128]; /* the first functions that `count` lies in, as "a, b"; empty: no names */
};

void elf_syscalls_find(struct elf_syscalls *found, Elf *elf);

#endif
