/* SPDX-License-Identifier: MIT
 *
 * See moved_count.h.
 */
#include "moved_count.h"

#include "reader.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static uint64_t moved_of(const struct trace_routed *record)
{
    uint64_t moved = record->moved;
    for (unsigned i = 0; i < GREEN_WAYS; i++)
        moved += record->green[i];
    return moved;
}

static uint64_t moved_in(const char *path)
{
    struct error error;
    struct reader *reader;
    struct reader_cursor cursor = {0};
    uint64_t moved = 0;
    if (reader_open(&reader, path, &error) < 0)
        return 0;
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));)
        if (record->type == RECORD_ROUTED)
            moved += moved_of((const struct trace_routed *)record);
    reader_close(reader);
    return moved;
}

uint64_t moved_count(const char *directory)
{
    char path[PATH_MAX + NAME_MAX + 2];
    uint64_t moved = 0;
    DIR *entries = opendir(directory);
    for (const struct dirent *entry; entries && (entry = readdir(entries));) {
        const char *ending = strrchr(entry->d_name, '.');
        if (!ending || strcmp(ending, ".shunt") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        moved += moved_in(path);
    }
    if (entries)
        closedir(entries);
    return moved;
}
