/* SPDX-License-Identifier: MIT
 *
 * See json_file.h.
 */
#include "json_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MOST ((off_t)256 * 1024 * 1024)

int json_file_write(const json_t *root, const char *directory, const char *name)
{
    char final[PATH_MAX + 16];
    char temporary[PATH_MAX + 32];
    snprintf(final, sizeof final, "%s/%s", directory, name);
    snprintf(temporary, sizeof temporary, "%s/.%s.XXXXXX", directory, name);
    if (!root)
        return -ENOMEM;
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int error = 0;
    errno = EIO;
    if (json_dumpfd(root, fd, JSON_INDENT(1)) < 0 || write(fd, "\n", 1) != 1)
        error = -errno;
    if (close(fd) < 0 && !error)
        error = -errno;
    if (!error && rename(temporary, final) < 0)
        error = -errno;
    if (error)
        unlink(temporary);
    return error;
}

json_t *json_file_read(const char *path, const char *schema, bool *exists, bool *newer)
{
    struct stat status;
    *newer = false;
    *exists = stat(path, &status) == 0;
    if (!*exists || !S_ISREG(status.st_mode) || status.st_size >= SIZE_MOST)
        return NULL;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    const char *found = json_string_value(json_object_get(root, "schema"));
    if (found && strcmp(found, schema) == 0)
        return root;
    *newer = found && strncmp(found, schema, (size_t)(strchr(schema, '/') - schema) + 1) == 0;
    json_decref(root);
    return NULL;
}
