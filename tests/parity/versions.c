/* SPDX-License-Identifier: MIT
 *
 * libc keeps older code under some names, for programs that were linked to it. Each of the two
 * codes is met here by the version it has, and shows that it is the one: by the linker, and by
 * dlsym and dlvsym.
 *
 *   versions NAME
 */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "truth.h"

/* The older code of `name` as a function `old_name`. */
#define OLD(name, version, result, params)               \
    __asm__(".symver old_" #name "," #name "@" version); \
    extern result old_##name params

OLD(realpath, "GLIBC_2.2.5", char *, (const char *path, char *resolved));

static char *volatile nowhere; /* NULL, unknown to the compiler */

/* The older one does not allocate. */
static void full_path(const char *which, char *(*resolve)(const char *, char *))
{
    char *found = resolve("/usr/..", nowhere);
    printf("%s %s %s\n", which, found ? found : "nothing", found ? "" : strerrorname_np(errno));
    free(found);
}

static void paths(void)
{
    char *(*by_name)(const char *, char *) = dlsym(RTLD_DEFAULT, "realpath");
    char *(*by_old)(const char *, char *) = dlvsym(RTLD_DEFAULT, "realpath", "GLIBC_2.2.5");
    char *(*by_new)(const char *, char *) = dlvsym(RTLD_DEFAULT, "realpath", "GLIBC_2.3");
    full_path("linked", realpath);
    full_path("linked old", old_realpath);
    full_path("named", by_name);
    full_path("named old", by_old);
    full_path("named new", by_new);
    truth_check(!dlvsym(RTLD_DEFAULT, "realpath", "GLIBC_2.4"));
    truth_expect("calls realpath == 5");
}

/* Another library's function stands before libc's, for every version. */
static void another(void)
{
    full_path("linked", realpath);
    full_path("linked old", old_realpath);
    full_path("named", dlsym(RTLD_DEFAULT, "realpath"));
    truth_expect("calls realpath == 3");
}

static const struct {
    const char *name;
    void (*play)(void);
} plays[] = {
    {"realpath", paths},
    {"another", another},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof plays / sizeof *plays; i++)
        if (!strcmp(argv[1], plays[i].name))
            plays[i].play();
    return 0;
}
