/* SPDX-License-Identifier: MIT
 *
 * How this library itself looks symbols up. Not through the name dlsym: that is a thunk of ours
 * which asks here (asked.c), or a function of another preload that comes before us, whose frame
 * would give RTLD_NEXT another meaning. libc's own is found in its symbol table.
 */
#ifndef SHUNT_LOOKUP_H
#define SHUNT_LOOKUP_H

struct link_map;

/* The loader's entry for this library. */
const struct link_map *lookup_us(void);

/* The next definition of `name` after this library, as dlsym(RTLD_NEXT, name) would say; NULL if
 * there is none. Takes the loader's lock. */
void *lookup_next(const char *name);

/* The same, asked for where `where` is still NULL, and kept there. Any thread. */
void *lookup_next_once(void **where, const char *name);

/* The same for one version of it, as dlvsym. */
void *lookup_next_version(const char *name, const char *version);

/* What a handle, or RTLD_DEFAULT, leads to. */
void *lookup_in(void *handle, const char *name);

#endif
