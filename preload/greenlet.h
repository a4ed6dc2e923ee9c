/* SPDX-License-Identifier: MIT
 *
 * Where the frames of a greenlet begin on the stack that greenlets share: in a function of
 * greenlet's module that switches to a new one. greenlet copies away and back what lies below that
 * function's caller; above it others have gone on meanwhile.
 */
#ifndef SHUNT_GREENLET_H
#define SHUNT_GREENLET_H

#include <stdint.h>

struct link_map;

/* An object was met, or is gone. One thread at a time. */
void greenlet_meet(const struct link_map *map, uintptr_t start, uintptr_t end);
void greenlet_part(const struct link_map *map);

/* Was greenlet's module met? */
int greenlet_is_known(void);

/* Is the frame with this return address a greenlet's first? What a walk finds beyond it is not to
 * be believed. 0 as well where greenlet's module does not name its functions, as before 2.0. Any
 * context. */
int greenlet_is_first(uintptr_t ip);

#endif
