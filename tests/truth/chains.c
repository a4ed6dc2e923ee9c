/* SPDX-License-Identifier: MIT
 *
 * Random recursive paths that end in a read. The program counts each path itself, by a shadow path
 * that its functions push and pop, and expects the trace to have counted exactly the same chains.
 *
 *   chains recursion     fixed frames
 *   chains alloca        frames whose size changes from call to call
 *   chains aligned       frames whose size depends on where they come to lie
 *   chains deep          more frames than a chain keeps
 */
#include <alloca.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "truth.h"

#define KEPT    16 /* TRACE_FRAMES: what a chain keeps */
#define DEEPEST 40
#define PATHS   8192u
#define CALLS   120000

/* Another path per seed; few seeds, few paths. */
static uint32_t seed;
static uint32_t seeds = ~0u;
static uint32_t ends = 4; /* one in so many steps reads instead of going deeper */

static int zero;
static volatile int work; /* after each call, so that none is a tail call */
static unsigned deepest = 7;
static int aligned;
static unsigned grow; /* largest alloca, 0 none */

static char shadow[DEEPEST + 2];
static unsigned depth;

static struct path {
    char text[KEPT + 1]; /* innermost first */
    unsigned count;
} paths[PATHS];

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

/* The path as the trace keeps it: the innermost frames; the first of them is the caller of read. */
static void count_path(void)
{
    char text[KEPT + 1] = "";
    uint32_t hash = 2166136261u;
    for (unsigned i = 0; i < depth && i < KEPT; i++) {
        text[i] = shadow[depth - 1 - i];
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    }
    unsigned at = hash % PATHS;
    while (paths[at].count && strcmp(paths[at].text, text) != 0)
        at = (at + 1) % PATHS;
    memcpy(paths[at].text, text, sizeof text);
    paths[at].count++;
}

TRUTH_RANGE(a);
TRUTH_RANGE(b);
TRUTH_RANGE(c);
TRUTH_RANGE(m);

static int a(void);
static int b(void);
static int c(void);
static int aligned_c(void);

/* Goes deeper or reads; inlined, so that the caller of read is a, b or c itself. */
#define BODY(letter, frame)                                    \
    shadow[depth++] = letter;                                  \
    if (grow)                                                  \
        memset(alloca(random_number() % grow + 1), letter, 1); \
    uint32_t choice = choose();                                \
    if (depth >= deepest || choice % ends == 0)                \
        read_here(frame);                                      \
    else if (choice / ends % 3 == 0)                           \
        work += a();                                           \
    else if (choice / ends % 3 == 1)                           \
        work += b();                                           \
    else                                                       \
        work += aligned ? aligned_c() : c();                   \
    depth--;                                                   \
    return ++work

__attribute__((always_inline)) static inline void read_here(char *byte)
{
    count_path();
    work += (int)read(zero, byte, 1);
}

TRUTH(a) static int a(void)
{
    char byte;
    BODY('a', &byte);
}

TRUTH(b) static int b(void)
{
    char big[200];
    BODY('b', big);
}

TRUTH(c) static int c(void)
{
    char bigger[1000];
    BODY('c', bigger + 500);
}

/* As c, with a frame that is moved to a boundary: its size depends on where the stack is. */
TRUTH(c) static int aligned_c(void)
{
    _Alignas(256) char on_boundary[256];
    BODY('c', on_boundary);
}

TRUTH(m) static int m(void)
{
    shadow[depth++] = 'm';
    for (int i = 0; i < CALLS; i++) {
        seed = random_number() % seeds;
        work += seed % 2 ? a() : b();
    }
    depth--;
    return work;
}

static void tell(void)
{
    unsigned chains = 0;
    for (unsigned i = 0; i < PATHS; i++) {
        char chain[2 * KEPT + 1] = "";
        if (!paths[i].count)
            continue;
        chains++;
        for (unsigned j = 0; paths[i].text[j]; j++)
            sprintf(chain + 2 * j, "%c<", paths[i].text[j]);
        chain[strlen(chain) - 1] = '\0';
        truth_expect("chain read %s == %u", chain, paths[i].count);
    }
    printf("%u chains\n", chains);
}

int main(int argc, char **argv)
{
    const char *shape = argc > 1 ? argv[1] : "";
    zero = open("/dev/zero", O_RDONLY);
    if (!strcmp(shape, "alloca"))
        grow = 3000;
    aligned = !strcmp(shape, "aligned");
    if (!strcmp(shape, "deep")) {
        deepest = DEEPEST;
        seeds = 200;
        ends = 32;
    }
    work += m();
    truth_tell(a);
    truth_tell(b);
    truth_tell(c);
    truth_tell(m);
    tell();
    truth_expect("calls read == %d", CALLS);
    if (deepest < DEEPEST)
        truth_expect("checked >= 20");
    return 0;
}
