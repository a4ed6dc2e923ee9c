/* SPDX-License-Identifier: MIT
 *
 * A handler makes calls of its own while its thread is in one, 2,000 times: all of them are made.
 */
#include "parity.h"

#include <signal.h>
#include <sys/time.h>

enum { CALLS = 2000 };

static int ends[2], log_fd;
static volatile sig_atomic_t handled, failed;

static void on_alarm(int number)
{
    char byte;
    int saved = errno;
    failed += write(log_fd, "h", 1) != 1;
    failed += read(ends[0], &byte, 1) != -1 || errno != EAGAIN;
    struct timespec moment = {0, 1000};
    failed += nanosleep(&moment, NULL) != 0;
    handled += number == SIGALRM;
    errno = saved;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval often = {{0, 200}, {0, 200}}, never = {{0, 0}, {0, 0}};
    int done = 0;
    truth_check(pipe2(ends, O_NONBLOCK) == 0);
    log_fd = open("log", O_CREAT | O_RDWR | O_APPEND, 0600);
    truth_check(log_fd >= 0 && sigaction(SIGALRM, &action, NULL) == 0);
    setitimer(ITIMER_REAL, &often, NULL);
    while (done < CALLS || handled < 20)
        done += write(log_fd, "m", 1) == 1;
    setitimer(ITIMER_REAL, &never, NULL);
    off_t size = lseek(log_fd, 0, SEEK_END);
    printf("all there: %d, failed: %d\n", size == done + handled, (int)failed);
    return 0;
}
