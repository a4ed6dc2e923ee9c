/* SPDX-License-Identifier: MIT
 *
 * See python_frames.h.
 */
#include "python_frames.h"

#include "python_walk.h"
#include "trace.h"

#include <string.h>

enum { TEXT_SIZE = 1024 }; /* of a name that is not ASCII */

/* Whose a frame is, by its file: the further up in this list, the more it has to answer for a call.
 * The report has finer rules; these say only which calls share a histogram. */
enum owner_rank { OWNER_PROGRAM, OWNER_LIBRARY, OWNER_STANDARD, OWNER_RUNTIME, OWNER_NONE };

static enum owner_rank rank_of_package(const char *package)
{
    static const char *const runtimes[] = {"eventlet/", "gevent/", "greenlet/"};
    for (unsigned i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
        if (!strncmp(package, runtimes[i], strlen(runtimes[i])))
            return OWNER_RUNTIME;
    return OWNER_LIBRARY;
}

static enum owner_rank rank_of(const char *file)
{
    static const char *const packages[] = {"/site-packages/", "/dist-packages/"};
    for (unsigned i = 0; i < sizeof packages / sizeof *packages; i++) {
        const char *found = strstr(file, packages[i]);
        if (found)
            return rank_of_package(found + strlen(packages[i]));
    }
    return strstr(file, "/lib/python3.") || !strncmp(file, "<frozen ", 8) ? OWNER_STANDARD
                                                                          : OWNER_PROGRAM;
}

static enum owner_rank rank_of_string(uint32_t file)
{
    return file ? rank_of(((const struct trace_string *)trace_at(file))->text) : OWNER_PROGRAM;
}

static uint32_t intern_text(const struct python_frame *frame, enum python_name which,
                            enum trace_string_kind kind)
{
    char buffer[TEXT_SIZE];
    size_t length;
    const char *text = python_text(frame->code, which, buffer, sizeof buffer, &length);
    return text ? trace_string(kind, text, length) : 0;
}

static uint32_t intern_frame(const struct python_frame *frame, uint32_t outer,
                             enum owner_rank *rank)
{
    struct trace_python_frame wanted = {.file = intern_text(frame, PYTHON_FILE, STRING_PATH),
                                        .name = intern_text(frame, PYTHON_NAME, STRING_TEXT),
                                        .first_line = python_first_line(frame->code),
                                        .line = python_line(frame),
                                        .outer = outer,
                                        .flags = frame->flags};
    *rank = rank_of_string(wanted.file);
    return trace_pyframe(&wanted);
}

/* From the outermost frame inward, for a record names the one outside. */
void python_intern(struct python_chain *chain)
{
    struct python_stack stack;
    enum owner_rank best = OWNER_NONE;
    const void *thread = python_thread();
    stack.frames = 0;
    *chain = (struct python_chain){.hash = thread ? python_walk(thread, NULL, &stack, NULL) : 0};
    for (unsigned i = stack.frames; i--;) {
        enum owner_rank rank;
        if (!python_has_begun(&stack.frame[i]))
            continue;
        uint32_t id = intern_frame(&stack.frame[i], chain->innermost, &rank);
        if (!id) {
            trace_lose(TRACE_LOSS_PYTHON, 1);
            chain->innermost = chain->owner = 0;
            return;
        }
        chain->innermost = id;
        if (rank <= best) {
            best = rank;
            chain->owner = id;
        }
    }
}

/* As python_intern chooses it: of the best the innermost. */
uint32_t python_owner(uint32_t pyframe)
{
    uint32_t owner = pyframe;
    enum owner_rank best = OWNER_NONE;
    for (const struct trace_python_frame *f; pyframe; pyframe = f->outer) {
        f = trace_at(pyframe);
        enum owner_rank rank = rank_of_string(f->file);
        if (rank < best) {
            best = rank;
            owner = pyframe;
        }
    }
    return owner;
}

static int text_agrees(const struct python_frame *frame, enum python_name which, uint32_t string)
{
    char buffer[TEXT_SIZE];
    size_t length;
    const struct trace_string *s = trace_at(string);
    const char *text = python_text(frame->code, which, buffer, sizeof buffer, &length);
    if (!text || !string)
        return 1; /* there is none, or there was no room */
    size_t kept = length < TRACE_STRING_MOST ? length : TRACE_STRING_MOST;
    return !strncmp(s->text, text, kept) && !s->text[kept];
}

static int frame_agrees(const struct python_frame *frame, const struct trace_python_frame *f)
{
    return f->flags == frame->flags && f->first_line == python_first_line(frame->code) &&
           f->line == python_line(frame) && text_agrees(frame, PYTHON_FILE, f->file) &&
           text_agrees(frame, PYTHON_NAME, f->name);
}

int python_agrees(uint32_t pyframe)
{
    struct python_stack stack;
    const void *thread = python_thread();
    if (!thread || !python_walk(thread, NULL, &stack, NULL))
        return -1;
    for (unsigned i = 0; i < stack.frames; i++) {
        const struct trace_python_frame *f = trace_at(pyframe);
        if (!python_has_begun(&stack.frame[i]))
            continue;
        if (!pyframe || !frame_agrees(&stack.frame[i], f))
            return 0;
        pyframe = f->outer;
    }
    return pyframe == 0;
}

uint64_t python_function(uint32_t pyframe)
{
    const struct trace_python_frame *f = trace_at(pyframe);
    return pyframe ? (uint64_t)f->file << 32 | f->name : 0;
}
