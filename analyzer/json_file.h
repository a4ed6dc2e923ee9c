/* SPDX-License-Identifier: MIT
 *
 * Writes a JSON file that is there whole or not at all.
 */
#ifndef SHUNT_JSON_FILE_H
#define SHUNT_JSON_FILE_H

#include <jansson.h>

/* Writes DIRECTORY/NAME through a temporary file; `root` stays the caller's. 0 or negative errno.
 */
int json_file_write(const json_t *root, const char *directory, const char *name);

#endif
