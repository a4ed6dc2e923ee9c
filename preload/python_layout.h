/* SPDX-License-Identifier: MIT
 *
 * Which CPython runs in this process and where its structures keep what a walk reads: offsets that
 * were taken from the headers of each version, for shunt has none at build time. What is not known
 * exactly is not read at all: then one sentence in the trace says why.
 */
#ifndef SHUNT_PYTHON_LAYOUT_H
#define SHUNT_PYTHON_LAYOUT_H

#include "hot.h"

#include <link.h>
#include <stdint.h>

/* Offsets in bytes; -1: this version has no such member. */
struct python_layout {
    int16_t minor; /* of 3.x */
    /* PyThreadState: the frame being executed, or a structure in which `holder_frame` is it */
    int16_t thread_frame;
    int16_t holder_frame;
    int16_t thread_id; /* of PyThreadState, as PyThread_get_thread_ident says it */
    /* the frame: PyFrameObject up to 3.10, then _PyInterpreterFrame */
    int16_t previous;
    int16_t code;
    int16_t instruction;
    int16_t owner;
    int16_t entry;
    /* PyCodeObject */
    int16_t file;
    int16_t name;
    int16_t first_line;
    int16_t lines;
    int16_t bytecode;
    int16_t first_traceable;
    int16_t version;
    /* the function that a frame executes; PyFunctionObject */
    int16_t function;
    int16_t function_code;
    int16_t function_version;
    /* where the text of a str begins that is ASCII, and of another */
    int16_t ascii;
    int16_t compact;
    int16_t scale; /* bytes in a unit of `instruction` */
};

/* CPython 3.11 on x86-64, in the order above. */
#define PYTHON_LAYOUT_11                                                                           \
    {                                                                                              \
        11, 56, 8, 152, 48, 32, 56, 69, 68, 112, 128, 72, 136, 184, 168, -1, 0, 48, 128, 48, 72, 1 \
    }

enum { PYTHON_REFUSED = 1, PYTHON_PAUSED = 2 };

struct python {
    struct python_layout layout;
    void *(*thread_state)(void);
    int (*finalizing)(void);
    void *(*interpreter_head)(void);
    void *(*interpreter_next)(void *);
    const void *code_type;
    const void *string_type;
    const void *bytes_type;
    const void *function_type;
    int (*line_of)(void *code, int instruction);
    const void *interpreter; /* the only one there was when last looked */
    int32_t unproved;    /* walks still to be made with care: memory is asked before it is read */
    uint32_t off;        /* PYTHON_REFUSED: not read any more; PYTHON_PAUSED: not now */
    uint32_t unnumbered; /* numbers of functions do not count; see python_known.h */
    const struct link_map *map;
};

/* The interpreter of this process; its members are valid once python_found is 1. */
extern struct python python HOT_PYTHON;

/* Whether Python frames are wanted at all. Constructor only, before modules_start. */
void python_start(int wanted);

/* An object was met: is it an interpreter? Any thread and signal context; no two at a time. */
void python_meet(const struct link_map *map);

/* An object is gone. */
void python_part(const struct link_map *map);

/* Around dlclose(handle), which may unmap an interpreter that has ended: python_part comes after
 * that, and other threads must not call it meanwhile. What python_pause returns is told to
 * python_resume, after python_part. */
int python_pause(const void *handle);
void python_resume(int paused);

/* Does this return address lie in the interpreter itself, and not in an extension module? 1 also
 * where that cannot be told. Any context. */
int python_contains(uintptr_t address);

/* Python frames are not read any more; `why` completes "Python lines are not shown: ". */
void python_refuse(const char *why);

#endif
