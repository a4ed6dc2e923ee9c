/* SPDX-License-Identifier: MIT
 *
 * See spawn_point.h.
 */
#include "spawn_point.h"

#include "spawn_files.h"
#include "trace.h"

#include <string.h>

enum { DEEPEST = 64 };

static const char *const starters[] = {SPAWN_STARTERS};

/* Parts of files' names in which a hub runs and waits. */
static const char *const hubs[] = {"/eventlet/hubs/", "/gevent/hub.py", "/gevent/libuv/",
                                   "/gevent/libev/", "/gevent/_ffi/"};

static const char *file_of(uint32_t pyframe)
{
    const struct trace_python_frame *f = trace_at(pyframe);
    return f->file ? ((const struct trace_string *)trace_at(f->file))->text : "";
}

static int ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && !memcmp(text + length - wanted, end, wanted);
}

static int only_starts(uint32_t pyframe)
{
    const char *file = file_of(pyframe);
    for (unsigned i = 0; i < sizeof starters / sizeof *starters; i++)
        if (ends_with(file, starters[i]))
            return 1;
    return 0;
}

int spawn_point_is_hub(uint32_t pyframe)
{
    const char *file = file_of(pyframe);
    for (unsigned i = 0; i < sizeof hubs / sizeof *hubs; i++)
        if (strstr(file, hubs[i]))
            return 1;
    return 0;
}

/* The function of a frame, whatever line it is at and whoever called it. */
static uint32_t function_of(uint32_t pyframe)
{
    const struct trace_python_frame *f = trace_at(pyframe);
    struct trace_python_frame function = {
        .file = f->file, .name = f->name, .first_line = f->first_line};
    return trace_pyframe(&function);
}

/* The outermost frame that does more than start; 0 if there is none yet, or it is not known. */
static uint32_t target_of(uint32_t pyframe)
{
    uint32_t frame[DEEPEST] = {0};
    unsigned count = 0;
    for (uint32_t id = pyframe; id; id = ((const struct trace_python_frame *)trace_at(id))->outer) {
        if (count == DEEPEST)
            return 0;
        frame[count++] = id;
    }
    if (count &&
        ((const struct trace_python_frame *)trace_at(frame[count - 1]))->flags & PYTHON_CUT)
        return 0;
    while (count && only_starts(frame[count - 1]))
        count--;
    return count ? frame[count - 1] : 0;
}

uint32_t spawn_point_of_green(int32_t pid, uint32_t pyframe)
{
    uint32_t target = target_of(pyframe);
    struct trace_spawn like = {
        .head.aux = SPAWN_GREEN, .pid = pid, .pyframe = target ? function_of(target) : 0};
    uint32_t spawn = like.pyframe ? trace_spawn(&like) : 0;
    if (spawn && spawn_point_is_hub(target))
        __atomic_fetch_or(&((struct trace_spawn *)trace_at(spawn))->flags, SPAWN_HUB,
                          __ATOMIC_RELAXED);
    return spawn;
}

uint32_t spawn_point_of_thread(uint32_t spawn, uint32_t pyframe)
{
    uint32_t target = target_of(pyframe);
    struct trace_spawn like = *(const struct trace_spawn *)trace_at(spawn);
    like.pyframe = target ? function_of(target) : 0;
    return like.pyframe ? trace_spawn(&like) : 0;
}
