/* SPDX-License-Identifier: MIT
 *
 * See debian_package.h.
 */
#include "debian_package.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTS "/var/lib/dpkg/info"

/* /bin is a link to /usr/bin since the merge, and lists name either. */
static bool same_file(const char *listed, const char *path)
{
    static const char usr[] = "/usr";
    return strcmp(listed, path) == 0 ||
           (strncmp(path, usr, sizeof usr - 1) == 0 && strcmp(listed, path + sizeof usr - 1) == 0);
}

static bool lists(const char *file, const char *path)
{
    char line[PATH_MAX];
    bool found = false;
    FILE *list = fopen(file, "re");
    while (list && !found && fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        found = same_file(line, path);
    }
    if (list)
        fclose(list);
    return found;
}

bool debian_package_of(const char *path, char *name, size_t size)
{
    char real[PATH_MAX], file[PATH_MAX];
    DIR *directory = opendir(LISTS);
    bool found = false;
    if (!directory || !realpath(path, real)) {
        if (directory)
            closedir(directory);
        return false;
    }
    for (const struct dirent *entry; !found && (entry = readdir(directory));) {
        const char *end = strstr(entry->d_name, ".list");
        if (!end || end[sizeof ".list" - 1])
            continue;
        snprintf(file, sizeof file, LISTS "/%s", entry->d_name);
        if (!(found = lists(file, real)))
            continue;
        size_t length = strcspn(entry->d_name, ":"); /* "libc6:amd64.list" */
        if (entry->d_name + length > end)
            length = (size_t)(end - entry->d_name);
        snprintf(name, size, "%.*s", (int)length, entry->d_name);
    }
    closedir(directory);
    return found;
}
