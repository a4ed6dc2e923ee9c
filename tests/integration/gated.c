/* SPDX-License-Identifier: MIT
 *
 * A loop of 40 turns with one step that blocks; built several times, as a program is over the
 * weeks: SHIFTED has other lines, other addresses and another build id, and is the same program;
 * NEW_STEP has one more step that blocks.
 */
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define TURNS 40
#define APART __attribute__((noinline))

static const struct timespec step = {.tv_nsec = 3000000};

#ifdef SHIFTED
/* An edit that has nothing to do with what blocks. It moves the code below it,
 * and the lines by many. */
#line 300
extern volatile int shifted;
volatile int shifted;

APART static void tidy(int turn)
{
    for (int i = 0; i < turn; i++)
        shifted = shifted * 31 + i;
    __asm__ volatile("");
}
#endif

#ifdef NEW_STEP
APART static void look_up(void)
{
    clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
    __asm__ volatile("");
}
#endif

static inline __attribute__((always_inline)) void wait_for_disk(void)
{
    nanosleep(&step, NULL);
}

APART static void save(void)
{
    wait_for_disk();
    __asm__ volatile("");
}

int main(void)
{
    int timer = timerfd_create(CLOCK_MONOTONIC, 0), epoll = epoll_create1(0);
    struct itimerspec often = {{0, 1000000}, {0, 1000000}};
    struct epoll_event event = {.events = EPOLLIN};
    unsigned long expirations;
    timerfd_settime(timer, 0, &often, NULL);
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
    for (int turn = 0; turn < TURNS; turn++) {
        epoll_wait(epoll, &event, 1, -1);
        if (read(timer, &expirations, sizeof expirations) < 0)
            return 1;
#ifdef SHIFTED
        tidy(turn);
#endif
#ifdef NEW_STEP
        look_up();
#endif
        save();
    }
    return 0;
}
