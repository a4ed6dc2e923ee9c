/* SPDX-License-Identifier: MIT
 *
 * See policy_block.h.
 */
#include "policy_block.h"

#include "preload/policy_blob.h"
#include "text.h"

#include <string.h>

void policy_block_begin(struct policy_block *block, struct arena *arena)
{
    *block = (struct policy_block){
        .arena = arena, .strings.arena = arena, .atoms.arena = arena, .sets.arena = arena};
    policy_block_string(block, "");
}

uint32_t policy_block_add(struct policy_block *block, enum policy_section section,
                          const void *element)
{
    struct policy_block_section *to = &block->section[section];
    to->bytes = arena_grow(block->arena, to->bytes, policy_sizes[section], to->count, &to->room);
    memcpy(to->bytes + to->count * policy_sizes[section], element, policy_sizes[section]);
    return (uint32_t)to->count++;
}

uint32_t policy_block_count(const struct policy_block *block, enum policy_section section)
{
    return (uint32_t)block->section[section].count;
}

uint32_t policy_block_string(struct policy_block *block, const char *text)
{
    uint64_t key = text_key(text);
    uint32_t at = map_get(&block->strings, key);
    if (at != MAP_NONE && strcmp(block->section[POLICY_STRINGS].bytes + at, text) == 0)
        return at;
    at = policy_block_count(block, POLICY_STRINGS);
    for (const char *byte = text;; byte++) {
        policy_block_add(block, POLICY_STRINGS, byte);
        if (!*byte)
            break;
    }
    map_put(&block->strings, key, at);
    return at;
}

const struct policy_atom *policy_block_atoms(const struct policy_block *block)
{
    return (const struct policy_atom *)(const void *)block->section[POLICY_ATOMS].bytes;
}

uint32_t policy_block_atom(struct policy_block *block, const struct policy_atom *atom)
{
    uint64_t key = policy_hash(atom, sizeof *atom);
    uint32_t at = map_get(&block->atoms, key);
    if (at != MAP_NONE && memcmp(&policy_block_atoms(block)[at], atom, sizeof *atom) == 0)
        return at;
    at = policy_block_add(block, POLICY_ATOMS, atom);
    map_put(&block->atoms, key, at);
    return at;
}

struct policy_slice policy_block_set(struct policy_block *block, const uint32_t *atoms,
                                     uint32_t count)
{
    const struct policy_block_section *sets = &block->section[POLICY_SETS];
    if (count == 0)
        return (struct policy_slice){0};
    uint64_t key = policy_hash(atoms, count * sizeof *atoms);
    uint32_t at = map_get(&block->sets, key);
    if (at != MAP_NONE && at + (size_t)count <= sets->count &&
        memcmp(sets->bytes + at * sizeof *atoms, atoms, count * sizeof *atoms) == 0)
        return (struct policy_slice){at, count};
    at = policy_block_count(block, POLICY_SETS);
    for (uint32_t i = 0; i < count; i++)
        policy_block_add(block, POLICY_SETS, &atoms[i]);
    map_put(&block->sets, key, at);
    return (struct policy_slice){at, count};
}

static size_t rounded(size_t size)
{
    return (size + 7) & ~(size_t)7;
}

const void *policy_block_end(struct policy_block *block, uint64_t source, size_t *size)
{
    const size_t hashed_from = offsetof(struct policy_header, checksum) + sizeof(uint64_t);
    struct policy_header header = {.magic = POLICY_MAGIC,
                                   .version = POLICY_BLOB_VERSION,
                                   .header_size = sizeof header,
                                   .size = sizeof header,
                                   .source = source};
    for (unsigned i = 0; i < POLICY_SECTIONS; i++) {
        header.section[i] = (struct policy_place){header.size, block->section[i].count};
        header.size += rounded(block->section[i].count * policy_sizes[i]);
    }
    char *bytes = arena_alloc(block->arena, header.size);
    memcpy(bytes, &header, sizeof header);
    for (unsigned i = 0; i < POLICY_SECTIONS; i++)
        if (block->section[i].count)
            memcpy(bytes + header.section[i].offset, block->section[i].bytes,
                   block->section[i].count * policy_sizes[i]);
    uint64_t checksum = policy_hash(bytes + hashed_from, header.size - hashed_from);
    memcpy(bytes + offsetof(struct policy_header, checksum), &checksum, sizeof checksum);
    *size = header.size;
    return bytes;
}
