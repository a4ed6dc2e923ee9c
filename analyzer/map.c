/* SPDX-License-Identifier: MIT
 *
 * See map.h. Linear probing; at most half full.
 */
#include "map.h"

struct map_entry {
    uint64_t key;
    uint32_t value; /* + 1; 0: free */
};

static size_t place_of(const struct map *map, uint64_t key)
{
    uint64_t hash = key * 0x9e3779b97f4a7c15ull;
    return (size_t)(hash ^ hash >> 32) & (map->size - 1);
}

static struct map_entry *find(const struct map *map, uint64_t key)
{
    size_t place = place_of(map, key);
    while (map->entries[place].value && map->entries[place].key != key)
        place = (place + 1) & (map->size - 1);
    return &map->entries[place];
}

uint32_t map_get(const struct map *map, uint64_t key)
{
    if (!map->size)
        return MAP_NONE;
    return find(map, key)->value - 1;
}

static void grow(struct map *map)
{
    struct map old = *map;
    map->size = old.size ? old.size * 2 : 64;
    map->entries = ARENA_ARRAY(map->arena, struct map_entry, map->size);
    for (size_t i = 0; i < old.size; i++)
        if (old.entries[i].value)
            *find(map, old.entries[i].key) = old.entries[i];
}

void map_put(struct map *map, uint64_t key, uint32_t value)
{
    if (map->count * 2 >= map->size)
        grow(map);
    struct map_entry *entry = find(map, key);
    map->count += entry->value == 0;
    *entry = (struct map_entry){key, value + 1};
}
