/* SPDX-License-Identifier: MIT
 *
 * Which ELF object an address belongs to. Objects are met through _dl_find_object, which is
 * lock-free (dl_iterate_phdr's lock hangs fork children), and recorded once with build id and path.
 */
#ifndef SHUNT_MODULES_H
#define SHUNT_MODULES_H

#include <stdint.h>

struct link_map;

/* Finds the loader's functions. Constructor only. */
void modules_start(void);

/* The frame (TRACE_FRAME) of a return address; *libc is set to 1 if it lies in libc or the loader.
 * Any thread and signal context. */
uint64_t modules_frame(uintptr_t address, int *libc);

/* The record of module `id` of this process's frames; NULL: it has none. */
const struct trace_module *modules_record(uint16_t id);

/* The loader's entry for the object that an address lies in; NULL: none, or glibc before 2.35. Any
 * thread, also before the constructor. */
const struct link_map *modules_map(uintptr_t address);

/* 1 for libc and what belongs to it, which is never an owner. */
int modules_is_libc(const struct link_map *map);

/* A fork child does not wait for a thread that it does not have. */
void modules_forget(void);

/* Looks for objects that are gone and retires them, unless another thread is at it for long.
 * Returns how many. Called after dlclose. */
int modules_sweep(void);

#endif
