/* SPDX-License-Identifier: MIT
 *
 * See json_values.h.
 */
#include "json_values.h"

#include <inttypes.h>

json_t *json_count(uint64_t value)
{
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

json_t *json_count_if(bool known, uint64_t value)
{
    return known ? json_count(value) : json_null();
}

json_t *json_text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

json_t *json_texts(const char *const *list, unsigned count)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(array, json_string(list[i]));
    return array;
}

json_t *json_site_id(uint64_t id)
{
    char digits[17];
    snprintf(digits, sizeof digits, "%016" PRIx64, id);
    return json_string(digits);
}

void json_print(json_t *root, FILE *out)
{
    json_dumpf(root, out, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
    fputc('\n', out);
    json_decref(root);
}
