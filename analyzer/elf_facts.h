/* SPDX-License-Identifier: MIT
 *
 * What kind of program a file is, as far as it decides whether the library can be loaded into it:
 * `shunt run` asks before it starts one, `shunt doctor` explains it.
 */
#ifndef SHUNT_ELF_FACTS_H
#define SHUNT_ELF_FACTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum image_kind {
    IMAGE_DYNAMIC,    /* started by the loader that it names */
    IMAGE_STATIC,     /* without a loader */
    IMAGE_STATIC_PIE, /* the same, at any address */
    IMAGE_LOADER,     /* a loader itself, run as a program */
    IMAGE_LIBRARY     /* a shared object that is no program */
};

enum image_libc { LIBC_GLIBC, LIBC_MUSL, LIBC_OTHER };

struct elf_facts {
    char path[PATH_MAX]; /* the image the kernel maps in the end */
    unsigned scripts;    /* how many #! lines led to it */
    enum image_kind kind;
    enum image_libc libc;  /* by the loader's name; of static images not known: LIBC_OTHER */
    char loader[PATH_MAX]; /* PT_INTERP; empty: none */
    bool loader_missing;   /* the kernel will say ENOENT */
    uint16_t machine;      /* e_machine */
    bool is_64;
    char first[32];      /* the needed library that insists on being loaded first; empty: none */
    bool go;             /* built by the Go toolchain */
    bool setuid, setgid; /* the bits, whoever owns the file */
    bool capabilities;   /* file capabilities */
    bool secure;         /* run by us it gets other rights: the loader ignores LD_PRELOAD */
};

/* Looks up a command as execvp(3) does. Writes the path to run. 0, -ENOENT, -EACCES (found, but no
 * permission), -EISDIR, or another errno. */
int elf_facts_find(const char *command, char *path, size_t size);

/* Follows #! lines and reads the image. 0 or negative errno; -ENOEXEC: no ELF image, -ELOOP: too
 * many #! lines. `path` of the facts names the file at fault. */
int elf_facts_read(struct elf_facts *facts, const char *path);

/* Would a shell take this file, which is no ELF image and has no #! line, for a script? */
bool elf_facts_is_plain_script(const char *path);

/* Why nothing of the program will be seen, as the end of a sentence that starts with the image's
 * path ("is statically linked, ..."). NULL: it can be observed. The text is static. */
const char *elf_facts_obstacle(const struct elf_facts *facts);

#endif
