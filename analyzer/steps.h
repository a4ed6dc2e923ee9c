/* SPDX-License-Identifier: MIT
 *
 * A chain of return addresses, function by function: each address stands for one or more, the
 * inlined ones first. And what a module is to the question whose code it is.
 */
#ifndef SHUNT_STEPS_H
#define SHUNT_STEPS_H

#include "build.h"

/* One function of an expanded chain. */
struct step {
    const struct symbol_frame *frame;
    const struct symbol *symbol;       /* NULL: generated code */
    const struct trace_module *module; /* NULL, too */
    uint64_t address;
};

struct steps {
    const struct source *source;
    const struct trace_context *context; /* NULL: no steps */
    unsigned frame;                      /* of the chain */
    unsigned inlined;                    /* function within it */
};

/* Of a context (a record id; 0 or anything unknown has none). */
struct steps steps_of(const struct source *source, uint32_t context);
bool steps_next(struct steps *steps, struct step *step);

/* The first function at a single return address, as in a context. */
struct step steps_at(const struct source *source, uint64_t frame);

/* Part of libc: by module, or inlined from its headers. */
bool step_is_libc(const struct step *step);

/* Where an interpreter or a language's runtime lies in a library, it stands for the application,
 * whose own code it runs; so does what only binds a library to it. */
bool step_is_runtime(const struct step *step);
bool step_is_binding(const struct step *step);

/* CPython's own code, in its executable or its library; and of it the function that runs Python
 * code: what lies inward of it belongs to the Python frame that it runs. */
bool step_is_python(const struct step *step);
bool step_is_eval(const struct step *step);

/* The module's file as it was mapped; NULL unknown. */
const char *step_path(const struct source *source, const struct step *step);

#endif
