/* SPDX-License-Identifier: MIT
 *
 * A process in the background reads from its terminal: it is stopped by SIGTTIN.
 */
#include "parity.h"

#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

static int read_in_background(int terminal)
{
    int status;
    char byte;
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        ssize_t got = read(terminal, &byte, 1);
        _exit(got == -1 ? errno : 0);
    }
    setpgid(child, child);
    truth_check(waitpid(child, &status, WUNTRACED) == child);
    if (WIFSTOPPED(status))
        printf("stopped by SIG%s\n", sigabbrev_np(WSTOPSIG(status)));
    else
        printf("ended with %s\n", strerrorname_np(WEXITSTATUS(status)));
    fflush(stdout);
    kill(child, SIGKILL);
    return waitpid(child, &status, 0) == child;
}

int main(void)
{
    int master, terminal, status;
    truth_check(openpty(&master, &terminal, NULL, NULL, NULL) == 0);
    pid_t leader = fork();
    if (leader == 0) {
        truth_check(setsid() > 0 && ioctl(terminal, TIOCSCTTY, 0) == 0);
        _exit(!read_in_background(terminal));
    }
    truth_check(waitpid(leader, &status, 0) == leader && status == 0);
    return 0;
}
