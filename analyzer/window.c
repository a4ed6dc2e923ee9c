/* SPDX-License-Identifier: MIT
 *
 * See window.h.
 */
#include "window.h"

#include "text.h"

static int find(struct window *window, struct arena *arena, const char *wanted,
                const struct mark **mark, struct mark_content *content, struct error *error)
{
    if (!wanted)
        return 0;
    *mark = marks_find(arena, &window->marks, wanted, window->directory, error);
    return *mark ? marks_read(arena, *mark, content, error) : -1;
}

int window_open(struct window *window, struct arena *arena, const char *directory,
                const char *since, const char *until, struct error *error)
{
    *window = (struct window){.directory = directory, .marks = marks_list(arena, directory)};
    if (find(window, arena, since, &window->since, &window->from, error) < 0 ||
        find(window, arena, until, &window->until, &window->to, error) < 0)
        return -1;
    if (window->since && window->until && window->since->number >= window->until->number)
        return error_set(error, "the mark \"%s\" is not before \"%s\": nothing lies between",
                         window->since->text, window->until->text);
    return 0;
}

static const char *copy_in(struct arena *arena, const struct mark *mark, const char *path)
{
    return arena_print(arena, "%s/%s", mark->path, text_basename(path));
}

/* Events that were claimed before are left out by their number. */
static int subtract(const struct window *window, struct arena *arena, const char *path,
                    struct reader *reader, struct window_trace *trace, struct error *error)
{
    struct reader *before;
    trace->begin = window->since ? marks_ticks(&window->from, text_basename(path)) : 0;
    if (!trace->begin)
        return 0;
    if (reader_open(&before, copy_in(arena, window->since, path), error) < 0)
        return -1;
    int result = 0;
    if (reader_header(before)->pid != reader_header(reader)->pid ||
        reader_header(before)->first_clock.ticks != reader_header(reader)->first_clock.ticks)
        result = error_set(error, "%s: the mark \"%s\" has a copy of another trace", path,
                           window->since->text);
    else
        trace->baseline = baseline_subtract(reader, before, trace->begin);
    reader_close(before);
    return result;
}

int window_reader(const struct window *window, struct arena *arena, const char *path,
                  struct reader **reader, struct window_trace *trace, struct error *error)
{
    *trace = (struct window_trace){0};
    const char *from = path;
    if (window->until) {
        trace->end = marks_ticks(&window->to, text_basename(path));
        if (!trace->end)
            return 1;
        from = copy_in(arena, window->until, path);
    }
    if (reader_open(reader, from, error) < 0)
        return -1;
    reader_ring_is_in(*reader, path);
    if (subtract(window, arena, path, *reader, trace, error) == 0)
        return 0;
    reader_close(*reader);
    *reader = NULL;
    return -1;
}
