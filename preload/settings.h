/* SPDX-License-Identifier: MIT
 *
 * Settings of green runtimes that the program was started with, for the report to say why a call
 * blocks. Variables of a fixed list and no others: an environment holds secrets.
 */
#ifndef SHUNT_SETTINGS_H
#define SHUNT_SETTINGS_H

/* Puts those that are set into the trace. Constructor only. */
void settings_note(void);

#endif
