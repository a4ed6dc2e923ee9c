/* SPDX-License-Identifier: MIT
 *
 * The sections of a compiled policy while it is made: things are appended, what is there already is
 * found again, and in the end all of it becomes one block of bytes.
 */
#ifndef SHUNT_POLICY_BLOCK_H
#define SHUNT_POLICY_BLOCK_H

#include "map.h"
#include "policy_format.h"

struct policy_block {
    struct arena *arena;
    struct policy_block_section {
        char *bytes;
        size_t count, room;
    } section[POLICY_SECTIONS];
    struct map strings; /* key of a text -> offset */
    struct map atoms;   /* key of an atom -> index */
    struct map sets;    /* key of a set -> its begin in POLICY_SETS */
};

void policy_block_begin(struct policy_block *block, struct arena *arena);

/* Appends an element to a section and returns its index. */
uint32_t policy_block_add(struct policy_block *block, enum policy_section section,
                          const void *element);
uint32_t policy_block_count(const struct policy_block *block, enum policy_section section);

/* These three find what was added before. */
uint32_t policy_block_string(struct policy_block *block, const char *text);
uint32_t policy_block_atom(struct policy_block *block, const struct policy_atom *atom);
struct policy_slice policy_block_set(struct policy_block *block, const uint32_t *atoms,
                                     uint32_t count);

const struct policy_atom *policy_block_atoms(const struct policy_block *block);

/* The block, with checksum; `source` is the hash of the policy file. Lives in the arena. */
const void *policy_block_end(struct policy_block *block, uint64_t source, size_t *size);

#endif
