/* SPDX-License-Identifier: MIT
 *
 * Python files of the runtimes that start threads and green threads: what is started is the
 * outermost function that lies in none of them.
 */
#ifndef SHUNT_SPAWN_FILES_H
#define SHUNT_SPAWN_FILES_H

/* Ends of files' names whose functions only start what was asked for. */
/* clang-format off */
#define SPAWN_STARTERS \
    "/eventlet/greenthread.py", "/eventlet/greenpool.py", "/eventlet/green/thread.py", \
    "/gevent/greenlet.py", "/gevent/pool.py", "/gevent/baseserver.py", "/gevent/_threading.py", \
    "/threading.py"
/* clang-format on */

#endif
