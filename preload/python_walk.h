/* SPDX-License-Identifier: MIT
 *
 * The calling thread's chain of Python frames, read from memory. The first walks of a process ask
 * the kernel about every address before it is read and check the types of what is found; if the
 * interpreter does not lie in memory as its version should, it is not read any more.
 */
#ifndef SHUNT_PYTHON_WALK_H
#define SHUNT_PYTHON_WALK_H

#include <stddef.h>
#include <stdint.h>

enum { PYTHON_FRAMES = 64 }; /* innermost ones that are followed */

struct python_known;

struct python_frame {
    const char *code;    /* PyCodeObject; the frame keeps it alive */
    int32_t instruction; /* byte offset of the one being executed; below 0: none yet */
    uint32_t flags;      /* enum trace_python_flag */
};

struct python_stack {
    unsigned frames; /* innermost first */
    struct python_frame frame[PYTHON_FRAMES];
};

/* The calling thread's PyThreadState, NULL if it has none or the interpreter is not to be read now:
 * it comes to its end, or there is more than one up to 3.12, where one thread's frames lie under
 * several states. */
const void *python_thread(void);

/* A hash of the chain: of every frame's place in its code, and of what its code object says of
 * itself, for code objects come and go at the same address; `known` spares reading that again, and
 * may be NULL. Into `stack`, too, if it is not NULL; if it is, *outermost (if not NULL) is what
 * python_outermost says, or NULL if that has to be asked. 0: no frames. Not inside a signal
 * handler. */
uint64_t python_walk(const void *thread, struct python_known *known, struct python_stack *stack,
                     const void **outermost);

/* Where the outermost frame of the calling thread's chain lies; NULL: there is none, or it is not
 * to be told (a generator's lies elsewhere; memory is not proved yet). */
const void *python_outermost(const void *thread);

/* Is the calling thread inside an import? 1 also if that cannot be told. About 3 ns a frame. Not
 * inside a signal handler. */
int python_is_importing(const void *thread);

/* Is any Python function being executed, as far as the thread's state tells? */
int python_is_running(const void *thread);

/* Of a code object in a chain. The text lies in the interpreter's memory, or in `buffer` if it is
 * not ASCII; there it is UTF-8, cut to `size`. NULL: it is no plain str. */
enum python_name { PYTHON_FILE, PYTHON_NAME };
const char *python_text(const char *code, enum python_name which, char *buffer, size_t size,
                        size_t *length);
uint32_t python_first_line(const char *code);

/* The line being executed, 0 if the code object has none for it. */
uint32_t python_line(const struct python_frame *frame);

/* Has the function begun? What comes before, the interpreter itself does not show. */
int python_has_begun(const struct python_frame *frame);

#endif
