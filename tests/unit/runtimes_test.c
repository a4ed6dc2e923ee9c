/* SPDX-License-Identifier: MIT
 *
 * Versions of green runtimes, as the names of their metadata tell.
 */
#include "runtimes.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;
static char packages[] = "/tmp/shunt-packages.XXXXXX";

static void make(void)
{
    cr_assert_not_null(mkdtemp(packages));
}

static void drop(void)
{
    cr_assert_eq(system(arena_print(&arena, "rm -rf %s", packages)), 0);
    arena_release(&arena);
}

TestSuite(runtimes, .init = make, .fini = drop);

static void installed(const char *entry)
{
    cr_assert_eq(mkdir(arena_print(&arena, "%s/%s", packages, entry), 0700), 0);
}

static const char *version(const char *package)
{
    return runtimes_version(&arena, arena_print(&arena, "%s/%s/hubs/hub.py", packages, package),
                            package);
}

Test(runtimes, of_an_egg)
{
    installed("eventlet-0.33.1.egg-info");
    cr_assert_str_eq(version("eventlet"), "0.33.1");
}

Test(runtimes, of_an_egg_for_one_python)
{
    installed("gevent-22.10.2-py3.11.egg-info");
    cr_assert_str_eq(version("gevent"), "22.10.2");
}

Test(runtimes, of_a_wheel)
{
    installed("eventlet-0.36.1.dist-info");
    cr_assert_str_eq(version("eventlet"), "0.36.1");
}

Test(runtimes, of_another_package_is_none)
{
    installed("eventlet_extras-1.0.dist-info");
    installed("eventlet-0.33.1.dist-info.old");
    cr_assert_null(version("eventlet"));
}

Test(runtimes, of_a_relative_path_is_none)
{
    cr_assert_null(runtimes_version(&arena, "eventlet/hubs/hub.py", "eventlet"));
    cr_assert_null(runtimes_version(&arena, "/eventlet/hubs/hub.py", "eventlet"));
}
