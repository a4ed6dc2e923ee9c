/* SPDX-License-Identifier: MIT
 *
 * See clients.h.
 */
#include "clients.h"

#include "text.h"

#include <stddef.h>

/* How the file names begin. Libraries whose waits a program may use as its own loop (libcurl's
 * multi interface, event libraries) do not belong here. */
static const char *const names[] = {
    "libpq.so", "libmariadb.so",   "libmysqlclient.so", "libperconaserverclient.so",
    "libldap",  "libmemcached.so", "libhiredis.so",     "libmongoc-1.0.so",
    "libssh2.", "libresolv.so",
};

bool clients_has(const char *module)
{
    const char *name = module ? text_basename(module) : "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_starts(name, names[i]))
            return true;
    return false;
}
