/* SPDX-License-Identifier: MIT
 *
 * A handler leaves the read that its thread waits in, by siglongjmp or by pthread_exit. Afterwards
 * nothing is written into the frame that is gone, and all data is still there for the next reader.
 *
 *   left_by_handler jump | exit [crowd]
 *
 * With a crowd a small trace is full by then, and the reader's call is not observed.
 */
#include "parity.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/ioctl.h>

enum { SIZE = 200, CROWD = 200 };

static int ends[2], exits;
static volatile int left;
static pthread_t reader;
static sigjmp_buf before;
static volatile int over;
static char *volatile left_frame;

static void leave(int number)
{
    (void)number;
    if (left++)
        return;
    if (exits)
        pthread_exit(NULL);
    siglongjmp(before, 1);
}

static __attribute__((noinline)) void read_into_frame(void)
{
    char text[SIZE];
    memset(text, 0, sizeof text);
    left_frame = text;
    printf("read: %zd\n", read(ends[0], text, sizeof text));
}

/* Words that are addresses above any stack lie where the frames of the call will. */
static __attribute__((noinline)) void prepare_stack(void)
{
    uint64_t words[1024];
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        words[i] = 0xff0000000000;
    __asm__ volatile("" : : "r"(words) : "memory");
}

/* The same stack again, with a pattern, while data comes, and another signal. */
static __attribute__((noinline)) int spoiled(void)
{
    char pattern[4096];
    int bad = 0;
    memset(pattern, 'p', sizeof pattern);
    __asm__ volatile("" : : "r"(pattern) : "memory");
    parity_raw(SYS_write, ends[1], (long)memset((char[SIZE]){0}, '!', SIZE), SIZE, 0);
    pthread_kill(pthread_self(), SIGUSR1);
    for (int i = 0; i < 30; i++)
        parity_pause();
    for (size_t i = 0; i < sizeof pattern; i++)
        bad += pattern[i] != 'p';
    return bad;
}

static void *read_once(void *unused)
{
    (void)unused;
    if (sigsetjmp(before, 1) == 0) {
        prepare_stack();
        read_into_frame();
    } else {
        printf("spoiled: %d\n", spoiled());
    }
    over = 1;
    return NULL;
}

static void *fill(void *barrier)
{
    struct pollfd none = {.fd = -1};
    poll(&none, 1, 0);
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier); /* for ever */
    return NULL;
}

static void gather_crowd(void)
{
    static pthread_barrier_t together;
    pthread_barrier_init(&together, NULL, CROWD + 1);
    for (int i = 0; i < CROWD; i++)
        parity_start(fill, &together);
    pthread_barrier_wait(&together);
    truth_expect("losses >= 100");
}

int main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = leave};
    int there = 0;
    exits = argc > 1 && !strcmp(argv[1], "exit");
    parity_warm_up();
    if (argc > 2)
        gather_crowd();
    truth_check(pipe(ends) == 0 && sigaction(SIGUSR1, &action, NULL) == 0);
    reader = parity_start(read_once, NULL);
    truth_check(parity_await(SYS_read, ends[0]));
    truth_check(pthread_kill(reader, SIGUSR1) == 0);
    pthread_join(reader, NULL);
    if (exits) {
        parity_raw(SYS_write, ends[1], (long)memset((char[SIZE]){0}, '!', SIZE), SIZE, 0);
        for (int i = 0; i < 30; i++)
            parity_pause();
    }
    parity_raw(SYS_ioctl, ends[0], FIONREAD, (long)&there, 0);
    printf("there: %d\n", there);
    return 0;
}
