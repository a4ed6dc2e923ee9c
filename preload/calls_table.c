/* SPDX-License-Identifier: MIT
 *
 * The preload's copy of the table of calls; see common/calls.def.
 */
#include "calls_table.inc"
