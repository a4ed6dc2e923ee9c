/* SPDX-License-Identifier: MIT
 *
 * The analyzer's copy of the table of calls; see common/calls.def.
 */
#include "calls_table.inc"
