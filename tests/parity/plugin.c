/* SPDX-License-Identifier: MIT
 *
 * A plug-in, built twice under two names: the same code, so that the second lands where the first
 * was. It calls through a function of its own, and looks itself up.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <unistd.h>

int plugin_read(int fd, int times);
int plugin_finds_itself(void);

static __attribute__((noinline)) int read_once(int fd)
{
    char byte;
    return (int)read(fd, &byte, 1);
}

int plugin_read(int fd, int times)
{
    int total = 0;
    for (int i = 0; i < times; i++)
        total += read_once(fd);
    return total;
}

/* Opened with RTLD_LOCAL it is in nobody's scope but its own. */
int plugin_finds_itself(void)
{
    return dlsym(RTLD_DEFAULT, "plugin_finds_itself") != NULL;
}
