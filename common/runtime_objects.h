/* SPDX-License-Identifier: MIT
 *
 * Libraries that hold an interpreter or a language's runtime, by how their files' names begin: such
 * a library stands for the application, whose own code it runs. And marks in the names of libraries
 * that only bind another one to it.
 */
#ifndef SHUNT_RUNTIME_OBJECTS_H
#define SHUNT_RUNTIME_OBJECTS_H

/* clang-format off */
#define RUNTIME_OBJECTS \
    "libpython", "libperl.so", "libruby", "libjvm.so", "libphp", "libnode.so", "liblua5.", "libmono"
#define BINDING_MARKS ".cpython-", ".abi3.so", ".node"
/* clang-format on */

#endif
