/* SPDX-License-Identifier: MIT
 *
 * See wrappers.h.
 */
#include "wrappers.h"

#include "demangle.h"
#include "text.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST     1024
#define WRAPPERS_MOST 4096

/* The colon between module and function: one of its own, not that of C++'s "::". */
static const char *divider(const char *text)
{
    for (const char *at = strchr(text, ':'); at; at = strchr(at + 1, ':')) {
        if (at[1] != ':')
            return at;
        at++;
    }
    return NULL;
}

int wrappers_add(struct arena *arena, struct wrappers *wrappers, const char *text,
                 struct error *error)
{
    const char *colon = divider(text);
    const char *function = colon ? colon + 1 : text;
    if (!*function || colon == text)
        return error_set(error, "\"%s\" names no wrapper: give FUNCTION or MODULE:FUNCTION", text);
    if (wrappers->count == WRAPPERS_MOST)
        return error_set(error, "more than %d wrappers; a glob such as x* takes many at once",
                         WRAPPERS_MOST);
    wrappers->items = arena_grow(arena, wrappers->items, sizeof *wrappers->items, wrappers->count,
                                 &wrappers->capacity);
    wrappers->items[wrappers->count++] = (struct wrapper){
        .text = text_clean(arena, text),
        .module = colon ? arena_print(arena, "%.*s", (int)(colon - text), text) : NULL,
        .function = arena_copy(arena, function)};
    return 0;
}

int wrappers_add_list(struct arena *arena, struct wrappers *wrappers, const char *list,
                      struct error *error)
{
    char *rest = NULL;
    for (char *name = strtok_r(arena_copy(arena, list), ",", &rest); name;
         name = strtok_r(NULL, ",", &rest))
        if (wrappers_add(arena, wrappers, name, error) < 0)
            return -1;
    return 0;
}

/* The line without comment, line end and spaces around. */
static char *trimmed(char *line)
{
    line[strcspn(line, "#\r\n")] = 0;
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length && strchr(" \t", line[length - 1]))
        line[--length] = 0;
    return line;
}

int wrappers_add_file(struct arena *arena, struct wrappers *wrappers, const char *path,
                      struct error *error)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(error, "%s: cannot be opened: %s", path, strerror(errno));
    char line[LINE_MOST];
    struct error why = {""};
    int result = 0;
    for (unsigned number = 1; result == 0 && fgets(line, sizeof line, file); number++) {
        const char *name = trimmed(line);
        if (strlen(name) + 1 >= sizeof line)
            result = error_set(error, "%s:%u: the line is too long for a name", path, number);
        else if (*name && wrappers_add(arena, wrappers, name, &why) < 0)
            result = error_set(error, "%s:%u: %s", path, number, why.text);
    }
    if (result == 0 && ferror(file))
        result = error_set(error, "%s: cannot be read: %s", path, strerror(errno));
    fclose(file);
    return result;
}

/* `plain`: the name as people say it, the same as `function` outside C++. */
static bool matches(const struct wrapper *wrapper, const char *module, const char *function,
                    const char *plain)
{
    return (!wrapper->module || fnmatch(wrapper->module, module, 0) == 0) &&
           (fnmatch(wrapper->function, function, 0) == 0 ||
            (plain != function && fnmatch(wrapper->function, plain, 0) == 0));
}

bool wrappers_match(struct wrappers *wrappers, struct arena *arena, const char *module,
                    const char *function)
{
    bool found = false;
    if (!wrappers || wrappers->count == 0)
        return false;
    const char *plain = text_starts(function, "_Z") ? demangle(arena, function) : function;
    for (size_t i = 0; i < wrappers->count; i++)
        if (matches(&wrappers->items[i], module, function, plain)) {
            wrappers->items[i].matched = true; /* each of them: none that works is a typo */
            found = true;
        }
    return found;
}
