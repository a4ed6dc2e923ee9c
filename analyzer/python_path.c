/* SPDX-License-Identifier: MIT
 *
 * See python_path.h. Where files lie: sysconfig's schemes of CPython 3.8 to 3.14, and Debian's
 * dist-packages.
 */
#include "python_path.h"

#include "text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Length of the first component of a path. */
static size_t component(const char *path)
{
    return strcspn(path, "/");
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(text, word, length) == 0;
}

static bool is_one_of(const char *text, size_t length, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_word(text, length, words[i]))
            return true;
    return false;
}

/* What follows the last of these in the path; NULL. */
static const char *after_last(const char *path, const char *what)
{
    const char *found = NULL;
    for (const char *at = strstr(path, what); at; at = strstr(at + 1, what))
        found = at + strlen(what);
    return found;
}

/* ---- installed packages ---- */

static const char *below_packages(const char *file)
{
    const char *site = after_last(file, "/site-packages/");
    const char *dist = after_last(file, "/dist-packages/");
    const char *rest = site;
    if (dist && (!site || dist > site))
        rest = dist;
    const char *egg = after_last(rest ? rest : file, ".egg/");
    return egg ? egg : rest;
}

/* What belongs to a green runtime that is run from its source tree. */
static bool is_green_tree(const char *file)
{
    static const char *const roots[] = {"/eventlet/", "/gevent/"};
    static const char *const parts[] = {
        "hubs",         "green",        "greenio",        "support",       "patcher.py",
        "hub.py",       "timeout.py",   "greenthread.py", "greenlet.py",   "event.py",
        "queue.py",     "semaphore.py", "wsgi.py",        "tpool.py",      "pool.py",
        "greenpool.py", "pywsgi.py",    "lock.py",        "convenience.py"};
    for (size_t i = 0; i < COUNT(roots); i++) {
        const char *rest = after_last(file, roots[i]);
        if (rest && is_one_of(rest, component(rest), parts, COUNT(parts)))
            return true;
    }
    return false;
}

static bool is_green_package(const char *form)
{
    static const char *const names[] = {"eventlet", "gevent", "greenlet"};
    return is_one_of(form, component(form), names, COUNT(names));
}

/* ---- the standard library ---- */

/* "python3.11", "python3.13t": what the directory of a version is called. */
static bool is_version(const char *text, size_t length)
{
    static const char name[] = "python3.";
    if (length < sizeof name || strncmp(text, name, sizeof name - 1) != 0)
        return false;
    size_t at = sizeof name - 1;
    while (at < length && isdigit((unsigned char)text[at]))
        at++;
    return at == length || (at + 1 == length && text[at] == 't');
}

/* What lies below .../lib/python3.N/, or in python3N.zip; NULL. */
static const char *below_standard(const char *file)
{
    for (const char *lib = strstr(file, "/lib"); lib; lib = strstr(lib + 1, "/lib")) {
        const char *version = strchr(lib + 1, '/');
        if (!version || (version - lib != 4 && strncmp(lib, "/lib64", 6) != 0 &&
                         strncmp(lib, "/lib32", 6) != 0))
            continue;
        size_t length = component(++version);
        if (version[length] == '/' && is_version(version, length))
            return version + length + 1;
        if (text_starts(version, "python3") && length > 8 && version[length] == '/' &&
            strncmp(version + length - 4, ".zip", 4) == 0)
            return version + length + 1;
    }
    return NULL;
}

static enum python_layer standard_layer(const char *form)
{
    static const char *const machinery[] = {"threading.py", "_threading_local.py", "asyncio",
                                            "concurrent",   "selectors.py",        "runpy.py",
                                            "importlib",    "zipimport.py"};
    return is_one_of(form, component(form), machinery, COUNT(machinery)) ? PYTHON_MACHINERY
                                                                         : PYTHON_STANDARD;
}

/* "<frozen importlib._bootstrap>" is importlib/_bootstrap.py, wherever it was frozen from. */
static const char *thawed(struct arena *arena, const char *file)
{
    static const char frozen[] = "<frozen ";
    size_t length = strlen(file);
    if (!text_starts(file, frozen) || length <= sizeof frozen || file[length - 1] != '>')
        return NULL;
    char *form =
        arena_print(arena, "%.*s.py", (int)(length - sizeof frozen), file + sizeof frozen - 1);
    char *end = form + strlen(form) - strlen(".py");
    for (char *c = form; c < end; c++)
        *c = *c == '.' ? '/' : *c;
    return form;
}

/* ---- the application ---- */

/* Could a directory of this name be imported? A version or a hash could not, and is left out. */
static bool is_identifier(const char *text, size_t length)
{
    if (length == 0 || isdigit((unsigned char)*text))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_' && !((unsigned char)text[i] & 0x80))
            return false;
    return true;
}

/* In an archive that is run as it is. */
static const char *below_archive(const char *file)
{
    static const char *const ends[] = {".zip/", ".pyz/", ".pex/"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        const char *rest = after_last(file, ends[i]);
        if (rest)
            return rest;
    }
    return NULL;
}

/* The file and the directory it is in. */
static const char *application_form(const char *file)
{
    const char *base = text_basename(file);
    if (base == file || base - 1 == file)
        return base;
    const char *parent = base - 1;
    while (parent > file && parent[-1] != '/')
        parent--;
    return is_identifier(parent, (size_t)(base - 1 - parent)) ? parent : base;
}

/* "<ipython-input-7-5a1>" counts its cells. */
static const char *text_form(struct arena *arena, const char *file)
{
    static const char *const counted[] = {"<ipython-input", "<python-input", "<stdin"};
    for (size_t i = 0; i < COUNT(counted); i++)
        if (text_starts(file, counted[i]))
            return arena_print(arena, "%s>", counted[i]);
    return file;
}

/* ---- all together ---- */

static struct python_path without_file(struct arena *arena, const char *file)
{
    struct python_path path = {.file = file, .layer = PYTHON_TEXT};
    const char *form = thawed(arena, file);
    if (form)
        path.layer = standard_layer(form);
    path.form = form ? form : text_form(arena, file);
    /* typed in, rather than made by code */
    if (path.form != file && path.layer == PYTHON_TEXT)
        path.layer = PYTHON_APPLICATION;
    return path;
}

static struct python_path with_file(const char *file)
{
    struct python_path path = {.file = file};
    const char *packaged = below_packages(file);
    const char *standard = packaged ? NULL : below_standard(file);
    if (packaged) {
        path.form = packaged;
        path.layer = is_green_package(packaged) ? PYTHON_GREEN : PYTHON_PACKAGE;
    } else if (standard) {
        path.form = standard;
        path.layer = standard_layer(standard);
    } else {
        const char *archived = below_archive(file);
        path.form = archived ? archived : application_form(file);
        path.layer = is_green_tree(file) ? PYTHON_GREEN : PYTHON_APPLICATION;
    }
    return path;
}

struct python_path python_path_of(struct arena *arena, const char *file)
{
    struct python_path path = *file == '<' ? without_file(arena, file) : with_file(file);
    size_t length = component(path.form);
    size_t total = strlen(path.form);
    if (path.layer == PYTHON_APPLICATION || *file == '<')
        path.package = path.form;
    else if (length == total && length > 3 && strcmp(path.form + length - 3, ".py") == 0)
        path.package = arena_print(arena, "%.*s", (int)length - 3, path.form);
    else
        path.package = arena_print(arena, "%.*s", (int)length, path.form);
    return path;
}

const char *python_layer_name(enum python_layer layer)
{
    static const char *const names[] = {
        [PYTHON_APPLICATION] = "application",   [PYTHON_PACKAGE] = "package",
        [PYTHON_WRAPPER] = "wrapper",           [PYTHON_TEXT] = "text",
        [PYTHON_STANDARD] = "standard library", [PYTHON_MACHINERY] = "standard library",
        [PYTHON_GREEN] = "green runtime"};
    return names[layer];
}
