/* SPDX-License-Identifier: MIT
 *
 * See dynsym.h. The table asked is DT_GNU_HASH, which linkers have made by default since 2006:
 * four numbers (buckets, first symbol, words of the filter, shift), the filter, the buckets, and
 * the hash of each symbol, whose lowest bit ends its bucket.
 */
#include "dynsym.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>

struct tables {
    const ElfW(Sym) * symbols;
    const char *names;
    const uint32_t *hash;
};

/* The loader has made the addresses in the dynamic section absolute, but for objects that it only
 * reads, such as the kernel's vdso. */
static const void *absolute(const struct link_map *map, ElfW(Addr) address)
{
    return (const void *)(address < map->l_addr ? map->l_addr + address : address);
}

static struct tables tables_of(const struct link_map *map)
{
    struct tables t = {0};
    for (const ElfW(Dyn) *d = map->l_ld; d && d->d_tag != DT_NULL; d++) {
        if (d->d_tag == DT_SYMTAB)
            t.symbols = absolute(map, d->d_un.d_ptr);
        else if (d->d_tag == DT_STRTAB)
            t.names = absolute(map, d->d_un.d_ptr);
        else if (d->d_tag == DT_GNU_HASH)
            t.hash = absolute(map, d->d_un.d_ptr);
    }
    return t;
}

static uint32_t hash_of(const char *name)
{
    uint32_t h = 5381;
    for (; *name; name++)
        h = h * 33 + (unsigned char)*name;
    return h;
}

/* The filter says of most names that are not there that they are not. */
static int may_be_there(const uint32_t *hash, uint32_t h)
{
    enum { BITS = 8 * sizeof(ElfW(Addr)) };
    const ElfW(Addr) *filter = (const void *)(hash + 4);
    ElfW(Addr) word = filter[h / BITS & (hash[2] - 1)];
    return word >> h % BITS & word >> (h >> hash[3]) % BITS & 1;
}

static int defines(const struct tables *t, uint32_t i, const char *name)
{
    const ElfW(Sym) *s = &t->symbols[i];
    unsigned type = ELF64_ST_TYPE(s->st_info);
    return s->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_OBJECT) &&
           !strcmp(t->names + s->st_name, name);
}

void *dynsym_find(const struct link_map *map, const char *name)
{
    struct tables t = tables_of(map);
    uint32_t h = hash_of(name);
    if (!t.symbols || !t.names || !t.hash || !t.hash[0] || !may_be_there(t.hash, h))
        return NULL;
    const uint32_t *buckets = t.hash + 4 + t.hash[2] * (sizeof(ElfW(Addr)) / sizeof *t.hash);
    const uint32_t *chain = buckets + t.hash[0];
    for (uint32_t i = buckets[h % t.hash[0]]; i >= t.hash[1] && i; i++) {
        if ((chain[i - t.hash[1]] | 1) == (h | 1) && defines(&t, i, name))
            return (void *)(map->l_addr + t.symbols[i].st_value);
        if (chain[i - t.hash[1]] & 1)
            break;
    }
    return NULL;
}
