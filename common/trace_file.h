/* SPDX-License-Identifier: MIT
 *
 * The frame of a trace file: its header, the control page, and what stands first in a chunk.
 */
#ifndef SHUNT_TRACE_FILE_H
#define SHUNT_TRACE_FILE_H

#include <stdint.h>

#define TRACE_MAGIC        "shunt\r\n\x1a" /* 8 bytes, no terminator */
#define TRACE_VERSION      1u
#define TRACE_SUFFIX       ".shunt"
#define TRACE_POLICY_NAME  "policy" /* beside the traces: the compiled policy of new processes */
#define TRACE_CELL         64u
#define TRACE_CHUNK        16384u
#define TRACE_HEADER_SIZE  4096u
#define TRACE_CONTROL_SIZE 12288u
#define TRACE_FIRST_CHUNK  (TRACE_HEADER_SIZE + TRACE_CONTROL_SIZE) /* offset of chunk 0 */
#define TRACE_MIN_SIZE     (1u << 20)                               /* smallest --max-size */
#define TRACE_FRAMES       16u
#define TRACE_THREAD_NAME  16u /* as the kernel's comm */

/* How the ticks of this file were taken. */
enum trace_clock_kind {
    TRACE_CLOCK_TSC = 1,      /* invariant cycle counter */
    TRACE_CLOCK_MONOTONIC = 2 /* CLOCK_MONOTONIC, nanoseconds */
};

enum trace_state {
    TRACE_STATE_SETUP = 0,   /* the constructor did not get to its end */
    TRACE_STATE_READY = 1,   /* the handshake: the library observes */
    TRACE_STATE_FINISHED = 2 /* our destructor ran: a regular exit */
};

/* What was lost, each counted: never silent. Indices into trace_header.lost. */
enum trace_loss {
    TRACE_LOSS_CHUNKS,   /* a chunk was wanted and the file was full, or the disk */
    TRACE_LOSS_CONTEXTS, /* calls counted without their chain: no room to learn it */
    TRACE_LOSS_CALLS,    /* calls that could not be counted at all */
    TRACE_LOSS_EVENTS,  /* events not written: no room for the ring (overwritten ones: ring_head) */
    TRACE_LOSS_STRINGS, /* targets and names that found no room */
    TRACE_LOSS_THREADS, /* threads that got no segment */
    TRACE_LOSS_TURNS,   /* wait points beyond the table of a thread */
    TRACE_LOSS_MODULES, /* ELF objects beyond the table: their frames carry bare addresses */
    TRACE_LOSS_LOCKS,   /* waits for locks, and calls made while holding one, whose facts found no
                           room; the calls themselves are counted */
    TRACE_LOSS_PENDING, /* pending waits that found no room; the calls themselves are counted */
    TRACE_LOSS_SPAWNS,  /* threads and green threads whose spawn point found no room */
    TRACE_LOSS_PYTHON,  /* chains of Python frames that found no room: calls without their line */
    TRACE_LOSS_ROUTES,  /* calls of which it is not known where they ran */
    TRACE_LOSS_KINDS = 16
};

/* The same instant on three clocks. */
struct trace_clock {
    uint64_t ticks;
    uint64_t monotonic; /* ns */
    uint64_t boottime;  /* ns: runs through suspend */
    uint64_t realtime;  /* ns since 1970 */
};

struct trace_header {
    uint8_t magic[8];
    uint32_t version;
    uint32_t byte_order; /* 0x01020304 as the writer stores it */
    uint64_t file_size;
    uint32_t header_size;
    uint32_t chunk_size;
    uint32_t state; /* enum trace_state; release store */
    uint32_t clock; /* enum trace_clock_kind */

    int32_t pid;
    uint32_t chunk_count;   /* chunks that fit into file_size */
    uint64_t process_start; /* field 22 of /proc/PID/stat: tells a reused pid; 0 unknown */
    uint64_t threshold;     /* ticks from which a call counts as blocked */
    uint64_t threshold_ns;
    uint64_t tick_cost_x16; /* cost of reading the clock once, in 1/16 tick, measured at start */

    uint32_t next_chunk;   /* chunks handed out so far, ring included; atomic add */
    uint32_t ring_first;   /* first chunk of the event ring */
    uint32_t ring_chunks;  /* power of two */
    uint64_t ring_head;    /* events claimed so far; event n lies at n modulo the ring's size */
    uint32_t meta_chunk;   /* index + 1 of the META chunk being filled; compare-and-swap */
    uint32_t module_count; /* module ids handed out, by the process and its fork children */

    struct trace_clock first_clock;
    struct trace_clock last_clock; /* refreshed at most once a second, guarded by clock_seq */
    uint64_t clock_seq;            /* odd while last_clock is being written */
    uint64_t clock_jumps;          /* triples whose rates disagree: suspend, migration, step */
    uint64_t end_ticks;            /* when our destructor ran */

    uint64_t lost[TRACE_LOSS_KINDS];
    uint32_t lock;       /* pid of the process that takes a free chunk; 0: none */
    uint32_t free_chunk; /* number of a FREE chunk, which links to the next by `previous`; 0 none;
                            compare-and-swap */
    uint32_t children;   /* fork children that came to a regular end */
    uint32_t
        children_sum;     /* newest chunk of the segment that sums those beyond the first; 0 none */
    char writer[32];      /* "shunt 0.1.0", terminated */
    uint64_t locks_aside; /* locks taken without waiting that no thread's record counts: before the
                             library was ready, and where a thread begins and ends; atomic add */
    /* Where an auditor that has stopped a thread finds its call in progress: `self` bytes from the
     * thread pointer lies a pointer, and `self_current` bytes behind what that points to a pointer
     * to the thread's struct trace_current. self 0: not told. Written before the state is READY. */
    int64_t self;
    uint64_t self_current;
    uint32_t children_lock; /* pid of the process that is at `children` and their sum; 0: none */
    uint32_t _pad;
    uint64_t reserved[60];
};

/* The bits of trace_control.aside. OFF: everything in place, nothing observed; set and cleared from
 * outside. ROUTE: calls may be routed; set at start by a process that was given routes.
 * POLICY: by a policy, which may be replaced. GREEN: green threads may be parked, so locks are
 * looked at one by one; it stays once it is set. */
#define TRACE_ASIDE_OFF    1u
#define TRACE_ASIDE_ROUTE  2u
#define TRACE_ASIDE_POLICY 4u
#define TRACE_ASIDE_GREEN  8u

/* Bytes of a policy in a chunk of it, behind the head. */
#define TRACE_POLICY_PART (TRACE_CHUNK - TRACE_CELL)

/* A file of this name beside the traces: processes that begin here are switched off. */
#define TRACE_OFF_NAME "off"

/* The control page, for switching while the program runs. Every wrapper reads `aside`: 0 is the way
 * of a process that only observes. Another policy is handed over so: its block goes into chunks of
 * kind POLICY that lie side by side, then into slot `generation + 1 & 1` what it is, and then
 * `generation` is raised; under a lock on the file (flock). */
struct trace_control {
    uint64_t generation;
    uint32_t policy_fault; /* enum policy_fault of generation `policy_seen` */
    uint32_t aside;        /* TRACE_ASIDE_ bits; atomic or, atomic and */
    /* By whoever switches off and on: how often it was off, since when it is (0: it is not), and
     * for how long it was before. CLOCK_REALTIME, ns. */
    uint64_t off_count;
    uint64_t off_since;
    uint64_t off_ns;
    struct {
        uint64_t checksum;
        uint32_t size;
        uint32_t chunk;  /* number of the first */
        uint32_t chunks; /* that there are */
        uint32_t _pad;
    } policy[2];
    uint64_t policy_seen; /* the latest generation that a process of this file took or refused */
};

enum trace_chunk_kind {
    TRACE_CHUNK_FREE = 0,
    TRACE_CHUNK_META = 0x4154454d,   /* "META" */
    TRACE_CHUNK_THREAD = 0x44524854, /* "THRD" */
    TRACE_CHUNK_POLICY = 0x59434c50, /* "PLCY": a part of a policy */
    TRACE_CHUNK_RING = 0x474e4952    /* "RING"; events begin right after the head's cell */
};

/* First cell of every chunk. */
struct trace_chunk {
    uint32_t kind; /* enum trace_chunk_kind; release store, last */
    uint32_t used; /* cells handed out, this head included; at most TRACE_CHUNK / TRACE_CELL. META:
                    * cells asked for, of which those beyond that were not had */
    int32_t pid;   /* THREAD: the segment owner is (pid, tid, start) */
    int32_t tid;
    uint64_t start; /* ticks at which the thread was first seen */
    uint32_t
        previous; /* THREAD: number of the owner's chunk before, 0: its first; FREE: the next */
    uint32_t _pad;
    uint64_t reserved[4];
};

_Static_assert(sizeof(struct trace_header) <= TRACE_HEADER_SIZE, "header page");
_Static_assert(sizeof(struct trace_chunk) == TRACE_CELL, "chunk head is one cell");

#endif
