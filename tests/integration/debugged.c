/* SPDX-License-Identifier: MIT
 *
 * Something to look at with a debugger: calls, a signal to itself, a function to stop in.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t signals;

static void on_signal(int signal)
{
    signals += signal == SIGUSR1;
}

int marks(int n);

__attribute__((noinline)) int marks(int n)
{
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < n; i++)
        if (read(zero, &byte, 1) != 1)
            return -1;
    usleep(500);
    close(zero);
    return n + 1;
}

int main(void)
{
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
    int n = marks(20);
    printf("%d and %d signals\n", n, (int)signals);
    return 7;
}
