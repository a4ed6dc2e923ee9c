/* SPDX-License-Identifier: MIT
 *
 * Reads for a rollout by descriptor: of each of 24 pipes one that waits 20 ms for its writer, and
 * 54 that need not wait, 5 of which fail.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIPES = 24, WRITES = 49, EACH_FAILS = 10, SLEEP_US = 20000 };

static int ends[PIPES][2];

static void *late(void *pipe)
{
    const int *end = pipe;
    usleep(SLEEP_US);
    return write(end[1], "x", 1) == 1 ? NULL : pipe;
}

__attribute__((noinline)) static int take(int fd, char *into)
{
    return read(fd, into, 1) == 1;
}

static int wait_for_a_writer(int *end)
{
    char byte = 0;
    void *wrong = NULL;
    pthread_t writer;
    if (pthread_create(&writer, NULL, late, end) != 0)
        return 0;
    int took = take(end[0], &byte);
    pthread_join(writer, &wrong);
    return took && !wrong && byte == 'x';
}

int main(void)
{
    for (int i = 0; i < PIPES; i++)
        if (pipe(ends[i]) != 0)
            return 2;
    for (int i = 0; i < PIPES; i++) {
        char byte = 0;
        if (!wait_for_a_writer(ends[i]))
            return 1;
        for (int n = 1; n <= WRITES; n++) {
            int fails = n % EACH_FAILS == 0 || n == 1;
            if (write(ends[i][1], "y", 1) != 1)
                return 2;
            if (take(ends[i][0], fails ? NULL : &byte) == fails)
                return 1;
            if (fails && (errno != EFAULT || !take(ends[i][0], &byte)))
                return 1;
        }
    }
    return 0;
}
