/* SPDX-License-Identifier: MIT
 *
 * What belongs to libc, by how its file's name begins: such code is never an owner.
 */
#ifndef SHUNT_LIBC_OBJECTS_H
#define SHUNT_LIBC_OBJECTS_H

/* clang-format off */
#define LIBC_OBJECTS \
    "libc.so", "ld-linux", "libpthread.so", "librt.so", "libdl.so", "libanl.so", "libresolv.so", "linux-vdso"
/* clang-format on */

#endif
