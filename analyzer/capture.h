/* SPDX-License-Identifier: MIT
 *
 * What one run of a command left, in parts that are compared each for itself: how it ended, what it
 * wrote, the files it left, the tests it tells of.
 */
#ifndef SHUNT_CAPTURE_H
#define SHUNT_CAPTURE_H

#include "digest.h"
#include "error.h"
#include "test_results.h"

enum part_kind { PART_END, PART_STDOUT, PART_STDERR, PART_MODE, PART_FILE, PART_TEST, PART_KINDS };

struct part {
    enum part_kind kind;
    const char *name; /* of the file or test, as it is; "" for the others */
    const char *text; /* what it says, if that is short: the end, a mode, a link's target, a test's
                         status; NULL: see `path` */
    const char *path; /* where its content lies; NULL */
    struct digest digest;
};

struct capture {
    struct arena *arena;
    struct part *parts;
    size_t count, capacity;
};

/* "stdout", "file data/log", "test reads" */
const char *part_title(struct arena *arena, enum part_kind kind, const char *name);
extern const char *const part_kind_names[PART_KINDS];

void capture_text(struct capture *capture, enum part_kind kind, const char *name, const char *text);

/* A file's content; one that cannot be read says why. */
void capture_file(struct capture *capture, enum part_kind kind, const char *name, const char *path);

/* Everything below a directory: types and modes, contents, targets of links. 0, or -1 with a
 * sentence. */
int capture_tree(struct capture *capture, const char *top, struct error *error);

/* The tests of a file; `path` NULL: the run wrote none. What cannot be read is a part of its own.
 */
void capture_tests(struct capture *capture, const struct test_format *format, const char *path);

#endif
