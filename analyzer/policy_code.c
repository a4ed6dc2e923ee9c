/* SPDX-License-Identifier: MIT
 *
 * See policy_code.h. First the places where something begins or ends (functions, inlined ones,
 * lines of a file that is asked for), then the names between each two of them, from symbolize.h.
 */
#include "policy_code.h"

#include "text.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MOST 64

struct interval {
    uint64_t low, high;
};

/* Addresses are the file's while it is read (see symbolizer_file). */
struct reading {
    struct arena *arena;
    struct arena scratch; /* for names that are only looked at */
    struct symbolizer *symbolizer;
    uint32_t module;
    Dwfl_Module *file;
    uint64_t bias;
    struct policy_interest interest;
    struct interval *wanted;
    size_t wanted_count, wanted_room;
    uint64_t *edges;
    size_t edge_count, edge_room;
};

static void add_edge(struct reading *reading, uint64_t address)
{
    reading->edges = arena_grow(&reading->scratch, reading->edges, sizeof *reading->edges,
                                reading->edge_count, &reading->edge_room);
    reading->edges[reading->edge_count++] = address;
}

static void add_wanted(struct reading *reading, uint64_t low, uint64_t high)
{
    if (low >= high)
        return;
    reading->wanted = arena_grow(&reading->scratch, reading->wanted, sizeof *reading->wanted,
                                 reading->wanted_count, &reading->wanted_room);
    reading->wanted[reading->wanted_count++] = (struct interval){low, high};
}

/* ---- symbols ---- */

static void read_symbols(struct reading *reading)
{
    int count = dwfl_module_getsymtab(reading->file);
    for (int i = 0; i < count; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        GElf_Word section;
        const char *name =
            dwfl_module_getsym_info(reading->file, i, &symbol, &address, &section, NULL, NULL);
        int type = GELF_ST_TYPE(symbol.st_info);
        if (!name || (type != STT_FUNC && type != STT_GNU_IFUNC) || section == SHN_UNDEF ||
            symbol.st_size == 0 || address > UINT64_MAX - symbol.st_size)
            continue;
        add_edge(reading, address);
        add_edge(reading, address + symbol.st_size);
        if (policy_interest_function(&reading->interest, &reading->scratch, name))
            add_wanted(reading, address, address + symbol.st_size);
    }
}

/* Is there more than what the module exports? */
static bool has_symtab(Dwfl_Module *file)
{
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(file, &bias);
    Elf_Scn *section = NULL;
    while (elf && (section = elf_nextscn(elf, section))) {
        GElf_Shdr header;
        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
            return true;
    }
    return false;
}

/* A function without a name goes by build id and offset (see symbolize.c): the return address is
 * all there is of it. */
static void read_offsets(struct reading *reading)
{
    for (unsigned i = 0; i < reading->interest.function_count; i++) {
        const char *plus = strstr(reading->interest.functions[i], "+0x");
        uint64_t offset;
        int used = 0;
        if (!plus || !strchr(reading->interest.functions[i], '!') ||
            sscanf(plus, "+0x%" SCNx64 "%n", &offset, &used) != 1 || plus[used] || offset == 0)
            continue;
        uint64_t address = offset - 1 + reading->bias;
        add_edge(reading, address);
        add_edge(reading, address + 1);
        add_wanted(reading, address, address + 1);
    }
}

/* ---- DWARF ---- */

static const char *name_of(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
}

static void add_function(struct reading *reading, Dwarf_Die *die, Dwarf_Addr bias)
{
    Dwarf_Addr base, low, high;
    ptrdiff_t offset = 0;
    bool wanted = false, asked = false;
    while ((offset = dwarf_ranges(die, offset, &base, &low, &high)) > 0) {
        if (!asked) {
            const char *name = name_of(die);
            wanted = name && policy_interest_function(&reading->interest, &reading->scratch, name);
            asked = true;
        }
        add_edge(reading, low + bias);
        add_edge(reading, high + bias);
        if (wanted)
            add_wanted(reading, low + bias, high + bias);
    }
}

static bool may_hold_functions(int tag)
{
    switch (tag) {
    case DW_TAG_subprogram:
    case DW_TAG_inlined_subroutine:
    case DW_TAG_lexical_block:
    case DW_TAG_try_block:
    case DW_TAG_catch_block:
    case DW_TAG_namespace:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_module:
        return true;
    default:
        return false;
    }
}

static void read_functions(struct reading *reading, Dwarf_Die *parent, Dwarf_Addr bias,
                           unsigned depth)
{
    Dwarf_Die die;
    if (depth == DEPTH_MOST || dwarf_child(parent, &die) != 0)
        return;
    do {
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
            add_function(reading, &die, bias);
        if (may_hold_functions(tag) && dwarf_haschildren(&die) > 0)
            read_functions(reading, &die, bias, depth + 1);
    } while (dwarf_siblingof(&die, &die) == 0);
}

static bool unit_has_source(const struct reading *reading, Dwarf_Die *unit)
{
    Dwarf_Files *files;
    size_t count;
    if (reading->interest.source_count == 0 || dwarf_getsrcfiles(unit, &files, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *path = dwarf_filesrc(files, i, NULL, NULL);
        if (path && policy_interest_source(&reading->interest, path))
            return true;
    }
    return false;
}

static void read_lines(struct reading *reading, Dwarf_Die *unit, Dwarf_Addr bias)
{
    Dwarf_Lines *lines;
    size_t count;
    if (dwarf_getsrclines(unit, &lines, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        Dwarf_Addr address;
        if (dwarf_lineaddr(dwarf_onesrcline(lines, i), &address) == 0)
            add_edge(reading, address + bias);
    }
    Dwarf_Addr base, low, high;
    ptrdiff_t offset = 0;
    while ((offset = dwarf_ranges(unit, offset, &base, &low, &high)) > 0)
        add_wanted(reading, low + bias, high + bias);
}

static bool read_dwarf(struct reading *reading)
{
    Dwarf_Addr bias = 0;
    bool any = false;
    for (Dwarf_Die *unit = NULL; (unit = dwfl_module_nextcu(reading->file, unit, &bias));) {
        read_functions(reading, unit, bias, 0);
        if (unit_has_source(reading, unit))
            read_lines(reading, unit, bias);
        any = true;
    }
    return any;
}

/* ---- ranges ---- */

static int by_low(const void *a, const void *b)
{
    const struct interval *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* The intervals that are wanted, in order and without overlaps. */
static size_t join_wanted(struct reading *reading)
{
    struct interval *wanted = reading->wanted;
    size_t kept = 0;
    if (reading->wanted_count == 0)
        return 0;
    qsort(wanted, reading->wanted_count, sizeof *wanted, by_low);
    for (size_t i = 1; i < reading->wanted_count; i++) {
        if (wanted[i].low > wanted[kept].high)
            wanted[++kept] = wanted[i];
        else if (wanted[i].high > wanted[kept].high)
            wanted[kept].high = wanted[i].high;
    }
    return kept + 1;
}

static void add_range(struct reading *reading, struct policy_code *code, size_t *room, uint64_t low,
                      uint64_t high)
{
    uint64_t start = low - reading->bias;
    /* the return address after a call that begins there */
    const struct symbol *symbol = symbolize(reading->symbolizer, reading->module, start + 1);
    code->ranges =
        arena_grow(reading->arena, code->ranges, sizeof *code->ranges, code->range_count, room);
    code->ranges[code->range_count++] = (struct policy_code_range){
        .start = start, .size = high - low, .frames = symbol->frames, .count = symbol->count};
}

static void make_ranges(struct reading *reading, struct policy_code *code)
{
    size_t intervals = join_wanted(reading), at = 0, room = 0;
    if (intervals == 0)
        return;
    qsort(reading->edges, reading->edge_count, sizeof *reading->edges, by_value);
    for (size_t i = 0; i < intervals; i++) {
        const struct interval *wanted = &reading->wanted[i];
        uint64_t low = wanted->low;
        while (at < reading->edge_count && reading->edges[at] <= low)
            at++;
        for (; at < reading->edge_count && reading->edges[at] < wanted->high; at++) {
            if (reading->edges[at] == low)
                continue;
            add_range(reading, code, &room, low, reading->edges[at]);
            low = reading->edges[at];
        }
        add_range(reading, code, &room, low, wanted->high);
    }
}

/* ---- the module ---- */

static ssize_t build_id_of(int fd, uint8_t *build_id, size_t room)
{
    const void *bits;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    ssize_t size = elf ? dwelf_elf_gnu_build_id(elf, &bits) : 0;
    if (size > 0 && (size_t)size <= room)
        memcpy(build_id, bits, (size_t)size);
    elf_end(elf);
    return size;
}

static int read_build_id(struct policy_code *code, struct error *error)
{
    int fd = open(code->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return error_set(error, "%s: %s", code->path, strerror(errno));
    ssize_t size = build_id_of(fd, code->build_id, sizeof code->build_id);
    close(fd);
    if (size < 0)
        return error_set(error, "%s is no ELF file", code->path);
    if (size == 0 || size > (ssize_t)sizeof code->build_id)
        return error_set(
            error,
            "%s has no build id, so that its code cannot be told from another build's; "
            "link it with -Wl,--build-id",
            code->path);
    code->build_id_size = (unsigned)size;
    return 0;
}

int policy_code_read(struct policy_code *code, struct symbolizer *symbolizer, struct arena *arena,
                     const struct policy *policy, const char *path, const char *also,
                     struct error *error)
{
    const char *trouble;
    *code = (struct policy_code){
        .name = arena_copy(arena, text_basename(path)), .also = also, .path = path};
    struct reading reading = {.arena = arena, .symbolizer = symbolizer};
    if (read_build_id(code, error) < 0)
        return -1;
    struct symbol_module key = {
        .path = path, .build_id = code->build_id, .build_id_size = (uint16_t)code->build_id_size};
    reading.module = symbolizer_module(symbolizer, &key);
    reading.file = symbolizer_file(symbolizer, reading.module, &reading.bias, &trouble);
    if (!reading.file)
        return error_set(error, "%s: %s", path, trouble);
    policy_interest_find(&reading.interest, arena, policy, code->name, also);
    if (reading.interest.function_count || reading.interest.source_count) {
        read_symbols(&reading);
        read_offsets(&reading);
        bool dwarf = read_dwarf(&reading);
        code->nameless = !dwarf && !has_symtab(reading.file);
        make_ranges(&reading, code);
    }
    arena_release(&reading.scratch);
    return 0;
}
