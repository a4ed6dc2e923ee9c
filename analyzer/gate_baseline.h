/* SPDX-License-Identifier: MIT
 *
 * The baseline of `shunt gate`: sites that blocked loops when it was written, and are known. A file
 * for version control: one site an entry, by id, without times or lines, so that it changes only
 * when a site comes or goes.
 */
#ifndef SHUNT_GATE_BASELINE_H
#define SHUNT_GATE_BASELINE_H

#include "arena.h"
#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate_known {
    uint64_t id;
    const char *call, *function, *module;
    bool stable; /* the id outlives a rebuild */
    bool seen;   /* in the recordings that are looked at */
};

struct gate_baseline {
    struct gate_known *items; /* by id */
    size_t count, room;
};

/* Reads the file. 0, or -1 with a sentence. */
int gate_baseline_read(struct gate_baseline *baseline, struct arena *arena, const char *path,
                       struct error *error);

/* Writes it whole or not at all. */
int gate_baseline_write(const struct gate_baseline *baseline, const char *path,
                        struct error *error);

/* Adds a site; texts must live as long as the baseline. Order is made by gate_baseline_order. */
void gate_baseline_add(struct gate_baseline *baseline, struct arena *arena,
                       const struct gate_known *known);
void gate_baseline_order(struct gate_baseline *baseline);

/* NULL: it is not known. */
struct gate_known *gate_baseline_find(struct gate_baseline *baseline, uint64_t id);

#endif
