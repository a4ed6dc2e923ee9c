/* SPDX-License-Identifier: MIT
 *
 * See policy_glob.h. Only the last `*` met is ever tried again, which bounds the work by the
 * product of both lengths.
 */
#include "policy_glob.h"

#include <stddef.h>

#define WHEEL_DIGITS 8u

/* A text with a piece left out. */
struct text {
    const char *begin;
    const char *end;  /* NULL: up to its 0 */
    const char *skip; /* where the piece begins; NULL: nothing is left out */
    const char *resume;
};

static const char *after(const struct text *text, const char *at)
{
    return at + 1 == text->skip ? text->resume : at + 1;
}

static bool at_end(const struct text *text, const char *at)
{
    return at == text->end || !*at;
}

/* `strict`: text is itself a pattern, whose * only a * takes. */
static bool matches(const char *pattern, const struct text *text, bool strict)
{
    const char *at = text->begin == text->skip ? text->resume : text->begin;
    const char *star = NULL, *retry = NULL;
    while (!at_end(text, at)) {
        bool one = *pattern == '?' ? !strict || *at != '*' : *pattern == *at && *pattern != '*';
        if (*pattern == '*') {
            star = ++pattern;
            retry = at;
        } else if (one && *pattern) {
            pattern++;
            at = after(text, at);
        } else if (star) {
            pattern = star;
            at = retry = after(text, retry);
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool policy_glob(const char *pattern, const char *text)
{
    return matches(pattern, &(struct text){.begin = text}, false);
}

bool policy_glob_covers(const char *wide, const char *narrow)
{
    return matches(wide, &(struct text){.begin = narrow}, true);
}

bool policy_glob_path(const char *pattern, const char *path)
{
    if (policy_glob(pattern, path))
        return true;
    for (; *path; path++)
        if (*path == '/' && policy_glob(pattern, path + 1))
            return true;
    return false;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* The "-1a2b3c4d" before ".so" that auditwheel adds. */
static const char *find_hash(const char *name)
{
    for (; *name; name++) {
        unsigned digits = 0;
        if (*name != '-')
            continue;
        while (is_hex(name[1 + digits]))
            digits++;
        const char *rest = name + 1 + digits;
        if (digits == WHEEL_DIGITS && rest[0] == '.' && rest[1] == 's' && rest[2] == 'o')
            return name;
    }
    return NULL;
}

bool policy_glob_module(const char *pattern, const char *name)
{
    if (policy_glob(pattern, name))
        return true;
    const char *hash = find_hash(name);
    return hash &&
           matches(pattern,
                   &(struct text){.begin = name, .skip = hash, .resume = hash + 1 + WHEEL_DIGITS},
                   false);
}

bool policy_glob_target(const char *pattern, const char *target)
{
    if (policy_glob(pattern, target))
        return true;
    for (const char *at = pattern; *at; at++)
        if (*at == ':')
            return false;
    const char *colon = target;
    while (*colon && *colon != ':')
        colon++;
    return matches(pattern, &(struct text){.begin = target, .end = colon}, false);
}
