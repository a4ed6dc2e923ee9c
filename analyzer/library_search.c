/* SPDX-License-Identifier: MIT
 *
 * Looks for shared libraries as ld.so(8) describes it.
 */
#include "library_search.h"

#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const usual[] = {
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
};

/* The loader passes over objects of another class or machine. */
static bool fits(const char *path)
{
    Elf64_Ehdr header;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool whole = read(fd, &header, sizeof header) == (ssize_t)sizeof header;
    close(fd);
    return whole && !memcmp(header.e_ident, ELFMAG, SELFMAG) &&
           header.e_ident[EI_CLASS] == ELFCLASS64 && header.e_machine == EM_X86_64;
}

static bool try_directory(const char *directory, int length, const char *name, char *path,
                          size_t size)
{
    int written = snprintf(path, size, "%.*s/%s", length, directory, name);
    return length && written > 0 && (size_t)written < size && fits(path);
}

/* Replaces $ORIGIN and ${ORIGIN}. */
static void expand(const char *list, const char *origin, char *out, size_t size)
{
    size_t used = 0;
    while (*list && used + 1 < size) {
        size_t token = !strncmp(list, "$ORIGIN", 7) ? 7 : !strncmp(list, "${ORIGIN}", 9) ? 9 : 0;
        if (token) {
            int written = snprintf(out + used, size - used, "%s", origin);
            used += (size_t)written < size - used ? (size_t)written : size - used - 1;
            list += token;
        } else {
            out[used++] = *list++;
        }
    }
    out[used] = '\0';
}

static bool try_list(const char *list, const char *origin, const char *name, char *path,
                     size_t size)
{
    char expanded[4096];
    expand(list, origin, expanded, sizeof expanded);
    for (const char *at = expanded; *at;) {
        size_t length = strcspn(at, ":");
        if (try_directory(at, (int)length, name, path, size))
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

static bool try_configuration(const char *file, const char *name, char *path, size_t size)
{
    char line[PATH_MAX];
    bool found = false;
    FILE *stream = fopen(file, "re");
    while (stream && !found && fgets(line, sizeof line, stream)) {
        line[strcspn(line, " \t\r\n#")] = '\0';
        if (line[0] == '/')
            found = try_directory(line, (int)strlen(line), name, path, size);
    }
    if (stream)
        fclose(stream);
    return found;
}

static bool try_configurations(const char *name, char *path, size_t size)
{
    glob_t files;
    bool found = false;
    if (glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &files) == 0)
        for (size_t i = 0; !found && i < files.gl_pathc; i++)
            found = try_configuration(files.gl_pathv[i], name, path, size);
    globfree(&files);
    return found || try_configuration("/etc/ld.so.conf", name, path, size);
}

bool library_search(const char *name, const char *runpath, const char *origin, char *path,
                    size_t size)
{
    if (strchr(name, '/')) {
        int written = snprintf(path, size, "%s", name);
        return (size_t)written < size && fits(path);
    }
    const char *given = getenv("LD_LIBRARY_PATH");
    if (try_list(runpath, origin, name, path, size) ||
        (given && try_list(given, origin, name, path, size)) ||
        try_configurations(name, path, size))
        return true;
    for (unsigned i = 0; i < sizeof usual / sizeof *usual; i++)
        if (try_directory(usual[i], (int)strlen(usual[i]), name, path, size))
            return true;
    path[0] = '\0';
    return false;
}
