/* SPDX-License-Identifier: MIT
 *
 * A compiled policy (common/policy_format.h) in memory: checked once, then read without further
 * checks. No allocation, no libc: it may be used in any context, and a block that is wrong in any
 * way is refused and never followed.
 */
#ifndef SHUNT_POLICY_BLOB_H
#define SHUNT_POLICY_BLOB_H

#include "policy_format.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes of one element of each section. */
extern const uint32_t policy_sizes[POLICY_SECTIONS];

/* A checked block, by section. Lives as long as the block. */
struct policy_view {
    const struct policy_header *header;
    const char *strings;
    const struct policy_blob_pool *pools;
    const uint32_t *calls;
    const uint64_t *bits;
    const struct policy_blob_rule *rules;
    const struct policy_term *terms;
    const uint32_t *choices;
    const struct policy_atom *atoms;
    const struct policy_wrapper *wrappers;
    const struct policy_module *modules;
    const struct policy_range *ranges;
    const struct policy_frame_names *frames;
    const uint32_t *sets;
    uint32_t count[POLICY_SECTIONS];
};

enum policy_fault {
    POLICY_FINE,
    POLICY_NO_POLICY, /* another kind of file, or too short to be one */
    POLICY_OTHER_VERSION,
    POLICY_DAMAGED,     /* its size or checksum is not what it says */
    POLICY_INCONSISTENT /* the checksum holds, but what it says cannot be */
};

/* Checks the block, which must be aligned to 8 bytes and must not change afterwards. Time is linear
 * in its size. */
enum policy_fault policy_blob_open(struct policy_view *view, const void *block, size_t size);

/* What is wrong, as the end of a sentence that begins with the block's name. */
const char *policy_fault_text(enum policy_fault fault);

/* XXH64 with seed 0, as the checksum is made. */
uint64_t policy_hash(const void *bytes, size_t size);

/* The module of a build id; POLICY_NONE: not one of those that were compiled. */
uint32_t policy_blob_module(const struct policy_view *view, const uint8_t *build_id, size_t size);

/* The names at the return address `offset` of a compiled module: NULL if no rule speaks of them. */
const struct policy_range *policy_blob_range(const struct policy_view *view, uint32_t module,
                                             uint64_t offset);

/* Words of a set of calls. */
static inline uint32_t policy_set_words(uint32_t calls)
{
    return (calls + 63) / 64;
}

static inline const char *policy_text(const struct policy_view *view, uint32_t string)
{
    return view->strings + string;
}

#endif
