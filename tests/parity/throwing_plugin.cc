/* SPDX-License-Identifier: MIT
 *
 * A plug-in that throws, after a call of its own: for whoever loaded it, and for itself.
 */
#include <stdexcept>

#include <unistd.h>

extern "C" void plugin_throws(int fd)
{
    char byte;
    if (read(fd, &byte, 1) == 1)
        throw std::runtime_error("thrown in a plug-in");
}

extern "C" int plugin_catches(int fd)
{
    try {
        plugin_throws(fd);
    } catch (const std::runtime_error &) {
        return 1;
    }
    return 0;
}
