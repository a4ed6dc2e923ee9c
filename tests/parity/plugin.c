/* SPDX-License-Identifier: MIT
 *
 * A plug-in, built twice under two names: the same code, so that the second lands where the first
 * was. It calls through a function of its own.
 */
#include <unistd.h>

int plugin_read(int fd, int times);

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
