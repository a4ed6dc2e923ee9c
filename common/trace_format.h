/* SPDX-License-Identifier: MIT
 *
 * The trace file, version 1: what the preload writes and the analyzer reads. One file per process
 * image (a fork child that does not exec goes on in its parent's file). docs/trace-format.md tells
 * the same in prose; change both together and raise TRACE_VERSION when a reader of the old layout
 * could be misled.
 *
 * The file is one sparse mapping. It holds a header, a control page and chunks of TRACE_CHUNK
 * bytes. A chunk belongs to the process's shared records (META), to one thread (THREAD) or to the
 * event ring (RING); a reader visits chunks 0 to next_chunk. META and THREAD chunks hold records,
 * each a whole number of 64-byte cells, so that
 *
 *   - a record's id is the number of its first cell, counted from the file's start; 0 is no record,
 *   - a reader steps over a record that it does not know, and over a hole of zero cells that a
 *     killed writer left, without losing its place.
 *
 * Writing: reserve cells, store the record's head with RECORD_PENDING (its size now stands), fill
 * it in, store the head again with its type (release). A reader loads the head (acquire) and
 * believes nothing before it is committed. Counters inside a committed record go on changing: each
 * is one aligned 64-bit word with one writer, read as it is. All numbers are little-endian.
 *
 * Times are ticks of the header's clock, 0 for never; convert with the clock triples.
 */
#ifndef SHUNT_TRACE_FORMAT_H
#define SHUNT_TRACE_FORMAT_H

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
    uint32_t lock;       /* pid of the process that is at the next four; 0: none */
    uint32_t free_chunk; /* number of a FREE chunk, which links to the next by `previous`; 0 none */
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
    uint64_t reserved[61];
};

/* The bits of trace_control.aside. OFF: everything in place, nothing observed; set and cleared from
 * outside. ROUTE: calls may be routed; set at start by a process that was given routes.
 * POLICY: by a policy, which may be replaced. */
#define TRACE_ASIDE_OFF    1u
#define TRACE_ASIDE_ROUTE  2u
#define TRACE_ASIDE_POLICY 4u

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
    uint32_t used; /* cells handed out, this head included; at most TRACE_CHUNK / TRACE_CELL */
    int32_t pid;   /* THREAD: the segment owner is (pid, tid, start) */
    int32_t tid;
    uint64_t start; /* ticks at which the thread was first seen */
    uint32_t
        previous; /* THREAD: number of the owner's chunk before, 0: its first; FREE: the next */
    uint32_t _pad;
    uint64_t reserved[4];
};

enum trace_record_type {
    RECORD_NONE = 0,
    RECORD_PENDING = 1, /* reserved, being filled in */

    /* META chunks: append only, shared by all threads and fork children */
    RECORD_CALL = 16, /* name and facts of one call id */
    RECORD_PROCESS,   /* a process that writes here: the first, and each fork child */
    RECORD_MODULE,    /* an ELF object mapped into the process */
    RECORD_STRING,    /* a target, a path, a command line */
    RECORD_CONTEXT,   /* an interned chain of return addresses */
    RECORD_CLOCK,     /* a clock triple */
    RECORD_GAP,       /* something known to be unseen: text */
    RECORD_MARK,      /* reserved: shunt mark */
    RECORD_PYFRAME,   /* a Python frame and, by its outer frames, a chain of them */
    RECORD_RUNTIME,   /* reserved: a green runtime */
    RECORD_SPAWN,     /* a spawn point: where threads or green threads are started */
    RECORD_SETTING,   /* a variable of the environment that sets up a green runtime */
    RECORD_POOL,      /* a pool of workers in one process */
    RECORD_POLICY,    /* a policy that a process put into force */
    RECORD_RULE,      /* what became of the calls that one of its rules took */

    /* THREAD chunks: one writer, the thread itself */
    RECORD_THREAD = 64,  /* always the first record of a segment */
    RECORD_SLOT,         /* counters of one (call, context) */
    RECORD_HISTOGRAM,    /* latencies of one (call, owner frame), or of a loop's stalls */
    RECORD_WAIT_POINT,   /* a recurring wait: a loop, or a candidate for one */
    RECORD_PENDING_WAIT, /* calls that would have blocked, until they succeeded */
    RECORD_LOCK,  /* waits for a lock and who held it; calls that blocked while holding one */
    RECORD_ROUTED /* of one (call, context): what was moved, and what ran in place and why */
};

/* Where a call runs. */
enum trace_route {
    TRACE_ROUTE_IN_PLACE = 0,
    TRACE_ROUTE_POOL = 1,  /* a worker runs it, its caller waits */
    TRACE_ROUTE_GREEN = 2, /* other green threads of the caller's thread run meanwhile */
    TRACE_ROUTE_DENY = 3   /* it is not made, and fails */
};

/* Why a call that a rule would route runs in place. Part of the format: append only. */
enum trace_reason {
    REASON_NONE = 0,
    REASON_READY,        /* tried first: it did not have to wait */
    REASON_NONBLOCKING,  /* its descriptor, flags or timeout say that it never waits */
    REASON_BOUND,        /* the call is bound to its thread */
    REASON_CONDITIONS,   /* it may move under conditions that are not known to hold */
    REASON_HANDLER,      /* made in a signal handler */
    REASON_NESTED,       /* made inside another intercepted call */
    REASON_THREAD_STATE, /* the thread has rights, a name space or an order of its own */
    REASON_FILTER,       /* the process has a seccomp filter */
    REASON_TERMINAL,     /* a terminal stops the thread that reads it in the background */
    REASON_THREAD_FILE,  /* a file whose content depends on who reads it: signalfd, /proc */
    REASON_STREAM,    /* the caller holds the stream's lock, or the stream runs code of its own */
    REASON_LOCALE,    /* the thread has a locale of its own */
    REASON_RESOLVER,  /* the thread has resolver settings of its own */
    REASON_POOL_FULL, /* every worker busy and the pool as large as it may be */
    REASON_NO_WORKER, /* no thread could be made */
    REASON_ADDRESS_SPACE, /* the program's address space is limited */
    REASON_VFORK,         /* a child on its parent's stack */
    REASON_FORK_CHILD,    /* a child made past fork's handlers */
    REASON_CHAIN,         /* the rule names a function and the chain is not known yet */
    REASON_OFF,           /* routing is switched off */
    REASON_SIGNALS,       /* no signal may be queued: no call could be ended early */
    REASON_ROLLOUT,       /* not in the share of its rule's calls that are moved */
    REASON_UNKNOWN,       /* a rule asks for a name that nobody knows: a module was not compiled */
    REASON_CROWDED,       /* more rules might take the chain's calls than are kept */
    REASON_NO_RUNTIME,    /* route green: no green runtime is known on this thread */
    REASON_NO_GREEN,      /* ... no green thread: the scheduler itself, or a plain thread */
    REASON_GIL_HELD,      /* ... the caller holds the interpreter lock: others may not run */
    REASON_INTERPRETERS,  /* ... there is more than one interpreter */
    REASON_FINALIZING,    /* ... the interpreter is at its end */
    REASON_IMPORTING,     /* ... a module is being imported */
    REASON_LOADING,       /* ... inside dlopen */
    REASON_LOCK_HELD,     /* ... the thread holds a lock that cannot be kept across a switch */
    REASON_LOCK_ORDER,    /* ... a lock is held that is also taken under the interpreter lock */
    REASON_STACK_OBJECT,  /* ... the lock or semaphore lies on the stack, which is switched away */
    REASON_EXCEPTION,     /* ... a C++ exception is in flight */
    REASON_ARGUMENTS,     /* ... what the call reads or writes is not known exactly */
    REASON_READER,        /* ... made by an object of Python's that no other may enter meanwhile */
    REASON_HANDED_OVER,   /* ... the library hands work from caller to caller by a condition */
    REASON_BULKHEAD,      /* as many calls of the rule are under way as it allows */
    REASON_DENIED,        /* the rule denies the call, and only says so (or could not) */
    REASON_COUNT,
    REASON_ROOM = 62
};

/* First 8 bytes of every record. */
struct trace_record {
    uint16_t type;  /* enum trace_record_type; release store */
    uint16_t cells; /* length in cells, at least 1 */
    uint32_t aux;   /* by type; 0 if not said */
} __attribute__((aligned(8)));

/* ---- META ---- */

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
    SPAWN_HUB = 2       /* the green runtime's own, in which it waits */
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
    uint64_t reserved[12];
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

/* ---- THREAD ---- */

/* The call in progress: what a killed process was doing, what a live view shows. `frame` is written
 * last on entry and cleared first on return; a nested call (a signal handler's) puts the outer one
 * back. */
struct trace_current {
    uint64_t frame;  /* stack address of the wrapper; 0: none */
    uint64_t start;  /* ticks */
    uint32_t slot;   /* record id: it names call and chain; 0: the chain was not known yet */
    uint32_t call;   /* call id, written only if slot is 0 */
    uint64_t caller; /* return address, written only if slot is 0 */
};

/* What a thread holds: pthread mutexes and reader-writer locks that it took through a wrapper, in
 * the order in which it took them. Only that thread writes it, and it goes on changing. */
#define TRACE_HELD       16u
#define TRACE_LOCK_KINDS 3u

/* The low bits of a lock's address. */
enum trace_lock_kind { TRACE_LOCK_MUTEX = 0, TRACE_LOCK_READ = 1, TRACE_LOCK_WRITE = 2 };

struct trace_held {
    uint64_t lock;   /* address | enum trace_lock_kind */
    uint64_t caller; /* return address of the call that took it */
};

/* trace_thread.locks: how many entries of `held` are in use, and above them the number of locks
 * taken without waiting, in one word that one instruction changes. */
#define TRACE_LOCKS_HELD 0xffu
#define TRACE_LOCKS_ONE  0x100u

struct trace_thread {
    struct trace_record head;
    int32_t pid;
    int32_t tid; /* 0: the sum of ended threads of this name; pid 0, too: of ended fork children */
    uint64_t start;
    uint64_t end; /* ticks; 0: alive, or killed */
    char name[TRACE_THREAD_NAME];
    uint32_t folded; /* threads summed here */
    uint32_t loop;   /* record id of the wait point chosen as the thread's loop; 0 none */
    uint64_t cpu;    /* ns of CPU time at cpu_when, from the thread's CPU clock */
    /* 64: what every call writes, in one cache line */
    struct trace_current current;
    uint64_t explained; /* ticks inside outermost intercepted calls */
    uint64_t nested;    /* ticks inside calls made while another was in progress */
    uint64_t locks;     /* see TRACE_LOCKS_ONE */
    uint64_t unheld;    /* locks taken while `held` was full: not known to be held */
    /* 128 */
    uint64_t cpu_when;  /* ticks */
    uint64_t checked;   /* memo answers checked against a real unwind */
    uint64_t wrong;     /* ... that differed */
    uint64_t learned;   /* chains unwound */
    uint64_t uncounted; /* calls that found no slot */
    uint32_t spawn;     /* record id of the spawn point; 0: not known */
    uint32_t runtime;   /* reserved: green runtime whose hub this thread is */
    struct trace_held held[TRACE_HELD];
    uint32_t pending_peak; /* most pending waits at a time */
    uint32_t _pad;
    uint64_t reserved[9];
};

enum trace_slot_flag {
    SLOT_NESTED = 1,       /* some calls ran inside another intercepted call */
    SLOT_MANY_TARGETS = 2, /* more than one target was seen; `target` is the latest */
    SLOT_HUB_WAIT = 8,     /* a green runtime's hub waits here */
    SLOT_LOOP_WAIT = 4     /* it is the way to the chosen loop's own wait */
};

struct trace_slot {
    struct trace_record head; /* aux: for the process itself: the rules that may take its calls */
    uint32_t context;         /* record id; 0: the chain is not known (no room to learn it) */
    uint16_t call;
    uint16_t flags; /* enum trace_slot_flag */
    uint64_t count;
    uint64_t ticks;
    uint64_t max;
    uint32_t histogram; /* record id */
    uint32_t target;    /* string id of a target of a call that blocked */
    uint64_t blocked;   /* calls of at least threshold ticks */
    uint64_t blocked_ticks;
    /* 64: what is written now and then, and inside a loop's turn */
    uint64_t max_start;
    uint32_t errors;      /* failed, EAGAIN and EINTR apart; stops at its top */
    uint32_t again;       /* would have blocked */
    uint32_t interrupted; /* EINTR */
    uint32_t stall_turns; /* stalled turns of the loop in which it took part */
    uint64_t stall_ticks; /* its time inside stalled turns */
    uint32_t turn;        /* the turn that the next two belong to */
    uint32_t turn_calls;
    uint64_t turn_ticks;
    uint32_t turn_next; /* record id: list of the slots of the current turn */
    uint16_t route;     /* enum trace_route that a rule gave it */
    uint16_t reason;    /* enum trace_reason: why the latest that was not moved ran in place */
    uint32_t
        no_timeout; /* blocked calls that had no limit of their own (poll -1, no SO_RCVTIMEO) */
    uint32_t
        last_errno; /* errno of the latest error; EAI_* negated into positive for getaddrinfo */
};

/* Log-linear buckets of ticks: bucket 0 is below 64; above it each power of two is split in 8. The
 * last bucket takes all that is longer. A bucket that reached its top stays there: what is missing
 * to the slots' exact count belongs to it. */
#define TRACE_BUCKETS         314u
#define TRACE_BUCKET_MIN_LOG2 6u
#define TRACE_BUCKET_SUB_LOG2 3u

static inline uint32_t trace_bucket_of(uint64_t ticks)
{
    if (ticks < (1ull << TRACE_BUCKET_MIN_LOG2))
        return 0;
    uint32_t log2 = 63u - (uint32_t)__builtin_clzll(ticks);
    uint32_t sub = (uint32_t)(ticks >> (log2 - TRACE_BUCKET_SUB_LOG2)) & 7u;
    uint32_t index = 1u + ((log2 - TRACE_BUCKET_MIN_LOG2) << TRACE_BUCKET_SUB_LOG2) + sub;
    return index < TRACE_BUCKETS ? index : TRACE_BUCKETS - 1u;
}

/* Smallest value of a bucket; the bucket ends where the next begins. index <= TRACE_BUCKETS. */
static inline uint64_t trace_bucket_start(uint32_t index)
{
    if (index == 0)
        return 0;
    uint32_t log2 = TRACE_BUCKET_MIN_LOG2 + ((index - 1u) >> TRACE_BUCKET_SUB_LOG2);
    uint64_t sub = (index - 1u) & 7u;
    return (8u + sub) << (log2 - TRACE_BUCKET_SUB_LOG2);
}

struct trace_histogram {
    struct trace_record head;
    uint32_t call;    /* call id */
    uint32_t pyframe; /* record id of a frame of the Python function whose calls it holds; 0: not of
                         Python */
    uint64_t frame;   /* first frame outside libc, as in a context; of one of the calls if it is a
                         Python function's; 0: a loop's stalls */
    uint32_t bucket[TRACE_BUCKETS];
};

/* RECORD_LOCK's head.aux. */
enum trace_lock_fact {
    LOCK_WAITED = 1,  /* the call waited for a lock that another thread held */
    LOCK_HELD = 2,    /* the call blocked while its own thread held a lock: the one taken last */
    LOCK_HELD_TOO = 3 /* ... and this one, taken before that: the same calls once more */
};

/* What the holder of a lock was in when a wait for it began. */
enum trace_holder {
    HOLDER_UNKNOWN = 0, /* nobody can tell who held the lock */
    HOLDER_OUTSIDE = 1, /* no intercepted call: it was computing, or in one that is not seen */
    HOLDER_IN_CALL = 2  /* in holder_call, holder_context */
};

/* One (call, context) of this thread and one place where a lock was taken. Names contexts and not
 * slots: those of an ended thread may be gone. */
struct trace_lock {
    struct trace_record head; /* aux: enum trace_lock_fact */
    uint32_t context;         /* of the call that waited, or that blocked while holding */
    uint16_t call;
    uint16_t holder;         /* LOCK_WAITED: enum trace_holder */
    uint64_t frame;          /* where the lock was taken, as in a context: the return address of the
                                call that took it; 0 unknown */
    uint32_t holder_context; /* HOLDER_IN_CALL */
    uint16_t holder_call;    /* HOLDER_IN_CALL */
    uint16_t _pad;
    uint64_t count;
    uint64_t ticks;
    uint64_t max;
    uint32_t next; /* for the thread itself */
    uint32_t _pad2;
};

/* Pending waits of one (call, context) of this thread: from the first try that said EAGAIN
 * (connect: EINPROGRESS) to the success of the same call on the same fd. */
struct trace_pending_wait {
    struct trace_record head;
    uint32_t context;
    uint16_t call;
    uint16_t _pad;
    uint32_t spawn;  /* record id of the green thread's spawn point; 0: it is the thread's */
    uint32_t target; /* string id */
    uint64_t count;  /* ended by success */
    uint64_t ticks;
    uint64_t max;
    uint64_t max_start;
    uint64_t unfinished; /* never succeeded: the fd was closed, or the call failed */
    uint64_t unfinished_ticks;
    uint32_t live; /* go on */
    uint32_t peak; /* most at a time */
    uint64_t peak_when;
    uint64_t reserved[5];
};

/* What the pool did for one (call, context) of this thread. Names the context and not the slot:
 * that of an ended thread may be gone. Ticks run from the wrapper's decision on. */
struct trace_routed {
    struct trace_record head;
    uint32_t context;
    uint16_t call;
    uint16_t pool;          /* the latest's, by number: 0 is `default` */
    uint64_t moved;         /* calls that a worker ran */
    uint64_t ticks;         /* of these, as their callers saw them */
    uint64_t handoff_ticks; /* ... until the worker began */
    uint64_t run_ticks;     /* ... on the worker; the rest is the way back */
    uint64_t handoff_max;
    uint64_t aborted;               /* ended early for a signal handler or a cancellation */
    uint32_t in_place[REASON_ROOM]; /* by enum trace_reason; stops at its top */
    uint32_t next;                  /* for the thread itself */
    uint32_t _pad;
};

/* Written by every thread of its process: atomic. */
struct trace_pool {
    struct trace_record head;
    int32_t pid;
    uint16_t pool;
    uint16_t _pad;
    char name[16];
    uint32_t most;    /* bound */
    uint32_t workers; /* alive */
    uint32_t peak;
    uint32_t grown;
    uint32_t shrunk;
    uint32_t refused; /* threads that could not be made */
    uint64_t reserved[2];
};

struct trace_policy {
    struct trace_record head;
    int32_t pid;
    uint32_t rules;
    uint64_t source;     /* hash of the policy file */
    uint64_t since;      /* ticks */
    uint64_t generation; /* 0: it was there at the start */
    uint32_t fault;      /* enum policy_fault: it was refused, and the one before stayed */
    uint32_t _pad;
};

/* Written by every thread of its process: atomic. Several records of one rule add up. */
struct trace_rule {
    struct trace_record head;
    int32_t pid;
    uint32_t rule;   /* number in the policy, from 0 */
    uint64_t source; /* hash of the policy file */
    uint32_t id;     /* string id */
    uint32_t route;  /* enum policy_route */
    uint64_t moved;
    uint64_t in_place[REASON_ROOM]; /* by enum trace_reason; NONE: the rule says in place */
};

#define TRACE_TURN_SLOTS 4u
#define TRACE_TURNS      8u
#define TRACE_SLICES     64u

/* One turn of a loop. */
struct trace_turn {
    uint64_t start;  /* ticks at which the wait returned */
    uint64_t length; /* until the next wait; 0: empty entry */
    uint64_t wait;   /* length of the wait before it */
    int32_t ready;   /* what that wait returned */
    uint32_t
        next_ready; /* 1: the wait after it returned at once with work: the stall was harmful */
    uint64_t cpu;   /* ticks that the thread was on a CPU in it; 0: none, or not measured */
    struct {
        uint32_t slot;  /* record id; 0: none */
        uint32_t calls; /* in this turn */
        uint64_t ticks;
    } top[TRACE_TURN_SLOTS];
};

enum trace_wait_flag {
    WAIT_CHOSEN = 1,    /* the thread's loop at the end of the trace */
    WAIT_MAY_BLOCK = 2, /* at least one visit was allowed to block */
    WAIT_HUB = 4        /* a green runtime's hub: whichever call it waits in; `call` is one */
};

/* A recurring wait: same call, return address and epoll fd. Turn figures run while it was chosen.
 */
struct trace_wait_point {
    struct trace_record head;
    uint16_t call;
    uint16_t flags;            /* enum trace_wait_flag */
    int32_t fd;                /* epoll fd, or -1 */
    uint32_t context;          /* record id of the shortest chain that led here */
    uint32_t depth;            /* frames of that chain, those counted that it has no room for */
    uint32_t most_fds;         /* largest set waited for; 0 not a set */
    uint32_t stalls_histogram; /* record id */
    uint64_t visits;
    uint64_t wait_ticks;
    uint64_t ready_at_once; /* visits that returned work within 20 us */
    uint64_t empty;         /* visits that timed out */
    uint64_t chosen_at;
    uint64_t turns;
    uint64_t turn_ticks;
    uint64_t stalls; /* turns of at least threshold ticks */
    uint64_t stall_ticks;
    uint64_t harmful; /* stalls after which work was ready at once */
    uint64_t harmful_ticks;
    uint64_t slice_ticks;         /* width of a slice of the timeline; doubles when it is full */
    uint64_t slice[TRACE_SLICES]; /* stall ticks by time since chosen_at */
    struct trace_turn worst[TRACE_TURNS];
    uint64_t stall_cpu;      /* ticks that the thread was on a CPU in stalls */
    uint64_t stall_measured; /* ... known for this part of stall_ticks */
    uint64_t reserved[6];
};

/* ---- RING ---- */

/* One call that blocked. `seq` is the event's number + 1, stored last (release): an entry whose seq
 * does not fit its place is being written, or was lost with its writer. */
struct trace_event {
    uint64_t seq;
    uint64_t start;
    uint64_t ticks;
    int64_t result;
    uint32_t context;
    uint32_t target;
    int32_t pid;
    int32_t tid;
    uint16_t call;
    uint16_t error;    /* errno, 0 if it succeeded; EAI_* as a positive number */
    uint8_t route;     /* enum trace_route */
    uint8_t reason;    /* enum trace_reason */
    uint8_t runtime;   /* reserved */
    uint8_t flags;     /* 1: nested in another call */
    uint32_t greenlet; /* number of the green thread in its process, from 1; 0: none */
    uint32_t slot;
};

_Static_assert(sizeof(struct trace_header) <= TRACE_HEADER_SIZE, "header page");
_Static_assert(sizeof(struct trace_chunk) == TRACE_CELL, "chunk head is one cell");
_Static_assert(sizeof(struct trace_record) == 8, "record head");
_Static_assert(sizeof(struct trace_call) == 64, "call record");
_Static_assert(sizeof(struct trace_process) == 64, "process record");
_Static_assert(sizeof(struct trace_module) == 128, "module record");
_Static_assert(sizeof(struct trace_context) == 16, "context record without frames");
_Static_assert(sizeof(struct trace_python_frame) == 32, "Python frame record");
_Static_assert(sizeof(struct trace_spawn) == 192, "spawn record");
_Static_assert(sizeof(struct trace_setting) == 24, "setting record");
_Static_assert(sizeof(struct trace_clock_record) == 64, "clock record");
_Static_assert(sizeof(struct trace_gap) == 64, "gap record");
_Static_assert(sizeof(struct trace_current) == 32, "call in progress");
_Static_assert(sizeof(struct trace_lock) == 64, "lock record");
_Static_assert(sizeof(struct trace_pending_wait) == 128, "pending wait record");
_Static_assert(sizeof(struct trace_routed) == 320, "routed record");
_Static_assert(sizeof(struct trace_pool) == 72, "pool record");
_Static_assert(sizeof(struct trace_policy) == 48, "policy record");
_Static_assert(sizeof(struct trace_rule) == 536, "rule record");
_Static_assert(REASON_COUNT <= REASON_ROOM, "reasons");
_Static_assert(sizeof(struct trace_thread) == 512, "thread record");
_Static_assert(sizeof(struct trace_slot) == 128, "slot record");
_Static_assert(sizeof(struct trace_histogram) == 1280, "histogram record");
_Static_assert(sizeof(struct trace_turn) == 104, "turn");
_Static_assert(sizeof(struct trace_wait_point) % 8 == 0, "wait point");
_Static_assert(sizeof(struct trace_event) == 64, "event");

#endif
