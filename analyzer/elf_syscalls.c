/* SPDX-License-Identifier: MIT
 *
 * See elf_syscalls.h.
 */
#include "elf_syscalls.h"

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PLACES_MOST    64
#define FUNCTIONS_MOST 3
#define NEAR           24 /* bytes between the number and the call */

struct places {
    uint64_t address[PLACES_MOST];
    unsigned count;
    unsigned named;
};

/* mov $number,%eax or %rax within the bytes before. */
static bool loads_number(const unsigned char *start, const unsigned char *at)
{
    const unsigned char *from = at - start > NEAR ? at - NEAR : start;
    for (; from + 5 <= at; from++)
        if ((from[0] == 0xb8 && from[2] < 3 && !from[3] && !from[4]) ||
            (from[0] == 0x48 && from[1] == 0xc7 && from[2] == 0xc0))
            return true;
    return false;
}

/* What follows a system call: its result is compared, tested or moved, or it is the last. */
static bool uses_result(const unsigned char *after, const unsigned char *end)
{
    static const unsigned char pairs[][2] = {{0x48, 0x3d}, {0x48, 0x89}, {0x48, 0x85},
                                             {0x48, 0x83}, {0x85, 0xc0}, {0x89, 0xc0},
                                             {0x83, 0xf8}, {0x41, 0x89}, {0x48, 0xc7}};
    static const unsigned char singles[] = {0xc3, 0x3d, 0x5d, 0xeb}; /* ret, cmp, pop, jmp */
    if (after + 2 > end)
        return false;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (memcmp(after, pairs[i], 2) == 0)
            return true;
    return memchr(singles, after[0], sizeof singles) != NULL;
}

static void look_through(struct elf_syscalls *found, struct places *places, Elf_Scn *section,
                         const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    if (!data || !data->d_buf)
        return;
    const unsigned char *start = data->d_buf, *at = start, *end = start + data->d_size;
    for (; at + 1 < end && (at = memchr(at, 0x0f, (size_t)(end - at) - 1)); at++) {
        if (at[1] != 0x05)
            continue;
        found->looks++;
        if (!loads_number(start, at) || !uses_result(at + 2, end))
            continue;
        found->count++;
        if (places->count < PLACES_MOST)
            places->address[places->count++] = header->sh_addr + (uint64_t)(at - start);
    }
}

static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = strstr(list, name); at; at = strstr(at + 1, name))
        if ((at == list || at[-1] == ' ') && (at[length] == ',' || at[length] == 0))
            return true;
    return false;
}

static void add_name(struct elf_syscalls *found, struct places *places, const char *name)
{
    size_t used = strlen(found->functions);
    if (is_listed(found->functions, name) ||
        used + strlen(name) + sizeof ", ..." >= sizeof found->functions)
        return;
    if (places->named++ < FUNCTIONS_MOST)
        snprintf(found->functions + used, sizeof found->functions - used, "%s%s", used ? ", " : "",
                 name);
    else if (places->named == FUNCTIONS_MOST + 1)
        snprintf(found->functions + used, sizeof found->functions - used, ", ...");
}

static bool holds(const GElf_Sym *symbol, const struct places *places)
{
    for (unsigned i = 0; i < places->count; i++)
        if (places->address[i] >= symbol->st_value &&
            places->address[i] - symbol->st_value < symbol->st_size)
            return true;
    return false;
}

static void name_places(struct elf_syscalls *found, struct places *places, Elf *elf,
                        Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Sym symbol;
    if (!data || !header->sh_entsize)
        return;
    for (int i = 0; places->named <= FUNCTIONS_MOST && gelf_getsym(data, i, &symbol); i++) {
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (name && *name && GELF_ST_TYPE(symbol.st_info) == STT_FUNC && holds(&symbol, places))
            add_name(found, places, name);
    }
}

void elf_syscalls_find(struct elf_syscalls *found, Elf *elf)
{
    struct places places = {0};
    GElf_Shdr header;
    *found = (struct elf_syscalls){0};
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));)
        if (gelf_getshdr(section, &header) && header.sh_flags & SHF_EXECINSTR &&
            header.sh_type == SHT_PROGBITS)
            look_through(found, &places, section, &header);
    for (Elf_Scn *section = NULL; places.count && (section = elf_nextscn(elf, section));)
        if (gelf_getshdr(section, &header) &&
            (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM))
            name_places(found, &places, elf, section, &header);
}
