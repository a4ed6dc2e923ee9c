/* SPDX-License-Identifier: MIT
 *
 * The wrappers of the calls that make threads. A new thread begins in a function of ours, which
 * notes it and then jumps to its start routine: no frame of ours stays on its stack.
 */
#include "birth.h"
#include "wrapper.h"

#include <errno.h>

/* Empties the place in the table and notes the thread. */
static struct birth begin(void *data)
{
    struct birth birth = *(struct birth *)data;
    birth_release(data);
    thread_begins(birth.spawn);
    return birth;
}

/* The compiler makes the call a jump (the test spawns_frames holds it to that). */
static void *begin_thread(void *data)
{
    struct birth birth = begin(data);
    return birth.start.thread(birth.argument);
}

static int begin_c11(void *data)
{
    struct birth birth = begin(data);
    return birth.start.c11(birth.argument);
}

/* The chain is learned before the call: the thread may be over when it returns. */
static struct birth *claim(struct visit *v, uintptr_t routine)
{
    struct thread *t = v->thread;
    int saved = errno;
    if (!t)
        return NULL;
    const struct trace_slot *slot =
        v->slot ? trace_at(v->slot) : slot_learn(t, v->call, v->caller, v->frame, 0);
    v->slot = slot ? trace_id(slot) : 0;
    struct birth *birth = birth_claim(t->record->pid, routine, slot ? slot->context : 0);
    errno = saved;
    return birth;
}

WRAPPER(pthread_create, int,
        (pthread_t * thread, const pthread_attr_t *attributes, void *(*function)(void *),
         void *argument))
{
    struct visit v;
    ENTER(&v, pthread_create);
    struct birth *birth = claim(&v, (uintptr_t)function);
    if (birth) {
        birth->start.thread = function;
        birth->argument = argument;
    }
    guard_begin(&v, 0);
    int r = REAL(pthread_create)(thread, attributes, birth ? begin_thread : function,
                                 birth ? birth : argument);
    guard_leave(&v, 0, r != 0, r);
    if (r != 0 && birth)
        birth_release(birth);
    return r;
}

WRAPPER(thrd_create, int, (thrd_t * thread, int (*function)(void *), void *argument))
{
    struct visit v;
    ENTER(&v, thrd_create);
    struct birth *birth = claim(&v, (uintptr_t)function);
    if (birth) {
        birth->start.c11 = function;
        birth->argument = argument;
    }
    guard_begin(&v, 0);
    int r = REAL(thrd_create)(thread, birth ? begin_c11 : function, birth ? birth : argument);
    guard_leave(&v, 0, r != 0, r);
    if (r != 0 && birth)
        birth_release(birth);
    return r;
}
