/* SPDX-License-Identifier: MIT
 *
 * Whole directories: copied, so that every run finds the same, and done away with.
 */
#ifndef SHUNT_TREE_H
#define SHUNT_TREE_H

#include "error.h"

#include <stdbool.h>
#include <sys/stat.h>

/* Copies what lies in `from` to `to`, which is made: directories, files, symbolic links and fifos,
 * with modes, times and, where we may, owners; sockets and devices are left out, hard links become
 * files of their own. 0, or -1 with a sentence. */
int tree_copy(const char *from, const char *to, struct error *error);

/* Removes it and all below it, also from directories that forbid it. What cannot be removed stays.
 */
void tree_remove(const char *path);

/* Called for everything below `top` but itself, in the order of names; `path` is relative to it. */
typedef void tree_visit(void *data, const char *path, const char *full, const struct stat *info);

/* 0, or -1 with a sentence. */
int tree_walk(const char *top, tree_visit *visit, void *data, struct error *error);

#endif
