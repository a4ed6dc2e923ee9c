/* SPDX-License-Identifier: MIT
 *
 * A library for LD_AUDIT (rtld-audit(7)): it stands around every call that the program itself makes
 * through its PLT, and at the end says how many of poll it saw begin and end.
 */
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FRAME = 256 }; /* of arguments, to be copied for a call whose end is watched */

static int begun, ended;

unsigned la_version(unsigned version)
{
    return version;
}

unsigned la_objopen(struct link_map *map, Lmid_t space, uintptr_t *cookie)
{
    (void)space, (void)cookie;
    return *map->l_name ? LA_FLG_BINDTO : LA_FLG_BINDTO | LA_FLG_BINDFROM;
}

uintptr_t la_symbind64(Elf64_Sym *symbol, unsigned index, uintptr_t *from, uintptr_t *to,
                       unsigned *flags, const char *name)
{
    (void)index, (void)from, (void)to, (void)flags, (void)name;
    return symbol->st_value;
}

Elf64_Addr la_x86_64_gnu_pltenter(Elf64_Sym *symbol, unsigned index, uintptr_t *from, uintptr_t *to,
                                  La_x86_64_regs *registers, unsigned *flags, const char *name,
                                  long *frame)
{
    (void)index, (void)from, (void)to, (void)registers, (void)flags;
    *frame = FRAME;
    begun += !strcmp(name, "poll");
    return symbol->st_value;
}

unsigned la_x86_64_gnu_pltexit(Elf64_Sym *symbol, unsigned index, uintptr_t *from, uintptr_t *to,
                               const La_x86_64_regs *registers, La_x86_64_retval *result,
                               const char *name)
{
    (void)symbol, (void)index, (void)from, (void)to, (void)registers, (void)result;
    ended += !strcmp(name, "poll");
    return 0;
}

__attribute__((destructor)) static void say(void)
{
    fprintf(stderr, "poll: %d begun, %d ended\n", begun, ended);
}
