/* SPDX-License-Identifier: MIT
 *
 * One process image that is being audited: what is mapped where, whether the library is ready in
 * it, and the recorded call that a stopped thread is in. What is in the program's memory and in its
 * trace is read and never believed. For the tracer alone: threads are asked about while they are
 * stopped.
 */
#ifndef SHUNT_AUDIT_IMAGE_H
#define SHUNT_AUDIT_IMAGE_H

#include "audit_book.h"

#include <elfutils/libdwfl.h>

enum audit_kind { AUDIT_OF_PROGRAM, AUDIT_OF_LIBC, AUDIT_OF_LOADER, AUDIT_OF_SHUNT };

/* Code mapped from one file. */
struct audit_range {
    uintptr_t start, end;
    uint32_t name; /* text id of the file's basename */
    enum audit_kind kind;
};

/* Who made a system call; text ids as in audit_key. */
struct audit_origin {
    uint32_t why, entry, library, caller;
};

struct audit_image {
    pid_t pid;
    uint32_t program; /* text id: its name as ps shows it */
    char *executable; /* path; a link's name is not lost that way */
    uint32_t number;  /* in the book */
    unsigned threads;
    bool stale;        /* code was mapped since the ranges were read */
    bool trace_sought; /* a shared mapping may be a trace that was not looked at */
    struct audit_range *ranges;
    size_t range_count;
    int trace;            /* fd; -1: none met */
    char trace_name[256]; /* in the trace directory */
    bool ready;
    int64_t self;
    uint64_t self_current;
    uint32_t *calls; /* text id by call id; NULL until ready */
    uint32_t call_count;
    Dwfl *dwfl;                 /* NULL: not needed so far, or it failed */
    bool dwfl_old;              /* the mappings were read again since it was told of them */
    bool dwfl_failed;           /* do not try again */
    struct map origins;         /* by stack, into `known` */
    struct audit_origin *known; /* of audit_origin.c */
    size_t known_count, known_capacity;
    struct arena arena; /* of ranges, calls and origins */
};

struct audit_place {
    struct audit_book *book;
    int directory;       /* of the traces */
    const char *library; /* basename of libshunt.so */
    const char *path;    /* of the directory */
};

/* A new image of a process; its number in the book is set. */
void audit_image_begin(struct audit_image *image, const struct audit_place *place, pid_t pid);
void audit_image_end(struct audit_image *image);

/* Is the library ready? Looks again where it was not. */
bool audit_image_ready(struct audit_image *image, const struct audit_place *place);

/* The code at an address; NULL: no file's. Reads the mappings again if it has to. */
const struct audit_range *audit_image_range(struct audit_image *image,
                                            const struct audit_place *place, uintptr_t address);

/* Is a recorded call in progress on the stopped thread, whose stack pointer is `sp`? *call is its
 * text id. */
bool audit_image_inside(const struct audit_image *image, pid_t tid, uintptr_t sp, uint32_t *call);

/* A process's or thread's name as ps shows it; "" if it is gone. */
void audit_process_name(pid_t tid, char *name, size_t size);

/* Reads the stopped program's memory; the bytes that could be read. */
size_t audit_image_read(pid_t tid, uintptr_t address, void *buffer, size_t size);

#endif
