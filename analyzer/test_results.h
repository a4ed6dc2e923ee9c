/* SPDX-License-Identifier: MIT
 *
 * What a test suite said of its tests: a name and a word for each, whatever the format it wrote.
 */
#ifndef SHUNT_TEST_RESULTS_H
#define SHUNT_TEST_RESULTS_H

#include "arena.h"
#include "error.h"

struct test_result {
    const char *name;   /* cleaned; a name that comes again got a number: "reads #2" */
    const char *status; /* pass, fail, error, skip, todo, or a word of the suite's own */
    unsigned depth;     /* of TAP's subtests; 0 outside */
};

struct test_results {
    struct arena *arena;
    struct test_result *list; /* in the order in which they were said */
    size_t count, capacity;
};

/* Reads a file and adds what it says. 0, or -1 with a sentence; nothing found is no error. */
typedef int test_results_read(struct test_results *results, const char *path, struct error *error);

test_results_read test_results_tap, test_results_junit, test_results_list;

struct test_format {
    const char *name;
    test_results_read *read;
};

/* NULL: there is no such format. */
const struct test_format *test_format_of(const char *name);

/* Adds one; both texts are cleaned and copied. */
struct test_result *test_results_add(struct test_results *results, const char *name,
                                     const char *status);

/* Numbers the names that come more than once; to be called when all have been added. */
void test_results_number(struct test_results *results);

/* Calls `take` with every line of a file, without its newline. 0, or -1 with a sentence. */
int test_results_lines(const char *path, void (*take)(void *data, char *line), void *data,
                       struct error *error);

#endif
