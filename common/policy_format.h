/* SPDX-License-Identifier: MIT
 *
 * The compiled policy: what `shunt` makes of a policy file and the library maps into a process. One
 * block of bytes, in the machine's own order, position independent, that is checked once from front
 * to back (preload/policy_blob.h) and never written to. Names of functions and source files are
 * resolved beforehand: for each module, told by its build id, the block says which ranges of its
 * code are functions that a rule speaks of. What depends on the moment (fd, role, share of a
 * rollout) stays in the rules as patterns.
 */
#ifndef SHUNT_POLICY_FORMAT_H
#define SHUNT_POLICY_FORMAT_H

#include <stdint.h>

#define POLICY_MAGIC        0x4c4f50544e554853ull /* "SHUNTPOL" */
#define POLICY_BLOB_VERSION 1u
#define POLICY_SIZE_MOST    (64u << 20)
#define POLICY_NONE         UINT32_MAX
#define POLICY_FRAMES_MOST  32u /* entries of one POLICY_TERM_FRAMES */

/* ---- words of the language ---- */

enum policy_route { POLICY_INPLACE, POLICY_POOL, POLICY_GREEN, POLICY_DENY, POLICY_ROUTES };

/* Of which calls a rollout takes its share: of one second and thread, one thread, one fd. */
enum policy_rollout_by { POLICY_BY_TIME, POLICY_BY_THREAD, POLICY_BY_FD, POLICY_ROLLOUTS };

#define POLICY_ROLLOUT_ALL   10000u /* in 1/100 of a percent */
#define POLICY_BULKHEAD_MOST 4096u
#define POLICY_ERROR_MOST    4095u /* the kernel's errors are below */

/* What a thread is. A hub is a loop, too; `thread` is what is no loop. */
enum policy_role {
    POLICY_ROLE_LOOP,
    POLICY_ROLE_HUB,  /* a loop of a green runtime */
    POLICY_ROLE_MAIN, /* the process's first thread */
    POLICY_ROLE_THREAD,
    POLICY_ROLES
};

enum policy_state {
    POLICY_STATE_NONE,
    POLICY_FOUND,
    POLICY_PLANNED,
    POLICY_CANARY,
    POLICY_MOVED,
    POLICY_CLOSED,
    POLICY_STATES
};

/* ---- the block ---- */

enum policy_section {
    POLICY_STRINGS,  /* bytes; texts end in 0, and so does the section */
    POLICY_POOLS,    /* struct policy_blob_pool */
    POLICY_CALLS,    /* uint32_t: string of each call that a rule names, as calls.def has it */
    POLICY_BITS,     /* uint64_t: sets of calls, a bit for each entry of POLICY_CALLS */
    POLICY_RULES,    /* struct policy_blob_rule, in order */
    POLICY_TERMS,    /* struct policy_term */
    POLICY_CHOICES,  /* uint32_t: what terms choose from */
    POLICY_ATOMS,    /* struct policy_atom */
    POLICY_WRAPPERS, /* struct policy_wrapper */
    POLICY_MODULES,  /* struct policy_module, by build id */
    POLICY_RANGES,   /* struct policy_range, those of a module together and by start */
    POLICY_FRAMES,   /* struct policy_frame_names */
    POLICY_SETS,     /* uint32_t: indexes of atoms, ascending within a set */
    POLICY_SECTIONS
};

/* `count` elements at `offset` from the block's begin, a multiple of 8. */
struct policy_place {
    uint64_t offset;
    uint64_t count;
};

/* A part of a section. */
struct policy_slice {
    uint32_t first;
    uint32_t count;
};

struct policy_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_size; /* of this struct */
    uint64_t size;        /* of the whole block */
    uint64_t checksum;    /* XXH64, seed 0, of all that follows this field */
    uint64_t source;      /* XXH64 of the policy file: tells one policy from another */
    uint64_t reserved[3];
    struct policy_place section[POLICY_SECTIONS];
};

struct policy_blob_pool {
    uint32_t name; /* string */
    uint32_t max;  /* threads */
    uint64_t idle_ns;
};

struct policy_blob_rule {
    uint32_t id;               /* string */
    uint32_t calls;            /* first word of its set in POLICY_BITS; POLICY_NONE: any call */
    struct policy_slice terms; /* all must hold */
    uint64_t deadline_ns;      /* 0 none */
    uint32_t pool;
    uint32_t bulkhead;  /* calls at a time; 0 no limit */
    uint16_t rollout;   /* of POLICY_ROLLOUT_ALL */
    uint16_t roles;     /* 1 << enum policy_role of each; 0 any */
    uint8_t route;      /* enum policy_route */
    uint8_t over;       /* POLICY_INPLACE or POLICY_DENY: what calls over the bulkhead get */
    uint8_t rollout_by; /* enum policy_rollout_by */
    uint8_t moment;     /* 1: roles, fd or a share of a rollout are asked: not final for a slot */
    uint64_t salt;      /* of its id: which part of a rollout it takes, and whose bulkhead is its */
    uint32_t error;     /* errno of a call that is denied; 0: it is made, and counted as denied */
    uint32_t reserved;
    uint64_t reserved2;
};

/* A term holds when one of its choices does. */
enum policy_term_kind {
    POLICY_TERM_OWNER,           /* atom: the Python function, or else the native owner's name */
    POLICY_TERM_MODULE,          /* atom: the native owner's */
    POLICY_TERM_FUNCTION,        /* atom: the native owner's */
    POLICY_TERM_SOURCE,          /* atom: the native owner's */
    POLICY_TERM_VIA,             /* atom: a library between the call and the application */
    POLICY_TERM_FRAMES,          /* pairs (module, function) of atoms, which follow each other */
    POLICY_TERM_PYTHON_FILE,     /* string: a path's pattern */
    POLICY_TERM_PYTHON_FUNCTION, /* string: a pattern */
    POLICY_TERM_EXECUTABLE,      /* string: a path's pattern */
    POLICY_TERM_SPAWN,           /* pairs (module, function) of atoms: one of them */
    POLICY_TERM_FD,              /* string: a target's pattern */
    POLICY_TERM_KINDS
};

/* In pairs of POLICY_TERM_FRAMES: both POLICY_NONE: any number of frames ("..."). Function
 * POLICY_NONE: one or more frames of the module. In pairs of POLICY_TERM_SPAWN POLICY_NONE is any;
 * what Python runs is compared with the atoms' texts. */
struct policy_term {
    uint32_t kind;
    struct policy_slice choices;
};

enum policy_atom_kind {
    POLICY_ATOM_MODULE,
    POLICY_ATOM_FUNCTION,
    POLICY_ATOM_SOURCE,
    POLICY_ATOM_KINDS
};

/* What a frame of a chain may be. */
struct policy_atom {
    uint32_t kind;
    uint32_t text;                  /* string: a pattern for its module, function or source file */
    uint32_t first_line, last_line; /* of a source file; 0: anywhere */
};

/* A function that is no owner; its caller is. */
struct policy_wrapper {
    uint32_t module;   /* string, a pattern; POLICY_NONE: any */
    uint32_t function; /* string, a pattern */
};

enum policy_module_flag {
    POLICY_MODULE_NAMELESS = 1 /* it is stripped: most of its functions have no name */
};

struct policy_module {
    uint8_t build_id[32];
    uint32_t build_id_size;
    uint32_t name;              /* string: its file's name */
    uint32_t flags;             /* enum policy_module_flag */
    struct policy_slice atoms;  /* in POLICY_SETS: those of its name */
    struct policy_slice ranges; /* elsewhere its code is nothing that a rule speaks of */
    uint32_t reserved;
};

/* Call instructions in it have the same chain of functions, inlined ones first. Offsets are as in a
 * trace: from the load bias. A return address belongs to the range of the byte before it. */
struct policy_range {
    uint64_t start;
    uint32_t size;
    struct policy_slice frames;
    uint32_t reserved;
};

enum policy_frame_flag {
    POLICY_FRAME_LIBC = 1,   /* inlined from libc's headers: no owner */
    POLICY_FRAME_WRAPPER = 2 /* in the policy's list of wrappers: no owner */
};

struct policy_frame_names {
    struct policy_slice atoms; /* in POLICY_SETS: those of its function and source file */
    uint32_t flags;            /* enum policy_frame_flag */
    uint32_t reserved;
};

_Static_assert(sizeof(struct policy_header) == 64 + 16 * POLICY_SECTIONS, "policy header");
_Static_assert(sizeof(struct policy_blob_pool) == 16, "pool");
_Static_assert(sizeof(struct policy_blob_rule) == 64, "rule");
_Static_assert(sizeof(struct policy_term) == 12, "term");
_Static_assert(sizeof(struct policy_atom) == 16, "atom");
_Static_assert(sizeof(struct policy_module) == 64, "module");
_Static_assert(sizeof(struct policy_range) == 24, "range");
_Static_assert(sizeof(struct policy_frame_names) == 16, "frame");

#endif
