/* SPDX-License-Identifier: MIT
 *
 * META records: what the threads of a trace share. Append only; spawn points go on changing.
 */
#ifndef SHUNT_TRACE_META_H
#define SHUNT_TRACE_META_H

#include "trace_file.h"
#include "trace_record.h"

#include <stdint.h>

struct trace_call {
    struct trace_record head;
    uint16_t id; /* as slots and events of this file use it */
    uint8_t family;
    uint8_t move;
    uint8_t blocks;
    uint8_t fail;
    uint8_t abort;
    uint8_t fd;
    char name[48]; /* terminated */
};

/* System call filters (seccomp) of a process: one that it had when it began, and one that it was
 * seen to install. */
#define TRACE_FILTER_FOUND 1u
#define TRACE_FILTER_OWN   2u

struct trace_process {
    struct trace_record head;
    int32_t pid;
    int32_t ppid;
    uint64_t seen;         /* ticks at which its first intercepted call began */
    uint64_t start;        /* field 22 of /proc/PID/stat; 0 unknown */
    uint32_t exe;          /* string id */
    uint32_t command_line; /* string id: arguments separated by spaces */
    uint32_t working_directory;
    uint32_t uid;
    uint32_t forked;  /* 1: a fork child of the file's first process, or of another child */
    uint32_t filters; /* TRACE_FILTER_ bits; by the process itself */
    uint64_t
        ended; /* ticks when our destructor ran in it: a regular exit; 0: alive, _exit or killed */
};

struct trace_module {
    struct trace_record head;
    uint16_t id;            /* as frames use it, from 1 */
    uint16_t build_id_size; /* bytes, at most 32; 0: none */
    int32_t pid;            /* in which process */
    uint64_t base;          /* load bias: frame offsets are addresses minus this */
    uint64_t start;         /* mapped range */
    uint64_t end;
    uint64_t loaded;   /* ticks when first met */
    uint64_t unloaded; /* ticks; 0: still there */
    uint32_t path;     /* string id */
    uint32_t flags;    /* enum trace_module_flag */
    uint8_t build_id[32];
    uint64_t reserved[4];
};

enum trace_module_flag {
    MODULE_MAIN = 1, /* the executable */
    MODULE_LIBC = 2, /* libc, the loader and their like: never an owner */
    MODULE_SHUNT = 4
};

enum trace_string_kind { STRING_PATH = 1, STRING_TARGET, STRING_COMMAND, STRING_TEXT };

/* head.aux is the kind; the text follows, terminated, filling the record's cells. */
struct trace_string {
    struct trace_record head;
    char text[];
};

/* A frame: bits 48..63 the module id, bits 0..47 the offset of the RETURN address from the module's
 * base. Module 0: the address lies in no module (generated code). */
#define TRACE_FRAME(module, offset) ((uint64_t)(module) << 48 | ((offset)&0xffffffffffffull))
#define TRACE_FRAME_MODULE(frame)   ((uint16_t)((frame) >> 48))
#define TRACE_FRAME_OFFSET(frame)   ((frame)&0xffffffffffffull)

enum trace_context_flag {
    CONTEXT_CUT_DEPTH = 1,  /* there were more than TRACE_FRAMES frames */
    CONTEXT_CUT_SIGNAL = 2, /* the chain ends at a signal handler's frame */
    CONTEXT_CUT_STACK = 4,  /* ... where the program had switched stacks */
    CONTEXT_CUT_UNWIND = 8  /* ... because no unwind information was found */
};

struct trace_context {
    struct trace_record head;
    uint16_t frames;  /* at most TRACE_FRAMES */
    uint16_t flags;   /* enum trace_context_flag */
    uint32_t pyframe; /* record id of the innermost Python frame; 0: none, or not known */
    uint64_t frame[]; /* innermost first */
};

enum trace_python_flag {
    PYTHON_FROM_C = 1, /* C code called it: native frames of the chain lie between it and `outer` */
    PYTHON_CUT = 2     /* there are more frames outward, which were not followed */
};

/* A Python frame under its outer frames: one record a distinct chain, so that chains share what is
 * outside. The text is what the interpreter says at run time: co_filename as it stands. */
struct trace_python_frame {
    struct trace_record head;
    uint32_t file;       /* string id (STRING_PATH) */
    uint32_t name;       /* string id (STRING_TEXT): qualified from CPython 3.11 on, else plain */
    uint32_t first_line; /* of the function; 0 unknown */
    uint32_t line;       /* being executed; 0 unknown */
    uint32_t outer;      /* record id of the frame that called this one; 0: none */
    uint32_t flags;      /* enum trace_python_flag */
};

/* RECORD_SPAWN's head.aux. */
enum trace_spawn_kind { SPAWN_THREAD = 1, SPAWN_GREEN = 2 };

enum trace_spawn_flag {
    SPAWN_AT_LEAST = 1, /* some were not seen to be born: there may have been more */
    SPAWN_HUB = 2,      /* the green runtime's own, in which it waits */
    SPAWN_ENDS_TOLD = 4 /* how those that ended did */
};

/* A place where threads or green threads are started. Of green threads it is known by what they
 * run; one without context, frame and pyframe stands for those that made no call. Unlike other META
 * records it goes on changing, by atomic additions of any thread. */
struct trace_spawn {
    struct trace_record head; /* aux: enum trace_spawn_kind */
    int32_t pid;              /* in which process */
    uint32_t context;         /* of the call that started them; 0 not known */
    uint64_t frame;           /* the start routine's address + 1, as in a context; 0 not known */
    uint32_t pyframe;         /* record id of a Python frame: what is run; 0 none */
    uint32_t flags;           /* enum trace_spawn_flag */
    uint64_t born;
    uint64_t ended;
    uint64_t life_ticks; /* of those that ended */
    uint32_t alive;
    uint32_t peak;    /* most alive at a time */
    uint64_t at_peak; /* births that brought it to its peak */
    uint64_t blocked; /* green threads: calls that blocked; of threads the slots tell */
    uint64_t blocked_ticks;
    uint32_t in_flight;      /* green threads: pending waits */
    uint32_t in_flight_peak; /* most at a time, with the call that blocks */
    uint64_t killed;         /* green threads: of those that ended, by GreenletExit */
    uint64_t timed_out;      /* ... by an exception whose name ends in Timeout */
    uint64_t failed;         /* ... by any other */
    uint64_t reserved[9];
};

struct trace_setting {
    struct trace_record head;
    int32_t pid;
    uint32_t name;  /* string id */
    uint32_t value; /* string id */
    uint32_t _pad;
};

struct trace_clock_record {
    struct trace_record head; /* aux 1: a jump was seen since the triple before */
    struct trace_clock clock;
    uint64_t reserved[3];
};

struct trace_gap {
    struct trace_record head;
    int32_t pid;
    uint32_t text; /* string id */
    uint64_t when;
    uint64_t reserved[5];
};

_Static_assert(sizeof(struct trace_call) == 64, "call record");
_Static_assert(sizeof(struct trace_process) == 64, "process record");
_Static_assert(sizeof(struct trace_module) == 128, "module record");
_Static_assert(sizeof(struct trace_context) == 16, "context record without frames");
_Static_assert(sizeof(struct trace_python_frame) == 32, "Python frame record");
_Static_assert(sizeof(struct trace_spawn) == 192, "spawn record");
_Static_assert(sizeof(struct trace_setting) == 24, "setting record");
_Static_assert(sizeof(struct trace_clock_record) == 64, "clock record");
_Static_assert(sizeof(struct trace_gap) == 64, "gap record");

#endif
