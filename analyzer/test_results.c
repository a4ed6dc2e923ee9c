/* SPDX-License-Identifier: MIT
 *
 * See test_results.h. The plain list is read here; TAP and JUnit's XML have rooms of their own.
 */
#include "test_results.h"

#include "map.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct test_format formats[] = {
    {"tap", test_results_tap}, {"junit", test_results_junit}, {"list", test_results_list}};

const struct test_format *test_format_of(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

struct test_result *test_results_add(struct test_results *results, const char *name,
                                     const char *status)
{
    if (results->count == results->capacity)
        results->list = arena_grow(results->arena, results->list, sizeof *results->list,
                                   results->count, &results->capacity);
    struct test_result *result = &results->list[results->count++];
    *result = (struct test_result){.name = text_clean(results->arena, name),
                                   .status = text_clean(results->arena, status)};
    return result;
}

void test_results_number(struct test_results *results)
{
    struct map seen = {.arena = results->arena};
    for (size_t i = 0; i < results->count; i++) {
        const char *name = results->list[i].name;
        uint32_t times = map_get(&seen, text_key(name));
        times = times == MAP_NONE ? 1 : times + 1;
        map_put(&seen, text_key(name), times);
        if (times > 1)
            results->list[i].name = arena_print(results->arena, "%s #%u", name, times);
    }
}

int test_results_lines(const char *path, void (*take)(void *data, char *line), void *data,
                       struct error *error)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;
    if (!file)
        return error_set(error, "%s cannot be read: %s", path, strerror(errno));
    while (getline(&line, &capacity, file) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        take(data, line);
    }
    free(line);
    fclose(file);
    return 0;
}

/* ---- the plain list ---- */

static int is_word(const char *text)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("-_", *text))
            return 0;
    return 1;
}

/* "NAME STATUS": the last word is the status, so names may have blanks. */
static void take_line(void *data, char *line)
{
    size_t length = strlen(line);
    while (length && isspace((unsigned char)line[length - 1]))
        line[--length] = '\0';
    line += strspn(line, " \t");
    char *status = strrchr(line, ' ');
    char *tab = strrchr(line, '\t');
    status = tab > status ? tab : status;
    if (!status || !is_word(status + 1))
        return;
    char *end = status;
    while (end > line && isspace((unsigned char)end[-1]))
        end--;
    *end = '\0';
    test_results_add(data, line, status + 1);
}

int test_results_list(struct test_results *results, const char *path, struct error *error)
{
    return test_results_lines(path, take_line, results, error);
}
