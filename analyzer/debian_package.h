/* SPDX-License-Identifier: MIT
 *
 * The Debian package that a file came with, to say whose debug symbols to install.
 */
#ifndef SHUNT_DEBIAN_PACKAGE_H
#define SHUNT_DEBIAN_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Looks through dpkg's lists of files. False: none, or no dpkg here. */
bool debian_package_of(const char *path, char *name, size_t size);

#endif
