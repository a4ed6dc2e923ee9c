/* SPDX-License-Identifier: MIT
 *
 * What the inside of an executable tells about observing it: which intercepted calls it and its
 * libraries import, what goes past libc, and how well its places can be named. For `shunt doctor`.
 */
#ifndef SHUNT_ELF_SURVEY_H
#define SHUNT_ELF_SURVEY_H

#include "calls.h"
#include "elf_syscalls.h"

#include <limits.h>
#include <stdbool.h>

#define SURVEY_LIBRARIES 256

struct elf_library {
    char name[256];               /* as DT_NEEDED says it */
    char path[PATH_MAX];          /* empty: not found */
    unsigned imports;             /* intercepted names it imports */
    struct elf_syscalls syscalls; /* libc and its like left out */
    bool no_unwind;               /* no .eh_frame: chains of callers are cut there */
    bool is_libc;                 /* libc and its like: what they call inside is their own affair */
};

enum debug_source {
    DEBUG_NONE,
    DEBUG_OWN,      /* .debug_info in the file */
    DEBUG_BUILD_ID, /* a separate file found by build id */
    DEBUG_LINK      /* a separate file found by .gnu_debuglink */
};

struct elf_survey {
    bool imported[CALL_COUNT];       /* by the executable itself */
    bool imported_below[CALL_COUNT]; /* by one of its libraries, libc and its like left out */
    bool defined[CALL_COUNT];        /* exported by the executable: its own takes our place */
    struct elf_library libraries[SURVEY_LIBRARIES]; /* breadth first, as the loader maps them */
    unsigned library_count;
    bool more_libraries;

    char runpath[1024]; /* DT_RUNPATH, else DT_RPATH; empty: none */
    bool is_rpath;
    bool loads_at_run_time; /* imports dlopen */
    bool starts_programs;   /* imports a function of the exec or spawn family */
    bool io_uring;          /* imports or contains io_uring's functions */
    bool own_syscall;       /* imports syscall(3), which is intercepted */
    struct elf_syscalls syscalls;
    bool no_unwind;
    bool rust;        /* built by rustc */
    bool loads_apart; /* imports dlmopen */

    bool has_symtab; /* .symtab: local functions have names */
    enum debug_source debug;
    char debug_path[PATH_MAX];
    char build_id[65]; /* hexadecimal; empty: none */
};

/* Surveys the executable at `path`, and its libraries as the loader would find them from here. 0 or
 * negative errno; -ENOEXEC: no ELF image. */
int elf_survey_read(struct elf_survey *survey, const char *path);

#endif
