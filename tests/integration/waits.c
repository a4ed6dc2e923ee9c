/* SPDX-License-Identifier: MIT
 *
 * Waits in several ways, each for longer than a millisecond.
 */
#include <poll.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what)
{
    perror(what);
    return 1;
}

/* A child that sends a byte every 5 ms. */
static pid_t start_sender(int fd, int count)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    for (int i = 0; i < count; i++) {
        usleep(5000);
        if (write(fd, "x", 1) != 1)
            _exit(1);
    }
    _exit(0);
}

int main(void)
{
    int pipe_fds[2];
    int pair[2];
    char byte;
    if (pipe(pipe_fds) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return fail("setup");
    pid_t sender = start_sender(pipe_fds[1], 30);
    for (int i = 0; i < 30; i++)
        if (read(pipe_fds[0], &byte, 1) != 1)
            return fail("read");
    if (waitpid(sender, NULL, 0) < 0)
        return fail("waitpid");
    sender = start_sender(pair[1], 30);
    for (int i = 0; i < 30; i++)
        if (recv(pair[0], &byte, 1, 0) != 1)
            return fail("recv");
    if (waitpid(sender, NULL, 0) < 0)
        return fail("waitpid");
    for (int i = 0; i < 20; i++) {
        poll(NULL, 0, 6);
        select(0, NULL, NULL, NULL, &(struct timeval){.tv_usec = 7000});
        nanosleep(&(struct timespec){.tv_nsec = 4000000}, NULL);
    }
    pid_t child = fork();
    if (child == 0) {
        usleep(50000);
        _exit(0);
    }
    return waitpid(child, NULL, 0) == child ? 0 : fail("waitpid");
}
