/* SPDX-License-Identifier: MIT
 *
 * Green threads that share one stack (greenlet, under Eventlet and gevent) copy it away and back:
 * above a running one's frames lies whatever others left there. Calls are made from such a place,
 * with everything above the caller's frame overwritten; whoever walks the stack must not follow it,
 * nor take what lies there for callers: the calls of one place have one chain.
 *
 *   overwritten_stack small|high|heap|stack|code|framed
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "truth.h"

#define ABOVE     2048u
#define CALLS     3
#define WORD_STEP 64u

static int zero;
static volatile int keep;

/* Its end is found through the frame pointer. */
TRUTH(framed) static int framed(int n)
{
    volatile char *room = __builtin_alloca((size_t)n * 16);
    room[0] = (char)read(zero, (char *)room, 1);
    return room[0];
}

TRUTH(plain) static int plain(int fd)
{
    char byte;
    long n = read(fd, &byte, 1);
    return ++keep + (int)n;
}

static uintptr_t word_for(const char *kind)
{
    if (!strcmp(kind, "small"))
        return 0x18f;
    if (!strcmp(kind, "high"))
        return 0xdeadbeefdeadbee8;
    if (!strcmp(kind, "heap"))
        return (uintptr_t)calloc(CALLS, WORD_STEP);
    if (!strcmp(kind, "stack"))
        return (uintptr_t)&kind & ~(uintptr_t)15;
    if (!strcmp(kind, "code"))
        return (uintptr_t)plain + 24;
    return (uintptr_t)framed + 24;
}

/* The caller's frame, and what is above it, is overwritten for the time of a call. */
TRUTH(island) static int island(uintptr_t word)
{
    static uintptr_t kept[ABOVE / sizeof(uintptr_t)];
    volatile uintptr_t *above = (uintptr_t *)((char *)__builtin_frame_address(0) + 16);
    char byte;
    long n;
    for (size_t i = 0; i < ABOVE / sizeof *above; i++) {
        kept[i] = above[i];
        above[i] = word;
    }
    n = read(zero, &byte, 1);
    for (size_t i = 0; i < ABOVE / sizeof *above; i++)
        above[i] = kept[i];
    return (int)n;
}

/* Saves all registers, so that what its caller is said to have had in them is overwritten, too. */
TRUTH(shore) static int shore(uintptr_t word)
{
    int n = island(word);
    __asm__ volatile("" : : : "rbx", "r12", "r13", "r14", "r15", "memory");
    return n + keep - keep;
}

/* Its frame is as large as what is overwritten. */
TRUTH(sea) static int sea(uintptr_t word)
{
    volatile char room[ABOVE * 2];
    room[0] = (char)shore(word);
    return room[0];
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    zero = open("/dev/zero", O_RDONLY);
    uintptr_t word = word_for(argv[1]);
    int sum = 0;
    uintptr_t step = strcmp(argv[1], "heap") ? 0 : WORD_STEP; /* another object each time */
    for (unsigned i = 0; i < CALLS; i++)
        sum += sea(word + i * step);
    truth_check(sum == CALLS);
    truth_check(framed(4) == 1);
    plain(zero);
    truth_expect("calls read == %d", CALLS + 2);
    truth_expect("slots read == 3");
    return 0;
}
