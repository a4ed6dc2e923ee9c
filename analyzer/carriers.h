/* SPDX-License-Identifier: MIT
 *
 * The processes on this machine that carry the library, from /proc: which file of it, which trace,
 * and what they have counted so far. Looks only; a process notices nothing.
 */
#ifndef SHUNT_CARRIERS_H
#define SHUNT_CARRIERS_H

#include "arena.h"

#include <stdbool.h>
#include <stdint.h>

enum carrier_mode {
    CARRIER_UNRECORDED, /* it has no trace: nobody told the library where to */
    CARRIER_NOT_READY,  /* the library did not get to the end of its start */
    CARRIER_OBSERVING,
    CARRIER_OFF,       /* switched off */
    CARRIER_UNREADABLE /* its trace cannot be read by us */
};

enum carrier_library {
    CARRIER_SAME,     /* the file that it has mapped is the one on disk */
    CARRIER_DELETED,  /* there is none any more */
    CARRIER_REPLACED, /* there is another */
};

/* Whose system call filter it is. After its own the library makes no system calls. */
enum carrier_filter {
    CARRIER_NO_FILTER,
    CARRIER_INHERITED, /* it was there when the process began */
    CARRIER_OWN,       /* the library saw it installed */
    CARRIER_UNNOTICED, /* installed since, past the library */
    CARRIER_WHOSE      /* cannot be told: no trace, or none that says */
};

struct carrier {
    int pid;
    int own_pid;      /* what it takes for its pid: its trace has that one */
    const char *name; /* as ps shows it */
    bool seccomp;     /* it runs under a filter */
    enum carrier_filter filter;
    const char *library;
    enum carrier_library library_state;
    const char *trace; /* NULL: none */
    enum carrier_mode mode;
    const char *why;            /* unreadable, because ...; NULL */
    const char *writer;         /* "shunt 0.1.0"; NULL unknown */
    uint64_t bytes;             /* of the trace on disk */
    uint64_t since_realtime_ns; /* its first recorded moment; 0 unknown */
    uint64_t calls, lost;       /* of this process; what its file lost */
};

struct carriers {
    struct carrier *items; /* by pid */
    unsigned count;
    unsigned hidden; /* processes that we may not look at */
};

struct carriers carriers_find(struct arena *arena);

const char *carriers_mode_name(enum carrier_mode mode);
/* For programs; NULL: there is no filter. */
const char *carriers_filter_name(enum carrier_filter filter);
const char *carriers_library_name(enum carrier_library state);

#endif
