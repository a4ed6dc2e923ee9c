/* SPDX-License-Identifier: MIT
 *
 * See green_end.h. CPython's Python/ceval.c (3.11: _PyEval_Vector clears the frame with the error
 * still set) and Include/cpython/pystate.h. An exception is rare: memory is asked before it is
 * read.
 */
#include "green_end.h"

#include "python_code.h"
#include "python_layout.h"
#include "raw.h"

#include <stdint.h>
#include <string.h>

enum {
    MINOR = 11,
    RAISED = 96,    /* PyThreadState.curexc_type */
    TYPE_NAME = 24, /* PyTypeObject.tp_name */
    NAME_MOST = 128,
    PAGE_SIZE = 4096 /* the least there is: what can be read of it can be read whole */
};

static int copy(char *name, const char *from)
{
    for (int i = 0; i < NAME_MOST; i++) {
        if ((!i || (uintptr_t)(from + i) % PAGE_SIZE == 0) && !raw_readable(from + i))
            return 0;
        name[i] = from[i];
        if (!name[i])
            return 1;
    }
    return 0;
}

/* Of a class in a module, or the class's alone. */
static int ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && !memcmp(name + length - tail, end, tail);
}

enum green_end green_end_of(const void *state)
{
    const char *raised, *at;
    char name[NAME_MOST];
    if (python.layout.minor != MINOR || __atomic_load_n(&python.unproved, __ATOMIC_RELAXED) > 0)
        return GREEN_END_UNKNOWN;
    python_pointer(0, state, RAISED, &raised);
    if (!raised)
        return GREEN_END_RETURNED;
    if (!python_pointer(1, raised, TYPE_NAME, &at) || !copy(name, at))
        return GREEN_END_FAILED;
    if (ends_in(name, "GreenletExit"))
        return GREEN_END_KILLED;
    return ends_in(name, "Timeout") || ends_in(name, "timeout") ? GREEN_END_TIMED_OUT
                                                                : GREEN_END_FAILED;
}
