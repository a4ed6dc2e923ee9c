/* SPDX-License-Identifier: MIT
 *
 * Writes a JSON file that is there whole or not at all.
 */
#ifndef SHUNT_JSON_FILE_H
#define SHUNT_JSON_FILE_H

#include <jansson.h>
#include <stdbool.h>

/* Writes DIRECTORY/NAME through a temporary file; `root` stays the caller's. 0 or negative errno.
 */
int json_file_write(const json_t *root, const char *directory, const char *name);

/* Reads a file of ours. NULL: it is not there (*exists false), or it is damaged, or *newer: its
 * schema is another number of the same name ("shunt.run/2" for "shunt.run/1"). */
json_t *json_file_read(const char *path, const char *schema, bool *exists, bool *newer);

#endif
