/* SPDX-License-Identifier: MIT
 *
 * Small JSON values that several renderers write alike.
 */
#ifndef SHUNT_JSON_VALUES_H
#define SHUNT_JSON_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* A table of members, set one after the other: what a struct has, in its order. */
#define SET(object, key, value) json_object_set_new(object, key, value)

/* Above 2^63 a count becomes 2^63 - 1; no time or count of ours comes near. */
json_t *json_count(uint64_t value);
json_t *json_count_if(bool known, uint64_t value);
json_t *json_text_or_null(const char *text);
json_t *json_texts(const char *const *list, unsigned count);

/* A site's id: 16 hexadecimal digits. */
json_t *json_site_id(uint64_t id);

/* Prints a document and ends it. Whether it could be written is for main to tell. */
void json_print(json_t *root, FILE *out);

#endif
