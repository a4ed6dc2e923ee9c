/* SPDX-License-Identifier: MIT
 *
 * libc ends a program that is about to overflow a buffer it knows the size of, or creates a file
 * without a mode; so it does under the preload, with the same words and the same end.
 *
 *   overflow_detected read | recv | poll | open
 */
#include <fcntl.h>
#include <string.h>

#include "../fixtures/fortified.h"
#include "truth.h"

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "read";
    char small[8];
    struct pollfd fds[1] = {{.fd = -1}};
    printf("ends with 134\n");
    fflush(stdout);
    if (!strcmp(way, "read"))
        __read_chk(0, small, 16, sizeof small);
    else if (!strcmp(way, "recv"))
        __recv_chk(0, small, 16, sizeof small, 0);
    else if (!strcmp(way, "poll"))
        __poll_chk(fds, 2, 0, sizeof fds);
    else
        __open_2("new", O_CREAT | O_WRONLY);
    printf("wrong: alive\n");
    return 0;
}
