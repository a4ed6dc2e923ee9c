/* SPDX-License-Identifier: MIT
 *
 * Patterns of the policy: `*` is any text, `?` one byte, all else itself. (fnmatch(3) allocates and
 * asks the locale; and its brackets would stand in the way of tcp:[::1]:5432.)
 *
 * All of it may be used in any context: no allocation, no libc.
 */
#ifndef SHUNT_POLICY_GLOB_H
#define SHUNT_POLICY_GLOB_H

#include <stdbool.h>

bool policy_glob(const char *pattern, const char *text);

/* A path, or what follows any of its slashes: src/aof.c is /build/redis/src/aof.c. */
bool policy_glob_path(const char *pattern, const char *path);

/* A module's file name, with or without the hash that wheels put in: libpq-1a2b3c4d.so.5.16 is
 * libpq.so.5.16, too. */
bool policy_glob_module(const char *pattern, const char *name);

/* What an fd is. A pattern without a colon is a kind: tty is tty:/dev/pts/1. */
bool policy_glob_target(const char *pattern, const char *target);

/* Does `wide` match whatever `narrow` matches? False when that is not sure. */
bool policy_glob_covers(const char *wide, const char *narrow);

#endif
