/* SPDX-License-Identifier: MIT
 *
 * A process that dies inside a call: it dies as bare, what it counted stays, and its trace names
 * the call in progress.
 *
 *   killed alarm     in poll, by SIGALRM
 *   killed pipe      in write, by SIGPIPE
 *   killed nested    in the nanosleep of a handler, while a read is in progress
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define READS 100

static int ends[2];

static void announce(const char *call, int signal)
{
    truth_expect("calls read == %d", READS);
    truth_expect("in-call %s == 1", call);
    truth_expect("finished == 0");
    printf("ends with %d\n", 128 + signal);
    fflush(stdout);
}

static void set_alarm(void)
{
    struct itimerval once = {{0, 0}, {0, 50000}};
    setitimer(ITIMER_REAL, &once, NULL);
}

static void sleep_until_killed(int signal_number)
{
    struct timespec second = {5, 0};
    signal(signal_number, SIG_DFL);
    set_alarm();
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, signal_number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    nanosleep(&second, NULL);
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "alarm";
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    truth_check(pipe(ends) == 0);
    if (!strcmp(way, "alarm")) {
        struct pollfd reply = {.fd = ends[0], .events = POLLIN};
        announce("poll", SIGALRM);
        set_alarm();
        poll(&reply, 1, 5000);
    } else if (!strcmp(way, "pipe")) {
        close(ends[0]);
        announce("write", SIGPIPE);
        (void)!write(ends[1], "x", 1);
    } else {
        announce("nanosleep", SIGALRM);
        signal(SIGALRM, sleep_until_killed);
        set_alarm();
        (void)!read(ends[0], &byte, 1);
    }
    printf("wrong: alive\n");
    return 0;
}
