/* SPDX-License-Identifier: MIT
 *
 * What an audit adds up: every system call that the kernel reported, once in a row that says what
 * it was and why it is seen or not, and once on its thread. Lives in the auditor.
 */
#ifndef SHUNT_AUDIT_BOOK_H
#define SHUNT_AUDIT_BOOK_H

#include "map.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where a system call came from. */
enum audit_why {
    AUDIT_INSIDE,     /* one of our recorded calls was in progress on the thread */
    AUDIT_START,      /* before the library was ready in this image; unobserved if it never was */
    AUDIT_OWN,        /* the library's own */
    AUDIT_LOADER,     /* the dynamic loader's: dlopen, lazy binding */
    AUDIT_SIGNAL,     /* the return from a signal handler */
    AUDIT_LIBC,       /* libc's own, with nobody outside libc above it: threads' starts and ends */
    AUDIT_EXIT,       /* exit and what it does */
    AUDIT_PASSED,     /* a function that has a row, and yet passed outside */
    AUDIT_SYSCALL,    /* libc's syscall() */
    AUDIT_NO_ROW,     /* a libc function that has no row */
    AUDIT_RAW,        /* a system call instruction in a library or program of its own */
    AUDIT_UNKNOWN,    /* whoever asked libc for it could not be told */
    AUDIT_UNOBSERVED, /* in an image that the library never was in */
    AUDIT_WHYS
};

/* A row's identity. Texts are ids of audit_book_text, 0 for none. */
struct audit_key {
    uint32_t image;
    uint32_t number; /* of the system call */
    uint32_t why;    /* enum audit_why */
    uint32_t entry;  /* inside: the recorded call; else the function by which libc was entered */
    uint32_t library;
    uint32_t caller; /* the function in `library` */
};

struct audit_row {
    struct audit_key key;
    uint64_t calls, ns;
};

struct audit_sum {
    uint64_t calls, ns;
};

struct audit_thread {
    uint32_t image;
    pid_t tid; /* 0: the rest of an image's threads, beyond the first thousands */
    uint32_t name;
    struct audit_sum inside, outside;
};

struct audit_book_image {
    pid_t pid;
    uint32_t program;
    bool ready; /* the library was ready in it */
};

struct audit_book {
    struct arena arena;
    const char **texts; /* 0 is "" */
    size_t text_count, text_capacity;
    struct map text_ids;
    struct audit_row *rows;
    size_t row_count, row_capacity;
    struct map row_ids;
    struct audit_thread *threads;
    size_t thread_count, thread_capacity;
    struct audit_book_image *images;
    size_t image_count, image_capacity;
    uint64_t least_ns;  /* the quickest call of all: what watching adds to each; 0 none */
    uint64_t unwound;   /* chains followed */
    uint64_t untouched; /* chains that were too many to follow */
};

void audit_book_begin(struct audit_book *book);

/* The id of a text, cleaned for showing. */
uint32_t audit_book_text(struct audit_book *book, const char *text);

uint32_t audit_book_image(struct audit_book *book, pid_t pid, uint32_t program);
uint32_t audit_book_thread(struct audit_book *book, uint32_t image, pid_t tid, const char *name);

/* Counts a call as it begins; returns its row. */
uint32_t audit_book_enter(struct audit_book *book, uint32_t thread, const struct audit_key *key);

/* Adds the time it took; audit_book_add: of a call that came to no end. */
void audit_book_add(struct audit_book *book, uint32_t thread, uint32_t row, uint64_t ns);
void audit_book_leave(struct audit_book *book, uint32_t thread, uint32_t row, uint64_t ns);

#endif
