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
#include <unistd.h>

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
