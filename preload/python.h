/* SPDX-License-Identifier: MIT
 *
 * The Python side of a call: a thread that runs Python code has its chain of Python frames counted
 * with its native one. Read from the interpreter's own structures, of the calling thread alone,
 * without the GIL and without calling anything that could allocate, lock or write.
 *
 * python_layout.[ch] knows where things lie, python_walk.[ch] goes along the frames,
 * python_frames.[ch] turns them into records.
 */
#ifndef SHUNT_PYTHON_H
#define SHUNT_PYTHON_H

#include "hot.h"

#include <stdint.h>

struct visit;
struct memo_node;

/* 1 from when an interpreter that we can read was met in this process. */
extern uint32_t python_found HOT_DATA;

/* Before the call, after the memo was asked: `node` is its answer. Sets the visit's slot to that of
 * native and Python chain together if the calling thread has Python frames. About 20 ns and 6 a
 * frame; microseconds for a chain that is new. errno is kept. Any signal context. */
void python_enter(struct visit *v, const struct memo_node *node);

#endif
