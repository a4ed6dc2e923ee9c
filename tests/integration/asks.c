/* SPDX-License-Identifier: MIT
 *
 * Looks poll up in one way and calls it once through what it got.
 *
 *   asks WAY    next, default, main, version, handle; plug-in: a function of its own of that name;
 *               library: who comes after us asked for the next
 */
#include "asks.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void *look_up(const char *way, const char *plug_in)
{
    void *libc = dlopen("libc.so.6", RTLD_NOW);
    if (!strcmp(way, "next"))
        return dlsym(RTLD_NEXT, "poll");
    if (!strcmp(way, "default"))
        return dlsym(RTLD_DEFAULT, "poll");
    if (!strcmp(way, "main"))
        return dlsym(dlopen(NULL, RTLD_NOW), "poll");
    if (!strcmp(way, "version"))
        return dlvsym(RTLD_DEFAULT, "poll", "GLIBC_2.2.5");
    if (!strcmp(way, "handle"))
        return dlsym(libc, "poll");
    if (!strcmp(way, "plug-in"))
        return dlsym(dlopen(plug_in, RTLD_NOW), "poll");
    return library_poll();
}

int main(int argc, char **argv)
{
    int (*found)(struct pollfd *, nfds_t, int) = NULL;
    void *symbol;
    if (argc != 3)
        return 2;
    errno = 0;
    symbol = look_up(argv[1], argv[2]);
    memcpy(&found, &symbol, sizeof symbol);
    if (!found || errno || dlsym(RTLD_NEXT, "no such function") ||
        dlvsym(RTLD_DEFAULT, "poll", "NO_1"))
        return 3;
    printf("%d %s\n", found(NULL, 0, 0), dlerror() ? "and an error" : "");
    return 0;
}
