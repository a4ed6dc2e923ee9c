/* SPDX-License-Identifier: MIT
 *
 * Can a program image take a preloaded library of ours? A static image ignores it, one with another
 * loader (musl) dies of it, one that cannot read it complains on stderr.
 */
#ifndef SHUNT_IMAGE_H
#define SHUNT_IMAGE_H

enum image_verdict {
    IMAGE_TAKES_US = 0,
    IMAGE_NOT_FOUND,  /* let exec itself say so */
    IMAGE_UNREADABLE, /* exec may succeed: it needs no fd and no right to read */
    IMAGE_STATIC,
    IMAGE_OTHER_LOADER, /* musl, or an architecture that is not ours */
    IMAGE_PRIVILEGED    /* setuid, setgid or with capabilities: the loader drops preloads */
};

struct image_facts {
    enum image_verdict verdict;
    char first[32]; /* the runtime that insists on being loaded before all others; or empty */
};

/* Looks at `path`, through #! lines, with respect to directory fd `at`. Opens and closes one fd at
 * a time; no memory but the stack. Any thread, also between vfork and exec. */
struct image_facts image_check(int at, const char *path);

/* The same for a name that is searched for in PATH. */
struct image_facts image_check_search(const char *name);

/* Why, as the end of "a child is not observed: ". */
const char *image_reason(enum image_verdict verdict);

#endif
