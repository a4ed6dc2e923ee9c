/* SPDX-License-Identifier: MIT
 *
 * The library's place and the environment that loads it.
 */
#include "preload_env.h"

#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* In the order they are tried, from the executable's directory. */
static const char *const library_places[] = {
    "../preload/libshunt.so",
    "../lib*/shunt/libshunt.so",
    "../lib*/*/shunt/libshunt.so",
};

static char *first_match(const char *pattern)
{
    glob_t found;
    char *path = NULL;
    if (glob(pattern, 0, NULL, &found) == 0)
        path = realpath(found.gl_pathv[0], NULL);
    globfree(&found);
    return path;
}

char *preload_env_find_library(void)
{
    const char *given = getenv("SHUNT_LIBRARY");
    if (given && *given)
        return access(given, R_OK) == 0 ? realpath(given, NULL) : NULL;

    char exe[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (length <= 0)
        return NULL;
    exe[length] = '\0';
    *strrchr(exe, '/') = '\0';
    char *path = NULL;
    for (unsigned i = 0; !path && i < sizeof library_places / sizeof *library_places; i++) {
        char pattern[PATH_MAX + 64];
        snprintf(pattern, sizeof pattern, "%s/%s", exe, library_places[i]);
        path = first_match(pattern);
    }
    return path;
}

/* The user's list stays to the letter, for the program gets it back so. A sanitizer's runtime in it
 * insists on coming first; `first`, which the program needs, comes before us if there is no list.
 */
static char *preload_variable(const struct preload_options *options)
{
    const char *list = getenv("LD_PRELOAD");
    char *variable;
    int length;
    if (list && strstr(list, "san"))
        length = asprintf(&variable, "LD_PRELOAD=%s:%s", list, options->library);
    else if (list)
        length = asprintf(&variable, "LD_PRELOAD=%s:%s", options->library, list);
    else
        length = asprintf(&variable, "LD_PRELOAD=%s%s%s", options->first,
                          *options->first ? ":" : "", options->library);
    return length < 0 ? NULL : variable;
}

/* Takes ownership of `variable`, which may be NULL (no memory). */
static bool set(char **environment, char *variable)
{
    if (!variable)
        return false;
    size_t name = strcspn(variable, "=") + 1;
    char **at = environment;
    while (*at && strncmp(*at, variable, name) != 0)
        at++;
    free(*at);
    *at = variable;
    return true;
}

static char *text_variable(const char *name, const char *value)
{
    char *variable;
    return asprintf(&variable, "%s=%s", name, value) < 0 ? NULL : variable;
}

static char *number_variable(const char *name, uint64_t value)
{
    char *variable;
    return asprintf(&variable, "%s=%" PRIu64, name, value) < 0 ? NULL : variable;
}

/* Is `_` the path the shell started us by? */
static bool underscore_is_us(void)
{
    const char *underscore = getenv("_");
    struct stat named, ours;
    return underscore && stat(underscore, &named) == 0 && stat("/proc/self/exe", &ours) == 0 &&
           named.st_dev == ours.st_dev && named.st_ino == ours.st_ino;
}

char **preload_env_make(const struct preload_options *options, const char *program)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **copy = calloc(count + 13, sizeof *copy);
    bool fine = copy;
    for (size_t i = 0; fine && i < count; i++)
        fine = (copy[i] = strdup(environ[i]));
    if (fine && underscore_is_us())
        fine = set(copy, text_variable("_", program));
    if (fine && options)
        fine = set(copy, preload_variable(options)) &&
               set(copy, text_variable("SHUNT_LIBRARY", options->library)) &&
               set(copy, text_variable("SHUNT_DIR", options->dir)) &&
               set(copy, number_variable("SHUNT_THRESHOLD_NS", options->threshold_ns)) &&
               set(copy, number_variable("SHUNT_MAX_SIZE", options->max_size));
    if (fine && options && options->no_python)
        fine = set(copy, number_variable("SHUNT_PYTHON", 0));
    if (fine && options && options->policy)
        fine = set(copy, text_variable("SHUNT_POLICY", options->policy));
    if (fine && options && options->route)
        fine = set(copy, text_variable("SHUNT_ROUTE", options->route));
    if (fine && options && *options->first && !getenv("LD_PRELOAD"))
        fine = set(copy, text_variable("SHUNT_FIRST", options->first));
    if (fine)
        return copy;
    preload_env_free(copy);
    return NULL;
}

void preload_env_free(char **environment)
{
    for (char **at = environment; at && *at; at++)
        free(*at);
    free(environment);
}
