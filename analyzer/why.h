/* SPDX-License-Identifier: MIT
 *
 * Why a call blocks the hub of a green runtime although the runtime has patched calls like it: as
 * far as the frames under the call and the settings of the process tell. What monkey_patch was
 * asked for is not read from the process.
 */
#ifndef SHUNT_WHY_H
#define SHUNT_WHY_H

#include "build.h"

/* Fills `why` of the sites that blocked a hub. After loops_fill, settings_fill and
 * targets_fill. */
void why_fill(struct source *source);

#endif
