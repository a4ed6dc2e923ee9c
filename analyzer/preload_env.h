/* SPDX-License-Identifier: MIT
 *
 * What carries the library into the program: where libshunt.so lies, and the environment that makes
 * the loader map it.
 */
#ifndef SHUNT_PRELOAD_ENV_H
#define SHUNT_PRELOAD_ENV_H

#include <stdbool.h>
#include <stdint.h>

struct preload_options {
    const char *library; /* absolute path of libshunt.so */
    const char *first;   /* a library that must come before it, or empty */
    const char *dir;     /* absolute path of the trace directory */
    uint64_t threshold_ns;
    uint64_t max_size;  /* bytes */
    bool no_python;     /* calls are not named by Python line */
    const char *route;  /* NULL: nothing is routed */
    const char *policy; /* the compiled policy; NULL none */
};

/* The library's absolute path, to be freed: $SHUNT_LIBRARY, else the build tree around the running
 * executable, else the installation it belongs to. NULL: there is none. */
char *preload_env_find_library(void);

/* A copy of our environment that loads the library, or, with NULL options, one that does not: an
 * exact copy but for `_`, which a shell sets to the path of what it starts. An existing LD_PRELOAD
 * is kept behind the library, or before it if it holds a sanitizer's runtime, which insists on
 * being first. Free with preload_env_free; NULL: no memory. */
char **preload_env_make(const struct preload_options *options, const char *program);

void preload_env_free(char **environment);

#endif
