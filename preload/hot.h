/* SPDX-License-Identifier: MIT
 *
 * The few variables that every call reads lie side by side, in one cache line of a section of their
 * own, and are reached without the global offset table.
 */
#ifndef SHUNT_HOT_H
#define SHUNT_HOT_H

#define HOT_DATA __attribute__((section("shunt_hot"), aligned(16), visibility("hidden")))

#endif
