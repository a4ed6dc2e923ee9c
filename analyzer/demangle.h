/* SPDX-License-Identifier: MIT
 *
 * C++ names as people say them. For reading only: site ids are made of the names as the binary has
 * them.
 */
#ifndef SHUNT_DEMANGLE_H
#define SHUNT_DEMANGLE_H

#include "arena.h"

/* "node::fs::Open" for "_ZN4node2fsL4OpenE...": without parameters, template arguments as <>. The
 * name itself if it is not a C++ name, or if no libstdc++ is installed. Lives in the arena, or as
 * `name`. */
const char *demangle(struct arena *arena, const char *name);

#endif
