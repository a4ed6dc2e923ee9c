/* SPDX-License-Identifier: MIT
 *
 * See settings.h.
 */
#include "settings.h"

#include "text.h"

#include <string.h>

static void add(struct source *source, const struct trace_setting *setting)
{
    struct report_process *process = source->process;
    struct arena *arena = source->build->arena;
    const char *name = reader_string(source->reader, setting->name);
    const char *value = reader_string(source->reader, setting->value);
    if (!name || !value || process->setting_count == REPORT_SETTINGS)
        return;
    process->settings[process->setting_count++] =
        (struct report_setting){.name = text_clean(arena, name), .value = text_clean(arena, value)};
}

void settings_fill(struct source *source)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));)
        if (record->type == RECORD_SETTING)
            add(source, (const struct trace_setting *)record);
}

const char *settings_value(const struct report_process *process, const char *name)
{
    for (unsigned i = 0; i < process->setting_count; i++)
        if (strcmp(process->settings[i].name, name) == 0)
            return process->settings[i].value;
    return NULL;
}
