/* SPDX-License-Identifier: MIT
 *
 * See rounds.h.
 */
#include "rounds.h"

#include <poll.h>
#include <pthread.h>
#include <shunt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>

#include "truth.h"

enum { STACK = 256 << 10, RED_ZONE = 128 };

struct green {
    ucontext_t context;
    char *stack;
    char *saved; /* what lies on a shared stack, while another runs on it */
    size_t saved_size;
    void (*run)(void *);
    void *argument;
    int fd;
    short events;
    int64_t until; /* below 0: no limit */
    int waits;
    int ready;
    int over;
};

static struct green greens[ROUNDS_MOST];
static unsigned count;
static char *shared;
static struct green *on_shared; /* whose frames lie there */
static struct green *current;
static ucontext_t *scheduler;
static pthread_t runner; /* the thread that they run on */

int64_t rounds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static char *new_stack(void)
{
    void *made = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    truth_check(made != MAP_FAILED);
    return made;
}

void rounds_share_stack(void)
{
    shared = new_stack();
}

static void begin(void)
{
    current->run(current->argument);
    current->over = 1;
    swapcontext(&current->context, scheduler);
}

void rounds_add(void (*run)(void *), void *argument)
{
    truth_check(count < ROUNDS_MOST);
    struct green *g = &greens[count++];
    *g = (struct green){.run = run, .argument = argument, .stack = shared ? shared : new_stack()};
    truth_check(getcontext(&g->context) == 0);
    g->context.uc_stack.ss_sp = g->stack;
    g->context.uc_stack.ss_size = STACK;
    g->context.uc_link = NULL;
    if (!shared)
        makecontext(&g->context, begin, 0);
}

/* ---- a shared stack ---- */

static char *lowest(const struct green *g)
{
    return (char *)g->context.uc_mcontext.gregs[REG_RSP] - RED_ZONE;
}

static void copy_away(struct green *g)
{
    const char *from = lowest(g);
    g->saved_size = (size_t)(shared + STACK - from);
    g->saved = realloc(g->saved, g->saved_size);
    truth_check(g->saved != NULL);
    memcpy(g->saved, from, g->saved_size);
}

static void take_stack(struct green *g)
{
    if (!shared || on_shared == g)
        return;
    if (on_shared && !on_shared->over)
        copy_away(on_shared);
    memset(shared, 0xee, STACK); /* what a worker reads here is wrong */
    if (g->saved)
        memcpy(shared + STACK - g->saved_size, g->saved, g->saved_size);
    else
        makecontext(&g->context, begin, 0);
    on_shared = g;
}

/* ---- turns ---- */

static void resume(struct green *g)
{
    ucontext_t here;
    take_stack(g);
    g->waits = 0;
    current = g;
    scheduler = &here;
    truth_check(swapcontext(&here, &g->context) == 0);
    current = NULL;
}

void *rounds_current(void)
{
    return current && pthread_equal(runner, pthread_self()) ? current : NULL;
}

int rounds_wait(int fd, short events, int64_t timeout)
{
    struct green *g = current;
    if (!g)
        return SHUNT_NOT_PARKED;
    if (!pthread_equal(runner, pthread_self())) {
        puts("wait: by a thread without green threads");
        return SHUNT_NOT_PARKED;
    }
    g->fd = fd;
    g->events = events;
    g->until = timeout < 0 ? -1 : rounds_now() + timeout;
    g->waits = 1;
    g->ready = 0;
    swapcontext(&g->context, scheduler);
    return g->ready ? SHUNT_READY : SHUNT_TIMED_OUT;
}

void rounds_yield(void)
{
    rounds_wait(-1, 0, 0);
}

/* Waits until one of those that wait may go on, and marks which. */
static void wait_for_one(void)
{
    struct pollfd set[ROUNDS_MOST];
    int64_t soonest = -1, now = rounds_now();
    for (unsigned i = 0; i < count; i++) {
        const struct green *g = &greens[i];
        int waits = !g->over && g->waits;
        set[i] = (struct pollfd){.fd = waits ? g->fd : -1, .events = g->events};
        if (waits && g->until >= 0 && (soonest < 0 || g->until < soonest))
            soonest = g->until;
    }
    int64_t left = soonest < 0 ? -1 : soonest > now ? soonest - now : 0;
    poll(set, count, left < 0 ? -1 : (int)((left + 999999) / 1000000));
    now = rounds_now();
    for (unsigned i = 0; i < count; i++) {
        struct green *g = &greens[i];
        if (g->over || !g->waits)
            continue;
        g->ready = set[i].revents != 0;
        if (g->ready || (g->until >= 0 && g->until <= now))
            g->waits = 0;
    }
}

void rounds_run(void)
{
    runner = pthread_self();
    for (int alive = 1; alive;) {
        alive = 0;
        for (unsigned i = 0; i < count; i++) {
            if (!greens[i].over && !greens[i].waits)
                resume(&greens[i]);
            alive |= !greens[i].over;
        }
        if (alive)
            wait_for_one();
    }
    for (unsigned i = 0; i < count; i++) {
        free(greens[i].saved);
        if (!shared)
            munmap(greens[i].stack, STACK);
    }
    count = 0;
    on_shared = NULL;
}

void rounds_announce(void)
{
    static const struct shunt_runtime runtime = {.version = SHUNT_RUNTIME_VERSION,
                                                 .size = sizeof runtime,
                                                 .name = "rounds",
                                                 .current = rounds_current,
                                                 .wait = rounds_wait};
    shunt_runtime_announce(&runtime);
}
