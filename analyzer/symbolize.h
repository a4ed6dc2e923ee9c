/* SPDX-License-Identifier: MIT
 *
 * Names for return addresses: function, file and line, with the frames that were inlined there,
 * from DWARF; from the symbol table where a binary is stripped; from module, build id and offset
 * where even that is gone. A file on disk is believed only if its build id is the one that was
 * mapped.
 */
#ifndef SHUNT_SYMBOLIZE_H
#define SHUNT_SYMBOLIZE_H

#include "arena.h"
#include "trace_format.h"

#include <stdbool.h>

struct symbolizer;

/* symbol.unstable of a place that the binary itself has no name for. */
#define SYMBOL_STRIPPED "its binary has no symbol there"

/* One function at an address; the text lives as long as the symbolizer's arena. */
struct symbol_frame {
    const char *function; /* without suffixes of the compiler; never NULL */
    const char *file;     /* as the compiler was told; NULL unknown */
    int line;             /* 0 unknown */
};

/* Everything at one return address: inlined frames innermost first, the real function last. */
struct symbol {
    const struct symbol_frame *frames;
    unsigned count;       /* at least 1 */
    const char *module;   /* basename */
    bool stable;          /* its name outlives a rebuild */
    const char *unstable; /* why not, a clause; NULL if stable */
};

/* A module as a trace tells of it. */
struct symbol_module {
    const char *path; /* as mapped; NULL unknown */
    const uint8_t *build_id;
    uint16_t build_id_size;
};

struct symbolizer *symbolizer_new(struct arena *arena);
void symbolizer_free(struct symbolizer *symbolizer);

/* Index of a module, the same for the same path and build id, from whichever process. */
uint32_t symbolizer_module(struct symbolizer *symbolizer, const struct symbol_module *module);

/* The file behind a module, as libdwfl has it, with what to add to an offset to get an address
 * there (and to find a call, one less). NULL: it cannot be believed, and `trouble` says why. */
struct Dwfl_Module;
struct Dwfl_Module *symbolizer_file(struct symbolizer *symbolizer, uint32_t module, uint64_t *bias,
                                    const char **trouble);

/* The symbol at a return address, given as the offset from the module's load bias. Answers are
 * kept, so the same question is cheap. Never NULL. */
const struct symbol *symbolize(struct symbolizer *symbolizer, uint32_t module, uint64_t offset);

#endif
