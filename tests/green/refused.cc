/* SPDX-License-Identifier: MIT
 *
 * Moments in which no green thread may be parked: each makes one call that would be otherwise.
 *
 *   refused caught | thrown | loading LIBRARY | handler | nothing
 */
#include <csignal>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <sys/time.h>
#include <unistd.h>

extern "C" {
#include "rounds.h"
}

static const char *moment, *library;

static void sleep_a_little()
{
    usleep(1000);
}

struct sleeper {
    ~sleeper()
    {
        sleep_a_little();
    }
};

static volatile int handled;

static void on_signal(int)
{
    sleep_a_little();
    handled = 1;
}

/* It comes while no call is under way. */
static void get_signal()
{
    itimerval soon = {{0, 0}, {0, 1000}};
    std::signal(SIGALRM, on_signal);
    setitimer(ITIMER_REAL, &soon, nullptr);
    while (!handled)
        ;
}

static void run(void *)
{
    if (!std::strcmp(moment, "caught")) {
        try {
            throw 1;
        } catch (int) {
            sleep_a_little();
        }
    } else if (!std::strcmp(moment, "thrown")) {
        try {
            sleeper here;
            throw 1;
        } catch (int) {
        }
    } else if (!std::strcmp(moment, "loading")) {
        std::printf("loaded: %d\n", dlopen(library, RTLD_NOW) != nullptr);
    } else if (!std::strcmp(moment, "handler")) {
        get_signal();
    } else {
        sleep_a_little();
    }
}

int main(int argc, char **argv)
{
    moment = argc > 1 ? argv[1] : "nothing";
    library = argc > 2 ? argv[2] : "";
    rounds_announce();
    rounds_add(run, nullptr);
    rounds_run();
    std::puts("over");
    return 0;
}
