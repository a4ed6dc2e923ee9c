/* SPDX-License-Identifier: MIT
 *
 * A thread whose memo has to begin anew again and again, while a signal handler makes calls by
 * chains of its own at any moment. Both count their chains, and expect the trace to have
 * counted them as exactly. A run under a limit of address space has a small memo.
 *
 *   forgotten shallow     what the handler interrupted lies right above its chain
 *   forgotten deep        ... further up than a chain is followed
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "paths.h"

#define DEEPEST 24
#define CALLS   60000
#define SIGNALS 20000 /* those that are left when the program is through come then */

struct walk {
    uint32_t seed;
    unsigned depth, deepest;
    char letter[DEEPEST + 2];
};

static struct path program_paths[PATHS], handler_paths[PATHS];

static int zero;
static volatile int work; /* after each call, so that none is a tail call */
static volatile int handled;

TRUTH_RANGE(a);
TRUTH_RANGE(b);
TRUTH_RANGE(m);
TRUTH_RANGE(x);
TRUTH_RANGE(y);
TRUTH_RANGE(h);

static uint32_t mixed(uint32_t number)
{
    uint32_t hash = number * 0x85ebca6bu;
    return (hash ^ hash >> 15) * 0xc2b2ae35u >> 8;
}

#define STEP(name, other, paths)                                  \
    static int other(struct walk *w);                             \
    TRUTH(name) static int name(struct walk *w)                   \
    {                                                             \
        char byte;                                                \
        w->letter[w->depth++] = #name[0];                         \
        if (w->depth >= w->deepest) {                             \
            paths_count(paths, w->letter, w->depth);              \
            work += (int)read(zero, &byte, 1);                    \
        } else if (mixed(w->seed ^ w->depth * 0x9e3779b9u) & 1) { \
            work += name(w);                                      \
        } else {                                                  \
            work += other(w);                                     \
        }                                                         \
        return ++work;                                            \
    }
STEP(a, b, program_paths)
STEP(b, a, program_paths)
STEP(x, y, handler_paths)
STEP(y, x, handler_paths)

static unsigned handler_deepest;

TRUTH(h) static void h(int signal)
{
    (void)signal;
    if (handled == SIGNALS)
        return;
    struct walk w = {.seed = (uint32_t)handled % 700, .deepest = handler_deepest};
    w.letter[w.depth++] = 'h';
    work += x(&w);
    handled++;
}

static pthread_t program;
static volatile int done;

/* As many as are handled: so they come at any instruction. */
static void *send(void *unused)
{
    while (!done && handled < SIGNALS)
        pthread_kill(program, SIGUSR1);
    return unused;
}

TRUTH(m) static int m(void)
{
    for (uint32_t i = 0; i < CALLS; i++) {
        struct walk w = {.seed = mixed(i) % 2000, .deepest = KEPT - 1};
        w.letter[w.depth++] = 'm';
        work += a(&w);
    }
    done = 1;
    return work;
}

int main(int argc, char **argv)
{
    pthread_t sender;
    handler_deepest = argc > 1 && !strcmp(argv[1], "deep") ? DEEPEST : KEPT - 4;
    zero = open("/dev/zero", O_RDONLY);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = h, .sa_flags = SA_RESTART}, NULL);
    program = pthread_self();
    truth_check(pthread_create(&sender, NULL, send, NULL) == 0);
    work += m();
    pthread_join(sender, NULL);
    while (handled < SIGNALS)
        raise(SIGUSR1);
    truth_tell(a);
    truth_tell(b);
    truth_tell(m);
    truth_tell(x);
    truth_tell(y);
    truth_tell(h);
    unsigned chains = paths_tell(program_paths) + paths_tell(handler_paths);
    printf("%u chains\n", chains);
    truth_expect("calls read == %d", CALLS + SIGNALS);
    truth_expect("slots read == %u", chains);
    return 0;
}
