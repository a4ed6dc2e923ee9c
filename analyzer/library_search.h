/* SPDX-License-Identifier: MIT
 *
 * Where the loader would find a library: RUNPATH or RPATH, LD_LIBRARY_PATH, the directories of
 * ld.so.conf and the usual ones. Good enough to look into libraries beforehand; the loader itself
 * asks its cache.
 */
#ifndef SHUNT_LIBRARY_SEARCH_H
#define SHUNT_LIBRARY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/* Finds the 64-bit library `name` for an object in directory `origin` with search path `runpath`
 * (both may be empty; $ORIGIN is replaced). */
bool library_search(const char *name, const char *runpath, const char *origin, char *path,
                    size_t size);

#endif
