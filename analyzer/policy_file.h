/* SPDX-License-Identifier: MIT
 *
 * The policy file on disk: whose it is, and its bytes. It decides how a program runs, so nobody but
 * the user and root may have written it.
 */
#ifndef SHUNT_POLICY_FILE_H
#define SHUNT_POLICY_FILE_H

#include "policy_notes.h"

#include <stddef.h>

#define POLICY_FILE_MOST (4u << 20) /* bytes */

/* The whole file, ended by a 0 that `size` does not count. 0, or -1 with a note. */
int policy_file_read(struct arena *arena, const char *path, const char **text, size_t *size,
                     struct policy_notes *notes);

#endif
