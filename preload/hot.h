/* SPDX-License-Identifier: MIT
 *
 * The few variables that every call reads lie side by side, in one cache line of a section of their
 * own, and are reached without the global offset table. The one that the linker puts first begins
 * the line, and a page; tests/integration/exports.bash looks whether they are in it.
 *
 * Behind them, in the same page, lies what else is read in calls again and again, and what runs in
 * them lies together, too. Where a system call makes the processor forget its translations of
 * addresses (page tables that are apart from the kernel's, on one without PCID), every page that is
 * touched after it is looked up anew.
 */
#ifndef SHUNT_HOT_H
#define SHUNT_HOT_H

#define HOT_IN(section_, alignment) \
    __attribute__((section(section_), aligned(alignment), visibility("hidden")))
#define HOT_FIRST HOT_IN("shunt_hot", 4096)
#define HOT_DATA  HOT_IN("shunt_hot", 8)

/* What locks alone read. */
#define HOT_LOCKS HOT_IN("shunt_hot_locks", 32)

/* What some calls read, and that of which each reads a part. */
#define HOT_PYTHON HOT_IN("shunt_hot_python", 32)
#define HOT_TABLE  HOT_IN("shunt_hot_table", 32)

/* Functions that a call goes through apart from its wrapper, and wrappers that are called together.
 */
#define HOT_TEXT __attribute__((section(".text.hot")))

#endif
