/* SPDX-License-Identifier: MIT
 *
 * See runtimes.h. Names of metadata: the Python packaging specifications, "Recording installed
 * projects" (NAME-VERSION.dist-info), and setuptools' older NAME-VERSION[-pyX.Y].egg-info.
 */
#include "runtimes.h"

#include "text.h"

#include <dirent.h>
#include <string.h>

#define LENGTH_MOST 32u

/* "eventlet-0.33.1.egg-info" -> "0.33.1"; NULL: it is no metadata of the package. */
static const char *version_in(struct arena *arena, const char *entry, const char *package)
{
    static const char *const ends[] = {".dist-info", ".egg-info"};
    size_t length = strlen(package);
    if (strncmp(entry, package, length) != 0 || entry[length] != '-')
        return NULL;
    const char *version = entry + length + 1;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *end = strstr(version, ends[i]);
        if (!end || end[strlen(ends[i])])
            continue;
        size_t size = strcspn(version, "-");
        size = size < (size_t)(end - version) ? size : (size_t)(end - version);
        return text_clean(
            arena,
            arena_print(arena, "%.*s", (int)(size < LENGTH_MOST ? size : LENGTH_MOST), version));
    }
    return NULL;
}

const char *runtimes_version(struct arena *arena, const char *file, const char *package)
{
    const char *part =
        file && *file == '/' ? strstr(file, arena_print(arena, "/%s/", package)) : NULL;
    DIR *directory =
        part && part > file ? opendir(arena_print(arena, "%.*s", (int)(part - file), file)) : NULL;
    const char *version = NULL;
    if (!directory)
        return NULL;
    for (const struct dirent *entry; !version && (entry = readdir(directory));)
        version = version_in(arena, entry->d_name, package);
    closedir(directory);
    return version;
}

/* By the first file of the package that the trace names. */
void runtimes_fill(struct source *source)
{
    struct report_process *process = source->process;
    struct reader_cursor cursor = {0};
    for (const struct trace_record *record; process->runtime && !process->runtime_version &&
                                            (record = reader_next(source->reader, &cursor));)
        if (record->type == RECORD_STRING && record->aux == STRING_PATH)
            process->runtime_version =
                runtimes_version(source->build->arena, ((const struct trace_string *)record)->text,
                                 process->runtime);
}
