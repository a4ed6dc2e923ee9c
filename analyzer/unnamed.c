/* SPDX-License-Identifier: MIT
 *
 * See unnamed.h. The interpreter's loop in a chain says that Python code was running there.
 */
#include "unnamed.h"

#include "format.h"
#include "steps.h"
#include "text.h"

#define WORTH 20u /* one part in so many of the blocked time */

struct tally {
    uint64_t named, unnamed;             /* blocked calls */
    uint64_t named_ticks, unnamed_ticks; /* their time */
};

static bool runs_python(const struct source *source, uint32_t context)
{
    struct steps steps = steps_of(source, context);
    struct step step;
    while (steps_next(&steps, &step))
        if (step_is_eval(&step))
            return true;
    return false;
}

static void count(const struct source *source, const struct trace_slot *slot, struct tally *tally)
{
    const struct trace_context *context =
        reader_record(source->reader, slot->context, RECORD_CONTEXT);
    if (!context || slot->blocked == 0)
        return;
    if (reader_record(source->reader, context->pyframe, RECORD_PYFRAME)) {
        tally->named += slot->blocked;
        tally->named_ticks += slot->blocked_ticks;
    } else if (runs_python(source, slot->context)) {
        tally->unnamed += slot->blocked;
        tally->unnamed_ticks += slot->blocked_ticks;
    }
}

/* Only then is it worth resolving whole chains. */
static bool has_python(const struct source *source)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        if (record->type == RECORD_PYFRAME)
            return true;
        if (record->type != RECORD_MODULE)
            continue;
        const struct trace_module *module = (const struct trace_module *)record;
        const char *path = reader_string(source->reader, module->path);
        const char *name = path ? text_basename(path) : "";
        if (text_starts(name, "python3") || text_starts(name, "libpython3"))
            return true;
    }
    return false;
}

void unnamed_note(struct source *source)
{
    struct arena *a = source->build->arena;
    struct tally tally = {0};
    if (!has_python(source))
        return;
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct report_use *use =
            record->type == RECORD_SLOT ? source_use(source, cursor.id) : NULL;
        if (use && !use->noise)
            count(source, (const struct trace_slot *)record, &tally);
    }
    /* while the interpreter starts and ends there is none */
    if (tally.unnamed_ticks > (tally.named_ticks + tally.unnamed_ticks) / WORTH)
        source_note(source,
                    arena_print(a,
                                "%s of %s blocked calls of Python code have no Python line: their "
                                "sites are C functions of the interpreter or a library",
                                tally.named ? format_count(a, tally.unnamed) : "all",
                                format_count(a, tally.named + tally.unnamed)));
}
