/* SPDX-License-Identifier: MIT
 *
 * See inline_frames.h. Two questions to libdw: dwarf_getscopes finds the innermost scope, and
 * dwarf_getscopes_die tells what that one physically lies in (the first alone would follow an
 * inlined function to where it was written, not to where it was put).
 */
#include "inline_frames.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MOST 64 /* scopes within a function; namespaces within a unit */

struct range {
    Dwarf_Addr low, high;
    Dwarf_Die function;
};

/* Where a compilation unit lies, in the module's addresses. */
struct unit_range {
    Dwarf_Addr low, high;
    Dwarf_Die *unit;
    Dwarf_Addr bias;
};

struct inline_unit {
    struct range *ranges; /* by low */
    size_t count, capacity;
};

/* ---- functions of a unit ---- */

static void add_function(struct arena *arena, struct inline_unit *unit, Dwarf_Die *function)
{
    Dwarf_Addr base, low, high;
    ptrdiff_t offset = 0;
    /* a function may be in several pieces (cold parts) */
    while ((offset = dwarf_ranges(function, offset, &base, &low, &high)) > 0) {
        unit->ranges =
            arena_grow(arena, unit->ranges, sizeof *unit->ranges, unit->count, &unit->capacity);
        unit->ranges[unit->count++] = (struct range){low, high, *function};
    }
}

static bool holds_functions(int tag)
{
    return tag == DW_TAG_namespace || tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
           tag == DW_TAG_module;
}

static void list_functions(struct arena *arena, struct inline_unit *unit, Dwarf_Die *parent,
                           unsigned depth)
{
    Dwarf_Die die;
    if (depth == DEPTH_MOST || dwarf_child(parent, &die) != 0)
        return;
    do {
        int tag = dwarf_tag(&die);
        if (tag == DW_TAG_subprogram)
            add_function(arena, unit, &die);
        else if (holds_functions(tag))
            list_functions(arena, unit, &die, depth + 1);
    } while (dwarf_siblingof(&die, &die) == 0);
}

static int by_low(const void *a, const void *b)
{
    const struct range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static const struct inline_unit *unit_at(struct inline_units *units, Dwarf_Die *die)
{
    Dwarf_Off offset = dwarf_dieoffset(die);
    uint32_t index = map_get(&units->by_offset, offset);
    if (index == MAP_NONE) {
        units->unit = arena_grow(units->arena, units->unit, sizeof *units->unit, units->count,
                                 &units->capacity);
        index = (uint32_t)units->count++;
        struct inline_unit *unit = &units->unit[index];
        *unit = (struct inline_unit){0};
        list_functions(units->arena, unit, die, 0);
        if (unit->count)
            qsort(unit->ranges, unit->count, sizeof *unit->ranges, by_low);
        map_put(&units->by_offset, offset, index);
    }
    return &units->unit[index];
}

static const struct range *range_at(const struct inline_unit *unit, Dwarf_Addr pc)
{
    size_t low = 0, high = unit->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (unit->ranges[middle].low <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low && pc < unit->ranges[low - 1].high ? &unit->ranges[low - 1] : NULL;
}

/* ---- scopes within a function ---- */

static bool is_scope(int tag)
{
    return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
           tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

/* The scope inside `parent` that holds the address. */
static bool inner_scope(Dwarf_Die *parent, Dwarf_Addr pc, Dwarf_Die *inner)
{
    if (dwarf_child(parent, inner) != 0)
        return false;
    do
        if (is_scope(dwarf_tag(inner)) && dwarf_haspc(inner, pc) > 0)
            return true;
    while (dwarf_siblingof(inner, inner) == 0);
    return false;
}

static const char *name_of(Dwarf_Die *die)
{
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr_integrate(die, DW_AT_name, &attribute));
}

/* Where the innermost code comes from. */
static void innermost_line(Dwarf_Die *unit, Dwarf_Addr pc, struct symbol_frame *frame)
{
    Dwarf_Line *line = dwarf_getsrc_die(unit, pc);
    if (!line)
        return;
    frame->file = dwarf_linesrc(line, NULL, NULL);
    dwarf_lineno(line, &frame->line);
}

/* Where the function that an inlined one was put into calls it. */
static void call_line(Dwarf_Die *unit, Dwarf_Die *inlined, struct symbol_frame *caller)
{
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    Dwarf_Files *files;
    size_t count;
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &value) == 0 &&
        dwarf_getsrcfiles(unit, &files, &count) == 0 && value < count)
        caller->file = dwarf_filesrc(files, value, NULL, NULL);
    if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &value) == 0 &&
        value <= INT32_MAX)
        caller->line = (int)value;
}

/* From the innermost of `chain` (the function first, then what is inlined into it) outward. */
static unsigned collect(Dwarf_Die *unit, Dwarf_Addr pc, Dwarf_Die *chain, unsigned length,
                        struct symbol_frame *frames, unsigned max)
{
    unsigned count = 0;
    struct symbol_frame next = {0};
    innermost_line(unit, pc, &next);
    while (length--) {
        if (count == max)
            memmove(frames, frames + 1, --count * sizeof *frames);
        const char *name = name_of(&chain[length]);
        next.function = name ? name : "(unnamed function)";
        frames[count++] = next;
        next = (struct symbol_frame){0};
        call_line(unit, &chain[length], &next);
    }
    return count;
}

/* ---- units ---- */

static int by_unit_low(const void *a, const void *b)
{
    const struct unit_range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static void list_units(struct inline_units *units, Dwfl_Module *module)
{
    Dwarf_Addr bias = 0, base, low, high;
    units->listed = true;
    for (Dwarf_Die *unit = NULL; (unit = dwfl_module_nextcu(module, unit, &bias));) {
        ptrdiff_t offset = 0;
        while ((offset = dwarf_ranges(unit, offset, &base, &low, &high)) > 0) {
            units->ranges = arena_grow(units->arena, units->ranges, sizeof *units->ranges,
                                       units->range_count, &units->range_capacity);
            units->ranges[units->range_count++] =
                (struct unit_range){low + bias, high + bias, unit, bias};
        }
    }
    if (units->range_count)
        qsort(units->ranges, units->range_count, sizeof *units->ranges, by_unit_low);
}

/* libdwfl finds units through .debug_aranges, which clang does not write: then by their own ranges.
 */
static Dwarf_Die *find_unit(struct inline_units *units, Dwfl_Module *module, Dwarf_Addr address,
                            Dwarf_Addr *bias)
{
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, bias);
    if (unit)
        return unit;
    if (!units->listed)
        list_units(units, module);
    size_t low = 0, high = units->range_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (units->ranges[middle].low <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || address >= units->ranges[low - 1].high)
        return NULL;
    *bias = units->ranges[low - 1].bias;
    return units->ranges[low - 1].unit;
}

unsigned inline_frames(struct inline_units *units, Dwfl_Module *module, Dwarf_Addr address,
                       struct symbol_frame *frames, unsigned max)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = find_unit(units, module, address, &bias);
    if (!unit)
        return 0;
    Dwarf_Addr pc = address - bias;
    const struct range *range = range_at(unit_at(units, unit), pc);
    if (!range)
        return 0;
    Dwarf_Die chain[DEPTH_MOST];
    Dwarf_Die scope = range->function, inner;
    unsigned length = 0;
    chain[length++] = scope;
    for (unsigned depth = 0; depth < DEPTH_MOST && inner_scope(&scope, pc, &inner); depth++) {
        scope = inner;
        if (dwarf_tag(&scope) == DW_TAG_inlined_subroutine && length < DEPTH_MOST)
            chain[length++] = scope;
    }
    return collect(unit, pc, chain, length, frames, max);
}
