/* SPDX-License-Identifier: MIT
 *
 * See inputs.h.
 */
#include "inputs.h"

#include "text.h"
#include "trace_format.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_PREFIX "shunt.out"

struct list {
    struct input *items;
    size_t count, capacity;
};

static void add(struct arena *arena, struct list *list, const char *path, const char *directory)
{
    list->items = arena_grow(arena, list->items, sizeof *list->items, list->count, &list->capacity);
    list->items[list->count++] = (struct input){path, directory};
}

static bool is_trace(const char *name)
{
    size_t length = strlen(name), suffix = strlen(TRACE_SUFFIX);
    return length > suffix && strcmp(name + length - suffix, TRACE_SUFFIX) == 0;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct input *)a)->path, ((const struct input *)b)->path);
}

static int add_directory(struct arena *arena, struct list *list, const char *path,
                         struct error *error)
{
    DIR *directory = opendir(path);
    if (!directory)
        return error_set(error, "%s: cannot be opened: %s%s", path, strerror(errno),
                         errno == EACCES ? "; traces are for the user that recorded them, or root"
                                         : "");
    size_t before = list->count;
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (is_trace(entry->d_name))
            add(arena, list, arena_print(arena, "%s/%s", path, entry->d_name), path);
    closedir(directory);
    if (list->count == before)
        return error_set(error,
                         "%s: no traces (*%s) in this directory; make some with: "
                         "shunt run -o DIR -- COMMAND",
                         path, TRACE_SUFFIX);
    qsort(list->items + before, list->count - before, sizeof *list->items, by_path);
    return 0;
}

static const char *directory_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? arena_print(arena, "%.*s", (int)(slash - path), path) : ".";
}

int inputs_find(struct arena *arena, const char *const *paths, unsigned count,
                struct inputs *inputs, struct error *error)
{
    struct list list = {0};
    for (unsigned i = 0; i < count; i++) {
        struct stat status;
        if (stat(paths[i], &status) < 0)
            return error_set(error, "%s: %s; give a *%s file or a directory of them", paths[i],
                             strerror(errno), TRACE_SUFFIX);
        if (!S_ISDIR(status.st_mode)) {
            const char *path = arena_copy(arena, paths[i]);
            add(arena, &list, path, directory_of(arena, path));
        } else {
            /* "dir/" and "dir" are one */
            size_t length = strlen(paths[i]);
            while (length > 1 && paths[i][length - 1] == '/')
                length--;
            const char *path = arena_print(arena, "%.*s", (int)length, paths[i]);
            if (add_directory(arena, &list, path, error) < 0)
                return -1;
        }
    }
    *inputs = (struct inputs){list.items, (unsigned)list.count};
    return 0;
}

const char *inputs_newest(struct arena *arena, struct error *error)
{
    DIR *here = opendir(".");
    const char *newest = NULL;
    struct timespec when = {0};
    for (const struct dirent *entry; here && (entry = readdir(here));) {
        struct stat status;
        if (!text_starts(entry->d_name, DEFAULT_PREFIX) || stat(entry->d_name, &status) < 0 ||
            !S_ISDIR(status.st_mode))
            continue;
        struct timespec time = status.st_mtim;
        if (newest && (time.tv_sec < when.tv_sec ||
                       (time.tv_sec == when.tv_sec && time.tv_nsec <= when.tv_nsec)))
            continue;
        newest = arena_copy(arena, entry->d_name);
        when = time;
    }
    if (here)
        closedir(here);
    if (!newest)
        error_set(error,
                  "no traces here: no directory " DEFAULT_PREFIX "*; make one with "
                  "\"shunt run -- COMMAND\", or name a directory or *%s file",
                  TRACE_SUFFIX);
    return newest;
}
