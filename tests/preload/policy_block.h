/* SPDX-License-Identifier: MIT
 *
 * Compiled policies that tests make themselves, and how they get into a trace.
 */
#ifndef TEST_POLICY_BLOCK_H
#define TEST_POLICY_BLOCK_H

#include "policy_blob.h"
#include "trace.h"

#include <stddef.h>
#include <string.h>

/* No rules, the pool that each has, and a text that says which one it is. */
struct policy_block {
    struct policy_header header;
    char text[64];
    struct policy_blob_pool pool;
};

static inline struct policy_block policy_block(unsigned number)
{
    struct policy_block block = {.header = {.magic = POLICY_MAGIC,
                                            .version = POLICY_BLOB_VERSION,
                                            .header_size = sizeof block.header,
                                            .size = sizeof block,
                                            .source = number}};
    for (unsigned i = 0; i < POLICY_SECTIONS; i++)
        block.header.section[i].offset = sizeof block.header;
    block.header.section[POLICY_STRINGS].count = sizeof block.text;
    for (unsigned i = POLICY_POOLS; i < POLICY_SECTIONS; i++)
        block.header.section[i].offset += sizeof block.text;
    for (unsigned i = POLICY_POOLS + 1; i < POLICY_SECTIONS; i++)
        block.header.section[i].offset += sizeof block.pool;
    block.header.section[POLICY_POOLS].count = 1;
    block.pool = (struct policy_blob_pool){.max = 1};
    memset(block.text, 'a' + (int)(number % 26), sizeof block.text - 1);
    size_t skipped = offsetof(struct policy_header, checksum) + sizeof block.header.checksum;
    block.header.checksum = policy_hash((char *)&block + skipped, sizeof block - skipped);
    return block;
}

static inline struct trace_control *policy_control(void)
{
    return (void *)((char *)trace_file + TRACE_HEADER_SIZE);
}

/* As shunt policy apply does it, into two chunks that the trace has for it; the generation. */
static inline uint64_t policy_apply(unsigned number, const uint32_t *chunks)
{
    struct trace_control *control = policy_control();
    struct policy_block block = policy_block(number);
    uint64_t generation = control->generation + 1;
    unsigned slot = (unsigned)generation & 1;
    char *to = (char *)trace_chunk_at(chunks[slot]) + TRACE_CELL;
    const char *from = (const char *)&block;
    for (size_t i = 0; i < sizeof block; i++) /* whoever copies it meanwhile will not believe it */
        __atomic_store_n(&to[i], from[i], __ATOMIC_RELAXED);
    control->policy[slot].checksum = block.header.checksum;
    control->policy[slot].size = sizeof block;
    control->policy[slot].chunk = chunks[slot];
    __atomic_store_n(&control->generation, generation, __ATOMIC_SEQ_CST);
    return generation;
}

#endif
