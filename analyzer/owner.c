/* SPDX-License-Identifier: MIT
 *
 * See owner.h. A chain is walked function by function: each return address stands for one or more,
 * the inlined ones first.
 */
#include "owner.h"

#include "demangle.h"
#include "text.h"

#include <string.h>

#define VIA_MOST     3
#define CALLERS_MOST 4

/* One function of an expanded chain. */
struct step {
    const struct symbol_frame *frame;
    const struct symbol *symbol;
    const struct trace_module *module; /* NULL: generated code */
    uint64_t address;
};

struct walk {
    const struct source *source;
    const struct trace_context *context;
    unsigned frame;   /* of the chain */
    unsigned inlined; /* function within it */
};

static const struct symbol *symbol_at(const struct source *source, uint64_t frame,
                                      const struct trace_module **module)
{
    *module = reader_module(source->reader, TRACE_FRAME_MODULE(frame));
    if (!*module)
        return NULL;
    struct symbol_module key = {.path = reader_string(source->reader, (*module)->path),
                                .build_id = (*module)->build_id,
                                .build_id_size = (*module)->build_id_size};
    uint32_t index = symbolizer_module(source->build->symbolizer, &key);
    return symbolize(source->build->symbolizer, index, TRACE_FRAME_OFFSET(frame));
}

static bool next(struct walk *walk, struct step *step)
{
    if (!walk->context || walk->frame >= walk->context->frames)
        return false;
    uint64_t frame = walk->context->frame[walk->frame];
    *step = (struct step){.address = TRACE_FRAME_OFFSET(frame)};
    step->symbol = symbol_at(walk->source, frame, &step->module);
    if (!step->symbol) {
        walk->frame++;
        return true;
    }
    step->frame = &step->symbol->frames[walk->inlined];
    if (++walk->inlined >= step->symbol->count) {
        walk->inlined = 0;
        walk->frame++;
    }
    return true;
}

/* Part of libc: by module, or inlined from its headers. */
static bool of_libc(const struct step *step)
{
    if (step->module && step->module->flags & (MODULE_LIBC | MODULE_SHUNT))
        return true;
    return step->frame && step->frame->file && strstr(step->frame->file, "/bits/");
}

static bool is_wrapper(const struct source *source, const struct step *step)
{
    return step->frame && wrappers_match(source->build->options->wrappers, source->build->arena,
                                         step->symbol->module, step->frame->function);
}

/* Where an interpreter or a language's runtime lies in a library, it stands for the application,
 * whose own code it runs; so does what only binds a library to it. */
static bool is_runtime(const char *module)
{
    static const char *const names[] = {"libpython", "libperl.so", "libruby",  "libjvm.so",
                                        "libphp",    "libnode.so", "liblua5.", "libmono"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_starts(module, names[i]))
            return true;
    return false;
}

static bool is_binding(const char *module)
{
    static const char *const marks[] = {".cpython-", ".abi3.so", ".node"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strstr(module, marks[i]))
            return true;
    return false;
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
    struct walk walk = {.source = source,
                        .context = reader_record(source->reader, context, RECORD_CONTEXT)};
    struct step step;
    const char *library = NULL, *binding = NULL;
    while (next(&walk, &step)) {
        if (step.symbol && of_libc(&step))
            continue;
        if (!step.symbol || is_runtime(step.symbol->module))
            break;
        bool main = step.module->flags & MODULE_MAIN;
        if (main && is_wrapper(source, &step))
            continue;
        if (main)
            break;
        if (is_binding(step.symbol->module))
            binding = step.symbol->module;
        else
            library = step.symbol->module;
    }
    return library ? library : binding;
}

static struct owner find(const struct source *source, uint32_t context)
{
    struct walk walk = {.source = source,
                        .context = reader_record(source->reader, context, RECORD_CONTEXT)};
    struct step step, outermost = {0};
    const char *via = NULL;
    unsigned via_count = 0;
    while (next(&walk, &step)) {
        bool wrapper = is_wrapper(source, &step);
        if (!wrapper && !of_libc(&step))
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
    struct owner owner = find(source, context);
    owner.library = library_of(source, context);
    return owner;
}

struct owner owner_of_frame(const struct source *source, uint64_t frame)
{
    struct step step = {.address = TRACE_FRAME_OFFSET(frame)};
    step.symbol = symbol_at(source, frame, &step.module);
    for (unsigned i = 0; step.symbol && i < step.symbol->count; i++) {
        step.frame = &step.symbol->frames[i];
        if (!is_wrapper(source, &step) && !of_libc(&step))
            break;
    }
    return owner_of(source, &step, NULL);
}

unsigned owner_steps(const struct source *source, uint32_t context, struct owner_step *steps,
                     unsigned most)
{
    struct walk walk = {.source = source,
                        .context = reader_record(source->reader, context, RECORD_CONTEXT)};
    struct step step;
    unsigned count = 0;
    while (count < most && next(&walk, &step)) {
        if (of_libc(&step))
            continue;
        bool named = step.symbol && step.frame && step.symbol->stable;
        steps[count++] = (struct owner_step){
            .function = named ? demangle(source->build->arena, step.frame->function) : NULL,
            .module = step.symbol ? text_basename(step.symbol->module) : NULL};
    }
    return count;
}

const char *owner_callers(const struct source *source, uint32_t context)
{
    struct walk walk = {.source = source,
                        .context = reader_record(source->reader, context, RECORD_CONTEXT)};
    struct step step;
    const char *callers = NULL;
    unsigned count = 0;
    bool owner_met = false;
    while (count < CALLERS_MOST && next(&walk, &step)) {
        if (!step.symbol || of_libc(&step) || strcmp(step.frame->function, "_start") == 0)
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

struct owner owner_returning_to(const struct source *source, uint64_t address)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct trace_module *module = (const struct trace_module *)record;
        if (record->type != RECORD_MODULE || address < module->start || address >= module->end ||
            module->unloaded)
            continue;
        struct step step = {0};
        step.symbol =
            symbol_at(source, TRACE_FRAME(module->id, address - module->base), &step.module);
        step.frame = step.symbol ? &step.symbol->frames[0] : NULL;
        return step.frame && !of_libc(&step) ? owner_of(source, &step, NULL) : (struct owner){0};
    }
    return (struct owner){0};
}
