/* SPDX-License-Identifier: MIT
 *
 * A map from 64-bit keys to small numbers: record ids to slots, site ids to sites.
 */
#ifndef SHUNT_MAP_H
#define SHUNT_MAP_H

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>

struct map {
    struct arena *arena;
    struct map_entry *entries; /* open addressing, a power of two */
    size_t size;
    size_t count;
};

#define MAP_NONE UINT32_MAX

/* MAP_NONE if the key is not there. */
uint32_t map_get(const struct map *map, uint64_t key);

/* Stores or replaces. map->arena must be set; value must not be MAP_NONE. */
void map_put(struct map *map, uint64_t key, uint32_t value);

#endif
