/* SPDX-License-Identifier: MIT
 *
 * See owner.h.
 */
#include "owner.h"

#include "demangle.h"
#include "owner_python.h"
#include "python.h"
#include "steps.h"
#include "text.h"

#include <string.h>

#define VIA_MOST     3
#define CALLERS_MOST 4

static bool is_wrapper(const struct source *source, const struct step *step)
{
    return step->frame && wrappers_match(source->build->options->wrappers, source->build->arena,
                                         step->symbol->module, step->frame->function);
}

static const char *append(struct arena *arena, const char *list, const char *name, unsigned *count,
                          unsigned most)
{
    if (++*count > most)
        return list;
    return list ? arena_print(arena, "%s < %s", list, name) : name;
}

static struct owner owner_of(const struct source *source, const struct step *step, const char *via)
{
    if (!step->symbol || !step->frame)
        return (struct owner){
            .function = arena_print(source->build->arena, "generated code at 0x%llx",
                                    (unsigned long long)step->address),
            .module = "no module",
            .unstable = "the address lies in no mapped file: generated code, or a frame lost",
            .via = via};
    return (struct owner){.function = step->frame->function,
                          .module = step->symbol->module,
                          .file = step->frame->file,
                          .line = step->frame->line,
                          .in_main_module = step->module->flags & MODULE_MAIN,
                          .unstable = step->symbol->stable ? NULL : step->symbol->unstable,
                          .via = via};
}

static const char *library_of(const struct source *source, uint32_t context)
{
    struct steps steps = steps_of(source, context);
    struct step step;
    const char *library = NULL, *binding = NULL;
    while (steps_next(&steps, &step)) {
        if (step.symbol && step_is_libc(&step))
            continue;
        if (!step.symbol || step_is_runtime(&step))
            break;
        bool main = step.module->flags & MODULE_MAIN;
        if (main && is_wrapper(source, &step))
            continue;
        if (main)
            break;
        if (step_is_binding(&step))
            binding = step.symbol->module;
        else
            library = step.symbol->module;
    }
    return library ? library : binding;
}

/* The first native function that is the application's, as far as native code can be. */
static struct owner native_owner(const struct source *source, uint32_t context)
{
    struct steps steps = steps_of(source, context);
    struct step step, outermost = {0};
    const char *via = NULL;
    unsigned via_count = 0;
    while (steps_next(&steps, &step)) {
        bool wrapper = is_wrapper(source, &step);
        if (!wrapper && !step_is_libc(&step))
            return owner_of(source, &step, via);
        outermost = step;
        if (wrapper && step.frame)
            via =
                append(source->build->arena, via,
                       demangle(source->build->arena, step.frame->function), &via_count, VIA_MOST);
    }
    if (outermost.symbol) /* libc's own doing, or nothing but wrappers */
        return owner_of(source, &outermost, NULL);
    return (struct owner){.function = "unknown caller",
                          .module = "no module",
                          .unstable = context ? "its chain of callers was not recorded"
                                              : "there was no room to learn its chain of callers"};
}

struct owner owner_find(const struct source *source, uint32_t context)
{
    struct python_chain chain;
    python_chain_read(source, context, &chain);
    if (chain.count)
        return owner_in_python(source, context, &chain);
    struct owner owner = native_owner(source, context);
    owner.library = library_of(source, context);
    return owner;
}

const char *owner_shown_module(const struct source *source, const struct owner *owner)
{
    return owner->in_main_module && !owner->python ? source->process->name : owner->module;
}

struct owner owner_of_frame(const struct source *source, uint64_t frame)
{
    struct step step = steps_at(source, frame);
    for (unsigned i = 0; step.symbol && i < step.symbol->count; i++) {
        step.frame = &step.symbol->frames[i];
        if (!is_wrapper(source, &step) && !step_is_libc(&step))
            break;
    }
    return owner_of(source, &step, NULL);
}

struct owner owner_that_begins(const struct source *source, uint64_t frame)
{
    struct step step = steps_at(source, frame);
    if (step.symbol)
        step.frame = &step.symbol->frames[step.symbol->count - 1];
    return owner_of(source, &step, NULL);
}

unsigned owner_steps(const struct source *source, uint32_t context, struct owner_step *steps,
                     unsigned most)
{
    struct steps walk = steps_of(source, context);
    struct step step;
    unsigned count = 0;
    while (count < most && steps_next(&walk, &step)) {
        if (step_is_libc(&step))
            continue;
        bool named = step.symbol && step.frame && step.symbol->stable;
        steps[count++] = (struct owner_step){
            .function = named ? demangle(source->build->arena, step.frame->function) : NULL,
            .module = step.symbol ? text_basename(step.symbol->module) : NULL};
    }
    return count;
}

static const char *native_callers(const struct source *source, uint32_t context)
{
    struct steps steps = steps_of(source, context);
    struct step step;
    const char *callers = NULL;
    unsigned count = 0;
    bool owner_met = false;
    while (count < CALLERS_MOST && steps_next(&steps, &step)) {
        if (!step.symbol || step_is_libc(&step) || strcmp(step.frame->function, "_start") == 0)
            continue;
        if (!owner_met)
            owner_met = !is_wrapper(source, &step);
        else
            callers = append(
                source->build->arena, callers,
                step.symbol->stable ? demangle(source->build->arena, step.frame->function) : "?",
                &count, CALLERS_MOST);
    }
    return callers;
}

const char *owner_callers(const struct source *source, uint32_t context)
{
    struct python_chain chain;
    python_chain_read(source, context, &chain);
    return chain.count ? python_callers(source->build->arena, &chain, CALLERS_MOST)
                       : native_callers(source, context);
}

struct owner owner_returning_to(const struct source *source, uint64_t address)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct trace_module *module = (const struct trace_module *)record;
        if (record->type != RECORD_MODULE || address < module->start || address >= module->end ||
            module->unloaded)
            continue;
        struct step step = steps_at(source, TRACE_FRAME(module->id, address - module->base));
        return step.frame && !step_is_libc(&step) ? owner_of(source, &step, NULL)
                                                  : (struct owner){0};
    }
    return (struct owner){0};
}
