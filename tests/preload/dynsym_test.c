/* SPDX-License-Identifier: MIT
 *
 * Symbols by an object's own tables are those that dlsym finds, and no others.
 */
#include "dynsym.h"
#include "lookup.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

static const struct link_map *object(const char *name)
{
    for (const struct link_map *map = _r_debug.r_map; map; map = map->l_next)
        if (strstr(map->l_name, name))
            return map;
    return NULL;
}

Test(dynsym, finds_what_dlsym_finds)
{
    static const char *const names[] = {"poll", "environ", "pthread_create", "realpath", "stdin"};
    void *libc = dlopen("libc.so.6", RTLD_NOW);
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        cr_expect_eq(dynsym_find(object("/libc.so.6"), names[i]), dlsym(libc, names[i]), "%s",
                     names[i]);
}

Test(dynsym, finds_nothing_else)
{
    cr_expect_null(dynsym_find(object("/libc.so.6"), "no_such_function"));
    cr_expect_null(dynsym_find(object("/libc.so.6"), ""));
    /* Used by it, and defined elsewhere. */
    cr_expect_null(dynsym_find(object("/libcriterion"), "poll"));
    /* What is of a thread is no address. */
    cr_expect_null(dynsym_find(object("/libc.so.6"), "errno"));
}

Test(dynsym, finds_in_what_dlsym_does_not_search)
{
    void *library = dlopen("libcrypt.so.1", RTLD_NOW | RTLD_LOCAL);
    cr_assert(library, "libcrypt is not there");
    cr_expect_null(dlsym(RTLD_DEFAULT, "crypt"));
    cr_expect_eq(dynsym_find(object("/libcrypt.so"), "crypt"), dlsym(library, "crypt"));
}

Test(lookup, knows_itself_and_what_comes_next)
{
    cr_expect_eq(lookup_us(), _r_debug.r_map);
    cr_expect_eq(lookup_next("poll"), dlsym(RTLD_DEFAULT, "poll"));
    cr_expect_eq(lookup_next_version("realpath", "GLIBC_2.2.5"),
                 dlvsym(RTLD_DEFAULT, "realpath", "GLIBC_2.2.5"));
    cr_expect_neq(lookup_next("realpath"), lookup_next_version("realpath", "GLIBC_2.2.5"));
    cr_expect_null(lookup_next("no_such_function"));
}
