/* SPDX-License-Identifier: MIT
 *
 * audit.json as the analyzer reads it: which system calls passed outside the recorded calls. It may
 * be missing or damaged.
 */
#ifndef SHUNT_AUDIT_INFO_H
#define SHUNT_AUDIT_INFO_H

#include "audit_book.h"
#include "error.h"

#define AUDIT_NAME   "audit.json"
#define AUDIT_SCHEMA "shunt.audit/1"

/* One kind of system call. Texts are clean; NULL: none, or not told. */
struct audit_line {
    const char *program, *system_call;
    const char *function; /* inside: the recorded call; else by which libc was entered */
    const char *library;  /* whose code asked */
    const char *caller;   /* the function there */
    enum audit_why why;
    struct audit_sum sum;
};

struct audit_line_thread {
    int pid, tid;
    const char *program, *name;
    bool observed;
    struct audit_sum inside, outside;
};

struct audit_info {
    int pid;
    uint64_t went_on;            /* processes that outlived the audit */
    uint64_t least_ns;           /* the quickest call: about what watching adds to each */
    uint64_t callers_not_sought; /* calls whose stacks were too many to follow */
    struct audit_sum inside, outside;
    struct audit_line *lines; /* most time first */
    unsigned line_count;
    struct audit_line_thread *threads;
    unsigned thread_count;
};

/* As audit.json writes them. */
const char *audit_why_name(uint32_t why);

/* Reads DIRECTORY/audit.json. NULL when there is none, with an empty sentence, and when it cannot
 * be used, with a sentence. */
struct audit_info *audit_info_read(struct arena *arena, const char *directory, struct error *error);

#endif
