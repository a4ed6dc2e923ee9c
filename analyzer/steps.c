/* SPDX-License-Identifier: MIT
 *
 * See steps.h. Names of CPython's functions: Python/ceval.c of 3.8 to 3.14.
 */
#include "steps.h"

#include "runtime_objects.h"
#include "text.h"

#include <string.h>

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

struct steps steps_of(const struct source *source, uint32_t context)
{
    return (struct steps){.source = source,
                          .context = reader_record(source->reader, context, RECORD_CONTEXT)};
}

bool steps_next(struct steps *steps, struct step *step)
{
    if (!steps->context || steps->frame >= steps->context->frames)
        return false;
    uint64_t frame = steps->context->frame[steps->frame];
    *step = (struct step){.address = TRACE_FRAME_OFFSET(frame)};
    step->symbol = symbol_at(steps->source, frame, &step->module);
    if (!step->symbol) {
        steps->frame++;
        return true;
    }
    step->frame = &step->symbol->frames[steps->inlined];
    if (++steps->inlined >= step->symbol->count) {
        steps->inlined = 0;
        steps->frame++;
    }
    return true;
}

struct step steps_at(const struct source *source, uint64_t frame)
{
    struct step step = {.address = TRACE_FRAME_OFFSET(frame)};
    step.symbol = symbol_at(source, frame, &step.module);
    step.frame = step.symbol ? &step.symbol->frames[0] : NULL;
    return step;
}

bool step_is_libc(const struct step *step)
{
    if (step->module && step->module->flags & (MODULE_LIBC | MODULE_SHUNT))
        return true;
    return step->frame && step->frame->file && strstr(step->frame->file, "/bits/");
}

bool step_is_runtime(const struct step *step)
{
    static const char *const names[] = {RUNTIME_OBJECTS};
    for (size_t i = 0; step->symbol && i < sizeof names / sizeof *names; i++)
        if (text_starts(step->symbol->module, names[i]))
            return true;
    return false;
}

bool step_is_binding(const struct step *step)
{
    static const char *const marks[] = {BINDING_MARKS};
    for (size_t i = 0; step->symbol && i < sizeof marks / sizeof *marks; i++)
        if (strstr(step->symbol->module, marks[i]))
            return true;
    return false;
}

bool step_is_eval(const struct step *step)
{
    return step->frame && strcmp(step->frame->function, "_PyEval_EvalFrameDefault") == 0;
}

/* A program that has the interpreter linked in carries its functions among its own. */
bool step_is_python(const struct step *step)
{
    if (!step->symbol)
        return false;
    return text_starts(step->symbol->module, "libpython3") ||
           text_starts(step->symbol->module, "python3") ||
           (step->module->flags & MODULE_MAIN && step->symbol->stable &&
            (text_starts(step->frame->function, "_Py") ||
             text_starts(step->frame->function, "Py")));
}

const char *step_path(const struct source *source, const struct step *step)
{
    return step->module ? reader_string(source->reader, step->module->path) : NULL;
}
