/* SPDX-License-Identifier: MIT
 *
 * See gil.h.
 */
#include "gil.h"

#include "handoff.h"
#include "python_api.h"
#include "python_layout.h"

#include <errno.h>
#include <stddef.h>

static uint32_t needs;

static int holds(void)
{
    const void *state = python_api_ready() ? python.thread_state() : NULL;
    return state && python_api.current() == state;
}

int (*gil_is_held)(void) = holds;

void *gil_give(void)
{
    int saved = errno;
    gil_need(1);
    void *given = python_api.PyEval_SaveThread();
    errno = saved;
    return given;
}

/* What the interpreter calls is none of the thread's calls. */
void gil_take(void *given)
{
    int saved = errno;
    struct handoff_outcome outcome = handoff_self.outcome;
    python_api.PyEval_RestoreThread(given);
    handoff_self.outcome = outcome;
    gil_need(-1);
    errno = saved;
}

void gil_need(int more)
{
    __atomic_fetch_add(&needs, (uint32_t)more, __ATOMIC_SEQ_CST);
}

int gil_is_needed(void)
{
    return __atomic_load_n(&needs, __ATOMIC_SEQ_CST) != 0;
}
