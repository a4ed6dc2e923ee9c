/* SPDX-License-Identifier: MIT
 *
 * See demangle.h. The C++ ABI's own demangler does it, where libstdc++ is installed.
 */
#include "demangle.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

typedef char *demangler(const char *name, char *buffer, size_t *length, int *status);

static demangler *find_demangler(void)
{
    static demangler *found;
    static int looked;
    if (!looked) {
        void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
        if (library)
            *(void **)&found = dlsym(library, "__cxa_demangle");
        looked = 1;
    }
    return found;
}

/* The end of a bracketed part, the brackets of its kind within it passed over. */
static const char *bracket_end(const char *at, char open, char close)
{
    int depth = 0;
    for (; *at; at++) {
        depth += *at == open;
        depth -= *at == close;
        if (!depth)
            return at + 1;
    }
    return at;
}

/* Length of a piece that is kept as it is, though it holds brackets; 0: none begins here. */
static size_t kept_piece(const char *at)
{
    static const char anonymous[] = "(anonymous namespace)", word[] = "operator";
    if (!strncmp(at, anonymous, sizeof anonymous - 1))
        return sizeof anonymous - 1;
    if (strncmp(at, word, sizeof word - 1) != 0)
        return 0;
    const char *symbol = at + sizeof word - 1;
    return sizeof word - 1 + (!strncmp(symbol, "()", 2) ? 2 : strspn(symbol, "<>-=+*/%!&|^~,[]"));
}

/* Writes the name without parameters and template arguments over itself. */
static void shorten(char *name)
{
    char *to = name;
    for (const char *at = name; *at;) {
        size_t piece = kept_piece(at);
        if (piece) {
            memmove(to, at, piece);
            to += piece;
            at += piece;
        } else if (*at == '<') {
            at = bracket_end(at, '<', '>');
            *to++ = '<';
            *to++ = '>';
        } else if (*at == '(') {
            at = bracket_end(at, '(', ')');
            if (*at != ':' && *at != '}' && *at != '#')
                break; /* the function's own parameters: the rest are qualifiers */
        } else {
            *to++ = *at++;
        }
    }
    *to = 0;
}

const char *demangle(struct arena *arena, const char *name)
{
    demangler *tool = !strncmp(name, "_Z", 2) ? find_demangler() : NULL;
    int status = -1;
    char *full = tool ? tool(name, NULL, NULL, &status) : NULL;
    if (!full || status != 0)
        return name;
    shorten(full);
    const char *kept = arena_copy(arena, full);
    free(full);
    return kept;
}
