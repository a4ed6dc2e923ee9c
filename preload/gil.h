/* SPDX-License-Identifier: MIT
 *
 * Python's interpreter lock beside other locks. A green thread that is parked needs it to go on,
 * and waits for it with whatever locks it holds, where bare it would not have waited for it. So a
 * thread that has it must not wait without end for any lock: it would wait for itself, however many
 * other threads lie between.
 *
 * What makes that impossible: a lock is taken by a thread that has the interpreter lock at that
 * moment, or does not need it, or is counted here; and while any are counted, who waits for a lock
 * with the interpreter lock held gives that away again and again.
 */
#ifndef SHUNT_GIL_H
#define SHUNT_GIL_H

#include <stdint.h>

/* Does the calling thread hold it? About 10 ns; tests replace it. */
extern int (*gil_is_held)(void);

/* Gives it away, and has it again. For what happens in between see gil_need. Keeps errno, and what
 * the thread's latest call came to. */
void *gil_give(void);
void gil_take(void *given);

/* One more, or one less, has locks, or may come to have some, and may have to wait for it. Those of
 * a process that forks are counted in its child, too, for ever: there it is given away more often
 * than it need be. */
void gil_need(int more);
int gil_is_needed(void);

#endif
