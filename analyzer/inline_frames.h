/* SPDX-License-Identifier: MIT
 *
 * The functions at one address according to DWARF: the one it lies in and those inlined around it.
 */
#ifndef SHUNT_INLINE_FRAMES_H
#define SHUNT_INLINE_FRAMES_H

#include "symbolize.h"

#include <elfutils/libdwfl.h>

#define INLINE_FRAMES_MAX 32

/* Fills frames innermost first, the real function last, and returns how many; 0 when DWARF does not
 * tell. Strings belong to the Dwfl. More than `max` are cut on the inner side. */
unsigned inline_frames(Dwfl_Module *module, Dwarf_Addr address, struct symbol_frame *frames,
                       unsigned max);

#endif
