/* SPDX-License-Identifier: MIT
 *
 * Watches the calls by which a program rations its memory; see rations.c.
 */
#ifndef SHUNT_RATIONS_H
#define SHUNT_RATIONS_H

/* Looks the watched functions up. Constructor only. */
void rations_start(void);

#endif
