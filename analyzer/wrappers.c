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

static int add(struct arena *arena, struct wrappers *wrappers, struct wrapper wrapper,
               struct error *error)
{
    if (wrappers->count == WRAPPERS_MOST)
        return error_set(error, "more than %d wrappers; a glob such as x* takes many at once",
                         WRAPPERS_MOST);
    wrappers->items = arena_grow(arena, wrappers->items, sizeof *wrappers->items, wrappers->count,
                                 &wrappers->capacity);
    wrappers->items[wrappers->count++] = wrapper;
    return 0;
}

static int add_native(struct arena *arena, struct wrappers *wrappers, const char *text,
                      struct error *error)
{
    const char *colon = divider(text);
    const char *function = colon ? colon + 1 : text;
    if (!*function || colon == text)
        return error_set(error, "\"%s\" names no wrapper: give FUNCTION or MODULE:FUNCTION", text);
    struct wrapper wrapper = {
        .text = text_clean(arena, text),
        .module = colon ? arena_print(arena, "%.*s", (int)(colon - text), text) : NULL,
        .function = arena_copy(arena, function)};
    return add(arena, wrappers, wrapper, error);
}

/* `what`: FILE, FILE:FUNCTION or, of a root, DIRECTORY. A slash at its end says nothing more. */
static int add_python(struct arena *arena, struct wrappers *wrappers, const char *text,
                      enum wrapper_kind kind, const char *what, struct error *error)
{
    char *file = arena_copy(arena, what);
    char *function = kind == WRAPPER_ROOT ? NULL : strchr(file, ':');
    if (function)
        *function++ = 0;
    size_t length = strlen(file);
    while (length > 1 && file[length - 1] == '/')
        file[--length] = 0;
    if (length == 0 || (function && !*function))
        return error_set(error, "\"%s\" names no Python file: give FILE or FILE:FUNCTION", text);
    if (kind == WRAPPER_ROOT && *file != '/')
        return error_set(error, "\"%s\" is no root: give a directory that begins with a slash",
                         text);
    struct wrapper wrapper = {
        .text = text_clean(arena, text), .kind = kind, .module = file, .function = function};
    return add(arena, wrappers, wrapper, error);
}

int wrappers_add(struct arena *arena, struct wrappers *wrappers, const char *text,
                 struct error *error)
{
    static const struct {
        const char *word; /* the space tells it from a module of that name */
        enum wrapper_kind kind;
    } kinds[] = {
        {"python: ", WRAPPER_PYTHON}, {"app: ", WRAPPER_APPLICATION}, {"root: ", WRAPPER_ROOT}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (text_starts(text, kinds[i].word)) {
            const char *what = text + strlen(kinds[i].word);
            what += strspn(what, " \t");
            return add_python(arena, wrappers, text, kinds[i].kind, what, error);
        }
    return add_native(arena, wrappers, text, error);
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
        if (wrappers->items[i].kind == WRAPPER_NATIVE &&
            matches(&wrappers->items[i], module, function, plain)) {
            wrappers->items[i].matched = true; /* each of them: none that works is a typo */
            found = true;
        }
    return found;
}

/* ---- Python ---- */

static bool python_matches(const struct wrapper *wrapper, const char *file, const char *form,
                           const char *function)
{
    const char *name = *wrapper->module == '/' ? file : form;
    return fnmatch(wrapper->module, name, FNM_LEADING_DIR) == 0 &&
           (!wrapper->function || fnmatch(wrapper->function, function, 0) == 0);
}

/* What follows the longest directory of the file that is this root; NULL. */
static const char *below_root(const char *glob, const char *file)
{
    char directory[LINE_MOST];
    for (const char *slash = strrchr(file, '/'); slash && slash > file;) {
        size_t length = (size_t)(slash - file);
        if (length < sizeof directory) {
            memcpy(directory, file, length);
            directory[length] = 0;
            if (fnmatch(glob, directory, FNM_PATHNAME) == 0)
                return slash + 1;
        }
        slash--;
        while (slash > file && *slash != '/')
            slash--;
    }
    return NULL;
}

struct wrappers_said wrappers_python(struct wrappers *wrappers, const char *file, const char *form,
                                     const char *function)
{
    struct wrappers_said said = {0};
    for (size_t i = 0; wrappers && i < wrappers->count; i++) {
        struct wrapper *wrapper = &wrappers->items[i];
        const char *below =
            wrapper->kind == WRAPPER_ROOT ? below_root(wrapper->module, file) : NULL;
        bool named = wrapper->kind != WRAPPER_NATIVE && wrapper->kind != WRAPPER_ROOT &&
                     python_matches(wrapper, file, form, function);
        said.form = below ? below : said.form;
        said.wrapper |= named && wrapper->kind == WRAPPER_PYTHON;
        said.application |= named && wrapper->kind == WRAPPER_APPLICATION;
        wrapper->matched |= named || below;
    }
    return said;
}
