/* SPDX-License-Identifier: MIT
 *
 * The few variables that every call reads lie side by side, in one cache line of a section of their
 * own, and are reached without the global offset table. The one that the linker puts first begins
 * the line; tests/integration/exports.bash looks whether they are in it.
 */
#ifndef SHUNT_HOT_H
#define SHUNT_HOT_H

#define HOT_IN(section_, alignment) \
    __attribute__((section(section_), aligned(alignment), visibility("hidden")))
#define HOT_FIRST HOT_IN("shunt_hot", 64)
#define HOT_DATA  HOT_IN("shunt_hot", 8)

/* What locks alone read. */
#define HOT_LOCKS HOT_IN("shunt_hot_locks", 32)

#endif
