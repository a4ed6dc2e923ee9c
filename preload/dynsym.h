/* SPDX-License-Identifier: MIT
 *
 * Symbols of one loaded object by its own tables: also of one that dlsym does not search because it
 * was opened with RTLD_LOCAL, without the loader's lock and in any context.
 */
#ifndef SHUNT_DYNSYM_H
#define SHUNT_DYNSYM_H

#include <link.h>

/* Address of the symbol that `map` itself defines, NULL if it defines none. The object stays loaded
 * meanwhile. Any thread and signal context. */
void *dynsym_find(const struct link_map *map, const char *name);

#endif
