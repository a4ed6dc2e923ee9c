/* SPDX-License-Identifier: MIT
 *
 * Reads ten times from each of many descriptors, and tells how many of them a rollout by fd took
 * (their reads are denied), or how many were taken at one time and not at another, which is wrong.
 */
#include <stdio.h>
#include <unistd.h>

enum { FDS = 200, TIMES = 10 };

int main(void)
{
    static int read_end[FDS];
    int all = 0, none = 0;
    for (int i = 0; i < FDS; i++) {
        int ends[2];
        if (pipe(ends) != 0)
            return 2;
        read_end[i] = ends[0];
        for (int n = 0; n < TIMES; n++)
            if (write(ends[1], "x", 1) != 1)
                return 2;
    }
    int denied[FDS] = {0};
    for (int n = 0; n < TIMES; n++)
        for (int i = 0; i < FDS; i++) {
            char byte;
            denied[i] += read(read_end[i], &byte, 1) == -1;
        }
    for (int i = 0; i < FDS; i++) {
        all += denied[i] == TIMES;
        none += denied[i] == 0;
    }
    printf("%d %d %d\n", all, none, FDS - all - none);
    return 0;
}
