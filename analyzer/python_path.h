/* SPDX-License-Identifier: MIT
 *
 * What the name of a Python file tells: whose code it is (the application's, a package's, the
 * standard library's, a green runtime's), and a form of it that is the same on every host, of which
 * site ids are made. Nothing but the name is looked at: a report may be made on another machine.
 */
#ifndef SHUNT_PYTHON_PATH_H
#define SHUNT_PYTHON_PATH_H

#include "arena.h"

/* In the order in which they are preferred as owners. */
enum python_layer {
    PYTHON_APPLICATION,
    PYTHON_PACKAGE,   /* below site-packages or dist-packages, or in an egg */
    PYTHON_WRAPPER,   /* listed by the team: only passes calls on */
    PYTHON_TEXT,      /* has no file: made at run time, or given with python3 -c */
    PYTHON_STANDARD,  /* the standard library */
    PYTHON_MACHINERY, /* ... where it starts or schedules other code: threading, asyncio, ... */
    PYTHON_GREEN      /* a green runtime: eventlet, gevent, greenlet */
};

struct python_path {
    const char *file;    /* as the interpreter has it */
    const char *form;    /* "MySQLdb/connections.py", "socket.py", "app/wsgi.py" */
    const char *package; /* "MySQLdb", "socket"; of an application's file its form */
    enum python_layer layer;
};

/* `file` is co_filename, cleaned, and must live as long as the arena. */
struct python_path python_path_of(struct arena *arena, const char *file);

const char *python_layer_name(enum python_layer layer); /* "application" */

#endif
