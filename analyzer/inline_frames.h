/* SPDX-License-Identifier: MIT
 *
 * The functions at one address according to DWARF: the one it lies in and those inlined around it.
 */
#ifndef SHUNT_INLINE_FRAMES_H
#define SHUNT_INLINE_FRAMES_H

#include "map.h"
#include "symbolize.h"

#include <elfutils/libdwfl.h>

#define INLINE_FRAMES_MAX 32

/* Where functions lie in the compilation units asked about so far; one for each Dwfl_Module. */
struct inline_units {
    struct arena *arena;
    struct map by_offset; /* of a unit's DIE -> index */
    struct inline_unit *unit;
    size_t count, capacity;
    bool listed; /* the next two are filled in */
    struct unit_range *ranges;
    size_t range_count, range_capacity;
};

/* Fills frames innermost first, the real function last, and returns how many; 0 when DWARF does not
 * tell. Strings belong to the Dwfl. More than `max` are cut on the inner side. */
unsigned inline_frames(struct inline_units *units, Dwfl_Module *module, Dwarf_Addr address,
                       struct symbol_frame *frames, unsigned max);

#endif
