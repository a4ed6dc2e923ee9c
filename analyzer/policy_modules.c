/* SPDX-License-Identifier: MIT
 *
 * See policy_modules.h.
 */
#include "policy_modules.h"

#include "elf_facts.h"
#include "elf_survey.h"
#include "inputs.h"
#include "libc_objects.h"
#include "reader.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void policy_modules_begin(struct policy_modules *modules, struct arena *arena)
{
    *modules = (struct policy_modules){.arena = arena, .symbolizer = symbolizer_new(arena)};
}

void policy_modules_end(struct policy_modules *modules)
{
    symbolizer_free(modules->symbolizer);
}

static bool is_libc(const char *name)
{
    static const char *const libc[] = {LIBC_OBJECTS};
    for (size_t i = 0; i < sizeof libc / sizeof *libc; i++)
        if (text_starts(name, libc[i]))
            return true;
    return text_starts(name, "libshunt.so");
}

static bool is_known(const struct policy_modules *modules, const char *path)
{
    for (unsigned i = 0; i < modules->count; i++)
        if (strcmp(modules->items[i].path, path) == 0)
            return true;
    return false;
}

/* A module that cannot be read is said, and asked for its name alone. */
static int add_module(struct policy_modules *modules, const struct policy *policy, const char *path,
                      const char *also, struct error *error)
{
    struct policy_code code;
    if (is_libc(text_basename(path)) || is_known(modules, path))
        return 0;
    path = arena_copy(modules->arena, path);
    also = also && strcmp(also, text_basename(path)) != 0 ? arena_copy(modules->arena, also) : NULL;
    if (policy_code_read(&code, modules->symbolizer, modules->arena, policy, path, also, error) < 0)
        return -1;
    modules->items = arena_grow(modules->arena, modules->items, sizeof *modules->items,
                                modules->count, &modules->room);
    modules->items[modules->count++] = code;
    return 0;
}

static void try_module(struct policy_modules *modules, const struct policy *policy,
                       const char *path, const char *also)
{
    struct error error;
    if (add_module(modules, policy, path, also, &error) == 0)
        return;
    modules->notes = arena_grow(modules->arena, modules->notes, sizeof *modules->notes,
                                modules->note_count, &modules->note_room);
    modules->notes[modules->note_count++] = arena_copy(modules->arena, error.text);
    modules->unread = arena_grow(modules->arena, modules->unread, sizeof *modules->unread,
                                 modules->unread_count, &modules->unread_room);
    modules->unread[modules->unread_count++] = arena_copy(modules->arena, text_basename(path));
}

static int add_program(struct policy_modules *modules, const struct policy *policy,
                       const char *where, struct error *error)
{
    char path[PATH_MAX];
    struct elf_facts *facts = ARENA_NEW(modules->arena, struct elf_facts);
    struct elf_survey *survey = ARENA_NEW(modules->arena, struct elf_survey);
    int result = elf_facts_find(where, path, sizeof path);
    if (result == 0)
        result = elf_facts_read(facts, path);
    if (result == 0)
        result = elf_survey_read(survey, facts->path);
    if (result < 0)
        return error_set(error, "%s: %s; give a program, a library or a recording", where,
                         strerror(-result));
    modules->opens_more |= survey->loads_at_run_time;
    char *real = realpath(facts->path, path) ? path : facts->path;
    if (add_module(modules, policy, real, text_basename(facts->path), error) < 0)
        return -1;
    for (unsigned i = 0; i < survey->library_count; i++)
        if (*survey->libraries[i].path && !is_libc(survey->libraries[i].name))
            try_module(modules, policy,
                       realpath(survey->libraries[i].path, path) ? path : survey->libraries[i].path,
                       survey->libraries[i].name);
    return 0;
}

/* The name that a recording's process was started with; NULL unknown. */
static const char *started_as(struct arena *arena, const struct reader *reader, int pid)
{
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));) {
        const struct trace_process *process = (const struct trace_process *)record;
        if (record->type != RECORD_PROCESS || process->pid != pid)
            continue;
        const char *line = reader_string(reader, process->command_line);
        return line ? text_basename(arena_print(arena, "%.*s", (int)strcspn(line, " "), line))
                    : NULL;
    }
    return NULL;
}

static int add_trace(struct policy_modules *modules, const struct policy *policy, const char *path,
                     struct error *error)
{
    struct reader *reader;
    if (reader_open(&reader, path, error) < 0)
        return -1;
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));) {
        if (record->type != RECORD_MODULE)
            continue;
        const struct trace_module *module = (const struct trace_module *)record;
        const char *file = reader_string(reader, module->path);
        if (file && *file == '/' && !(module->flags & (MODULE_LIBC | MODULE_SHUNT)))
            try_module(modules, policy, file,
                       module->flags & MODULE_MAIN ? started_as(modules->arena, reader, module->pid)
                                                   : NULL);
    }
    reader_close(reader);
    return 0;
}

static bool is_recording(const char *where)
{
    struct stat status;
    size_t length = strlen(where), suffix = strlen(TRACE_SUFFIX);
    return stat(where, &status) == 0 &&
           (S_ISDIR(status.st_mode) ||
            (length > suffix && strcmp(where + length - suffix, TRACE_SUFFIX) == 0));
}

int policy_modules_add(struct policy_modules *modules, const struct policy *policy,
                       const char *where, struct error *error)
{
    struct inputs inputs;
    if (!is_recording(where))
        return add_program(modules, policy, where, error);
    if (inputs_find(modules->arena, &where, 1, &inputs, error) < 0)
        return -1;
    for (unsigned i = 0; i < inputs.count; i++)
        if (add_trace(modules, policy, inputs.items[i].path, error) < 0)
            return -1;
    return 0;
}
