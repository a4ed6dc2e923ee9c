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

static bool is_function(Dwarf_Die *die)
{
    int tag = dwarf_tag(die);
    return tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram ||
           tag == DW_TAG_entry_point;
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

/* Walks the physical scopes outward and notes each function. */
static unsigned collect(Dwarf_Die *unit, Dwarf_Addr pc, Dwarf_Die *scopes, int scope_count,
                        struct symbol_frame *frames, unsigned max)
{
    unsigned count = 0;
    struct symbol_frame next = {0};
    innermost_line(unit, pc, &next);
    for (int i = 0; i < scope_count; i++) {
        if (!is_function(&scopes[i]))
            continue;
        if (count == max)
            memmove(frames, frames + 1, --count * sizeof *frames);
        const char *name = name_of(&scopes[i]);
        next.function = name ? name : "(unnamed function)";
        frames[count++] = next;
        if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine)
            break;
        next = (struct symbol_frame){0};
        call_line(unit, &scopes[i], &next);
    }
    return count;
}

unsigned inline_frames(Dwfl_Module *module, Dwarf_Addr address, struct symbol_frame *frames,
                       unsigned max)
{
    Dwarf_Addr bias;
    Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);
    if (!unit)
        return 0;
    Dwarf_Addr pc = address - bias;
    Dwarf_Die *scopes = NULL, *physical = NULL;
    int count = dwarf_getscopes(unit, pc, &scopes);
    unsigned found = 0;
    if (count > 0) {
        int physical_count = dwarf_getscopes_die(&scopes[0], &physical);
        if (physical_count > 0)
            found = collect(unit, pc, physical, physical_count, frames, max);
    }
    free(scopes);
    free(physical);
    return found;
}
