/* SPDX-License-Identifier: MIT
 *
 * See python.h.
 */
#include "python.h"

#include "text.h"

#include <string.h>

#define NO_NAME "<unknown function>"

struct python_files {
    struct arena *arena;
    struct map by_string; /* string id -> index */
    const struct python_path **paths;
    size_t count, capacity;
};

static const struct python_path unknown_file = {.file = "<unknown file>",
                                                .form = "<unknown file>",
                                                .package = "<unknown file>",
                                                .layer = PYTHON_TEXT};

struct python_files *python_files_new(struct arena *arena)
{
    struct python_files *files = ARENA_NEW(arena, struct python_files);
    files->arena = files->by_string.arena = arena;
    return files;
}

/* ---- reading ---- */

static const struct python_path *path_at(const struct source *source, uint32_t string)
{
    struct python_files *files = source->python;
    uint32_t index = map_get(&files->by_string, string);
    if (index != MAP_NONE)
        return files->paths[index];
    const char *file = text_clean(files->arena, reader_string(source->reader, string));
    if (!file || !*file)
        return &unknown_file;
    struct python_path *path = ARENA_NEW(files->arena, struct python_path);
    *path = python_path_of(files->arena, file);
    files->paths = arena_grow(files->arena, files->paths, sizeof *files->paths, files->count,
                              &files->capacity);
    files->paths[files->count] = path;
    map_put(&files->by_string, string, (uint32_t)files->count++);
    return path;
}

static struct python_frame frame_of(const struct source *source,
                                    const struct trace_python_frame *record)
{
    const char *name = reader_string(source->reader, record->name);
    struct python_frame frame = {
        .path = path_at(source, record->file),
        .name = name && *name ? text_clean(source->build->arena, name) : NO_NAME,
        .line = record->line > INT32_MAX ? 0 : (int)record->line,
        .from_c = (record->flags & PYTHON_FROM_C) != 0,
    };
    struct wrappers_said said = wrappers_python(source->build->options->wrappers, frame.path->file,
                                                frame.path->form, frame.name);
    frame.form = said.form ? said.form : frame.path->form;
    frame.layer = said.wrapper       ? PYTHON_WRAPPER
                  : said.application ? PYTHON_APPLICATION
                                     : frame.path->layer;
    return frame;
}

/* Outward from a record. A damaged chain that comes back to a frame ends there (Brent). */
struct walk {
    const struct source *source;
    uint32_t id; /* of the next */
    uint32_t marked, steps, until, count;
    bool cut;
};

static struct walk walk_of(const struct source *source, uint32_t context)
{
    const struct trace_context *record = reader_record(source->reader, context, RECORD_CONTEXT);
    return (struct walk){.source = source, .id = record ? record->pyframe : 0, .until = 1};
}

static const struct trace_python_frame *walk_next(struct walk *walk)
{
    if (!walk->id)
        return NULL;
    const struct trace_python_frame *record =
        reader_record(walk->source->reader, walk->id, RECORD_PYFRAME);
    if (!record || walk->id == walk->marked || walk->count == PYTHON_FRAMES) {
        walk->cut = true;
        return NULL;
    }
    if (++walk->steps == walk->until) {
        walk->marked = walk->id;
        walk->steps = 0;
        walk->until *= 2;
    }
    walk->count++;
    walk->cut = (record->flags & PYTHON_CUT) != 0;
    walk->id = record->outer;
    return record;
}

unsigned python_depth(const struct source *source, uint32_t context, bool *cut)
{
    struct walk walk = walk_of(source, context);
    while (walk_next(&walk))
        ;
    *cut = walk.cut;
    return walk.count;
}

/* ---- the owner ---- */

/* How a thread is started says nothing of what it does. */
static bool is_bootstrap(const struct python_frame *frame)
{
    static const char *const names[] = {"Thread._bootstrap", "Thread._bootstrap_inner",
                                        "Thread.run", "_bootstrap", "_bootstrap_inner"};
    if (strcmp(frame->form, "threading.py") != 0)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(frame->name, names[i]) == 0)
            return true;
    return false;
}

/* `python3 -c` runs code that has no file: there it is the application. */
static void name_the_program(struct python_chain *chain)
{
    const struct python_frame *outermost = &chain->frames[chain->count - 1];
    if (chain->cut || outermost->layer != PYTHON_TEXT || strcmp(outermost->name, "<module>") != 0)
        return;
    for (unsigned i = 0; i < chain->count; i++)
        if (chain->frames[i].layer == PYTHON_TEXT &&
            strcmp(chain->frames[i].form, outermost->form) == 0)
            chain->frames[i].layer = PYTHON_APPLICATION;
}

static unsigned innermost_of_best(const struct python_chain *chain)
{
    unsigned best = 0;
    for (unsigned i = 1; i < chain->count; i++)
        if (chain->frames[i].layer < chain->frames[best].layer && !is_bootstrap(&chain->frames[i]))
            best = i;
    return best;
}

/* Outward through the same package: where it was entered. */
static unsigned entry_of(const struct python_chain *chain, unsigned from)
{
    const struct python_frame *first = &chain->frames[from];
    unsigned entry = from;
    for (unsigned i = from + 1; i < chain->count; i++) {
        const struct python_frame *frame = &chain->frames[i];
        if (frame->layer != first->layer)
            continue;
        if (strcmp(frame->path->package, first->path->package) != 0 || is_bootstrap(frame))
            break;
        entry = i;
    }
    return entry;
}

void python_chain_read(const struct source *source, uint32_t context, struct python_chain *chain)
{
    struct walk walk = walk_of(source, context);
    chain->count = chain->owner = 0;
    for (const struct trace_python_frame *record; (record = walk_next(&walk));)
        chain->frames[chain->count++] = frame_of(source, record);
    chain->cut = walk.cut;
    if (chain->count == 0)
        return;
    name_the_program(chain);
    chain->owner = innermost_of_best(chain);
    if (chain->frames[chain->owner].layer == PYTHON_PACKAGE ||
        chain->frames[chain->owner].layer >= PYTHON_STANDARD)
        chain->owner = entry_of(chain, chain->owner);
}

bool python_frame_read(const struct source *source, uint32_t pyframe, struct python_frame *frame)
{
    const struct trace_python_frame *record =
        reader_record(source->reader, pyframe, RECORD_PYFRAME);
    if (!record || !source->python)
        return false;
    *frame = frame_of(source, record);
    frame->first_line = record->first_line > INT32_MAX ? 0 : (int)record->first_line;
    return true;
}

bool python_is_named(const struct python_frame *frame)
{
    return frame->path != &unknown_file && strcmp(frame->name, NO_NAME) != 0;
}

/* ---- what lies around it ---- */

static bool same_package(const struct python_frame *a, const struct python_frame *b)
{
    return strcmp(a->path->package, b->path->package) == 0;
}

/* The innermost frame of each package among the frames that `wanted` says yes to. Returns how many
 * there are, of which `most` are kept, the outermost ones. */
static unsigned collect(const struct python_chain *chain, enum python_layer from,
                        enum python_layer to, const struct python_frame **kept, unsigned most)
{
    unsigned count = 0;
    for (unsigned i = 0; i < chain->owner; i++) {
        const struct python_frame *frame = &chain->frames[i];
        bool known = frame->layer < from || frame->layer > to;
        for (unsigned j = 0; j < count && !known; j++)
            known = same_package(kept[j], frame);
        if (known)
            continue;
        if (count == most) {
            memmove(kept, kept + 1, (most - 1) * sizeof *kept);
            count--;
        }
        kept[count++] = frame;
    }
    return count;
}

const char *python_via(struct arena *arena, const struct python_chain *chain, unsigned most)
{
    const struct python_frame *kept[PYTHON_FRAMES];
    const char *via = NULL;
    unsigned count = collect(chain, PYTHON_PACKAGE, PYTHON_WRAPPER, kept, most);
    if (count == 0)
        count = collect(chain, PYTHON_STANDARD, PYTHON_MACHINERY, kept, most);
    while (count) {
        const struct python_frame *frame = kept[--count];
        const char *step = arena_print(arena, "%s:%d", frame->form, frame->line);
        if (frame->layer == PYTHON_WRAPPER)
            step = arena_print(arena, "%s %s()", step, frame->name);
        via = via ? arena_print(arena, "%s, %s", via, step) : step;
    }
    return via;
}

const char *python_package(const struct python_chain *chain)
{
    const char *package = NULL;
    for (unsigned i = 0; i < chain->count && i <= chain->owner; i++)
        if (chain->frames[i].layer == PYTHON_PACKAGE)
            package = chain->frames[i].path->package;
    return package;
}

const char *python_callers(struct arena *arena, const struct python_chain *chain, unsigned most)
{
    const char *callers = NULL;
    unsigned count = 0;
    for (unsigned i = chain->owner + 1; i < chain->count && count < most; i++) {
        const struct python_frame *frame = &chain->frames[i];
        if (frame->layer >= PYTHON_MACHINERY)
            continue;
        callers = callers ? arena_print(arena, "%s < %s", callers, frame->name) : frame->name;
        count++;
    }
    return callers;
}

/* A hub has a stack of its own; asyncio runs on that of whoever started it. */
const char *python_runtime(const struct python_chain *chain)
{
    for (unsigned i = 0; i < chain->count && chain->frames[i].layer >= PYTHON_STANDARD; i++) {
        const struct python_frame *frame = &chain->frames[i];
        if (frame->layer == PYTHON_GREEN || strcmp(frame->path->package, "asyncio") == 0)
            return frame->path->package;
    }
    return NULL;
}
