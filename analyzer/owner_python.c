/* SPDX-License-Identifier: MIT
 *
 * See owner_python.h. Native frames count up to where the interpreter runs the innermost Python
 * frame: those belong to what that frame called.
 */
#include "owner_python.h"

#include "steps.h"
#include "text.h"

#include <string.h>

#define NATIVE_MOST 2u
#define VIA_MOST    3u

/* What lies between a call and the Python code that made it. */
struct native {
    const char *library[NATIVE_MOST]; /* outermost first */
    unsigned count;
    const char *binding; /* "psycopg2/_psycopg": the extension module; NULL: none has a file */
    const char *package; /* it belongs to; NULL: the standard library's, or not below packages */
    bool standard;       /* it is the standard library's, or built in */
};

/* "_mysql.cpython-311-x86_64-linux-gnu.so" -> "_mysql" */
static const char *without_tag(struct arena *arena, const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *dot = strchr(slash ? slash : name, '.');
    return dot ? arena_print(arena, "%.*s", (int)(dot - name), name) : name;
}

static void note_binding(const struct source *source, const struct step *step,
                         struct native *native)
{
    struct arena *arena = source->build->arena;
    const char *file = text_clean(arena, step_path(source, step));
    if (!file)
        return;
    struct python_path path = python_path_of(arena, file);
    bool installed = path.layer == PYTHON_PACKAGE || path.layer == PYTHON_GREEN;
    native->binding = without_tag(arena, installed ? path.form : text_basename(file));
    native->package = installed ? without_tag(arena, path.package) : NULL;
    /* ctypes calls what a program names: the standard library only carries it */
    native->standard = path.layer >= PYTHON_STANDARD && path.layer != PYTHON_GREEN &&
                       !text_starts(text_basename(file), "_ctypes");
}

static void note_library(struct native *native, const char *library)
{
    if (native->count && strcmp(native->library[0], library) == 0)
        return;
    memmove(native->library + 1, native->library, (NATIVE_MOST - 1) * sizeof *native->library);
    native->library[0] = library;
    native->count += native->count < NATIVE_MOST;
}

static bool is_carrier(const struct step *step)
{
    return text_starts(step->symbol->module, "libffi.so");
}

static struct native native_between(const struct source *source, uint32_t context)
{
    struct native native = {.standard = true};
    struct steps steps = steps_of(source, context);
    struct step step;
    while (steps_next(&steps, &step)) {
        if (step_is_libc(&step))
            continue;
        if (!step.symbol || step_is_python(&step))
            break;
        if (step_is_binding(&step))
            note_binding(source, &step, &native);
        else if (!is_carrier(&step))
            note_library(&native, step.symbol->module);
    }
    return native;
}

/* "MySQLdb/connections.py:239, libmariadb.so.3" */
static const char *via_of(const struct source *source, const struct python_chain *chain,
                          const struct native *native)
{
    struct arena *arena = source->build->arena;
    const char *via = python_via(arena, chain, VIA_MOST);
    for (unsigned i = 0; i < native->count; i++)
        via = via ? arena_print(arena, "%s, %s", via, native->library[i]) : native->library[i];
    if (native->count == 0 && native->package && !python_package(chain))
        via = via ? arena_print(arena, "%s, %s", via, native->binding) : native->binding;
    return via;
}

struct owner owner_in_python(const struct source *source, uint32_t context,
                             const struct python_chain *chain)
{
    struct native native = native_between(source, context);
    const struct python_frame *frame = &chain->frames[chain->owner];
    const char *package = python_package(chain);
    struct owner owner = {
        .function = frame->name,
        .module = frame->form,
        .file = frame->path->file,
        .line = frame->line,
        .in_main_module = frame->layer == PYTHON_APPLICATION,
        .unstable = python_is_named(frame) ? NULL : "the trace tells no name for it",
        .via = via_of(source, chain, &native),
        .library = native.count && !native.standard ? native.library[0] : NULL,
        .python = true,
        .layer = frame->layer,
        .package = package                        ? package
                   : native.package               ? native.package
                   : frame->layer == PYTHON_GREEN ? frame->path->package
                                                  : NULL,
    };
    return owner;
}
