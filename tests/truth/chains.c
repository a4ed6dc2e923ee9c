/* SPDX-License-Identifier: MIT
 *
 * Random recursive paths that end in a read. The program counts each path itself, by a shadow path
 * that its functions push and pop, and expects the trace to have counted exactly the same chains.
 *
 *   chains recursion     fixed frames
 *   chains alloca        frames whose size changes from call to call
 *   chains mixed         ... of one function among others that use the frame register freely
 *   chains aligned       frames whose size depends on where they come to lie
 *   chains many          nearly every call by a chain of its own: only their number is exact
 *   chains deep          more frames than a chain keeps
 *   chains circle        more chains, again and again, than the memo has room for
 *   chains moving        the same a few at a time, which never come again
 */
#include <alloca.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "paths.h"

#define DEEPEST 40
#define CALLS   120000

static uint32_t seed; /* of the path */
static uint32_t seeds;
static unsigned per_phase;
static uint32_t ends;

static int zero;
static volatile int work; /* after each call, so that none is a tail call */
static unsigned deepest;

static char shadow[DEEPEST + 2];
static unsigned depth;

static struct path paths[PATHS];

static uint32_t state = 12345;

static uint32_t random_number(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static uint32_t choose(void)
{
    uint32_t hash = (seed ^ depth * 0x9e3779b9u) * 0x85ebca6bu;
    return (hash ^ hash >> 15) * 0xc2b2ae35u >> 8;
}

static int too_many; /* paths to be counted */

static void count_path(void)
{
    if (!too_many)
        paths_count(paths, shadow, depth);
}

TRUTH_RANGE(a);
TRUTH_RANGE(b);
TRUTH_RANGE(c);
TRUTH_RANGE(m);

/* Five values that live across the call take all registers that calls preserve, the frame register
 * among them. */
#define KEEP_IN_REGISTERS __asm__ volatile("" : "+r"(k1), "+r"(k2), "+r"(k3), "+r"(k4), "+r"(k5))

/* The three functions in use: they call each other, and the last of a path calls read. */
static int (*next[3])(void);

__attribute__((always_inline)) static inline int step(char letter, char *byte)
{
    shadow[depth++] = letter;
    uint32_t choice = choose();
    uint32_t k1 = choice, k2 = choice, k3 = choice, k4 = choice, k5 = choice;
    KEEP_IN_REGISTERS;
    if (depth >= deepest || choice % ends == 0) {
        count_path();
        work += (int)read(zero, byte, 1);
    } else {
        work += next[choice / ends % 3]();
    }
    KEEP_IN_REGISTERS;
    depth--;
    return ++work;
}

TRUTH(a) static int a(void)
{
    char byte;
    return step('a', &byte);
}

TRUTH(b) static int b(void)
{
    char big[200];
    return step('b', big);
}

TRUTH(c) static int c(void)
{
    char bigger[1000];
    return step('c', bigger + 500);
}

/* Frames as big as chance will have it, what lay there before left as it was. */
static inline uint32_t chance(void)
{
    return random_number() % 3000 + 1;
}

TRUTH(a) static int alloca_a(void)
{
    return step('a', alloca(chance()));
}

TRUTH(b) static int alloca_b(void)
{
    return step('b', alloca(chance()));
}

TRUTH(c) static int alloca_c(void)
{
    return step('c', alloca(chance()));
}

/* A frame that is moved to a boundary: its size depends on where the stack is. */
TRUTH(c) static int aligned_c(void)
{
    _Alignas(256) char on_boundary[256];
    return step('c', on_boundary);
}

static const struct shape {
    const char *name;
    int (*next[3])(void);
    unsigned deepest;
    uint32_t seeds;     /* few seeds, few paths */
    uint32_t ends;      /* one in so many steps reads instead of going deeper */
    unsigned per_phase; /* calls until the seeds are others; 0: they stay */
    unsigned learned;   /* chains that may be unwound; 0: any number */
} shapes[] = {
    {"recursion", {a, b, c}, 7, ~0u, 4, 0, 0},
    {"alloca", {alloca_a, alloca_b, alloca_c}, 7, ~0u, 4, 0, 0},
    {"mixed", {alloca_a, b, c}, 7, ~0u, 4, 0, 0},
    {"aligned", {a, b, aligned_c}, 7, ~0u, 4, 0, 0},
    {"deep", {a, b, c}, DEEPEST, 200, 32, 0, 0},
    {"many", {a, b, c}, KEPT - 1, ~0u, 1000000, 0, 0},
    {"circle", {a, b, c}, KEPT - 1, 7000, 1000000, 0, 0},
    {"moving", {a, b, c}, KEPT - 1, 12, 1000000, CALLS / 600, CALLS / 2},
};

TRUTH(m) static int m(void)
{
    shadow[depth++] = 'm';
    for (int i = 0; i < CALLS; i++) {
        seed = random_number() % seeds;
        if (per_phase)
            seed += (unsigned)i / per_phase * seeds;
        work += next[seed % 2]();
    }
    depth--;
    return work;
}

int main(int argc, char **argv)
{
    const struct shape *shape = shapes;
    while (argc > 1 && strcmp(shape->name, argv[1]) != 0)
        shape++;
    memcpy(next, shape->next, sizeof next);
    deepest = shape->deepest;
    seeds = shape->seeds;
    ends = shape->ends;
    per_phase = shape->per_phase;
    too_many = !strcmp(shape->name, "many");
    zero = open("/dev/zero", O_RDONLY);
    work += m();
    truth_tell(a);
    truth_tell(b);
    truth_tell(c);
    truth_tell(m);
    unsigned chains = paths_tell(paths);
    printf("%u chains\n", chains);
    if (shape->learned)
        truth_expect("learned <= %u", shape->learned);
    if (too_many) {
        /* What it prints is lost like the rest. */
        truth_expect("kept read >= %d", CALLS);
        truth_expect("kept read <= %d", CALLS + 100);
        truth_expect("losses >= 0");
    } else {
        truth_expect("calls read == %d", CALLS);
        truth_expect("slots read == %u", chains);
        if (deepest < KEPT - 1)
            truth_expect("checked >= 20");
    }
    return 0;
}
