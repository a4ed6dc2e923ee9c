/* SPDX-License-Identifier: MIT
 *
 * When the trace is full, threads that come and go are no longer recorded, and leave nothing
 * behind: a thousand of them map no more than the first did. Run with a small trace.
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "truth.h"

#define CROWD 200 /* at once: more than a trace of 2 MB can hold */
#define LATER 500

static pthread_barrier_t together;
static int zero;

static void *make_calls(void *barrier)
{
    char byte;
    truth_check(read(zero, &byte, 1) == 1);
    if (barrier)
        pthread_barrier_wait(barrier);
    return NULL;
}

/* Bytes of private mappings without a file. */
static unsigned long anonymous(void)
{
    char line[512];
    unsigned long sum = 0, start, end;
    FILE *maps = fopen("/proc/self/maps", "r");
    truth_check(maps);
    while (fgets(line, sizeof line, maps))
        if (strstr(line, " 00:00 0") && sscanf(line, "%lx-%lx", &start, &end) == 2)
            sum += end - start;
    fclose(maps);
    return sum;
}

int main(void)
{
    pthread_t threads[CROWD];
    pthread_attr_t small;
    zero = open("/dev/zero", O_RDONLY);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    pthread_barrier_init(&together, NULL, CROWD);
    for (int i = 0; i < CROWD; i++)
        truth_check(pthread_create(&threads[i], &small, make_calls, &together) == 0);
    for (int i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    unsigned long before = anonymous();
    for (int i = 0; i < LATER; i++) {
        truth_check(pthread_create(&threads[0], &small, make_calls, NULL) == 0);
        pthread_join(threads[0], NULL);
    }
    unsigned long after = anonymous();
    printf("%d threads later: %s\n", LATER, after < before + (8ul << 20) ? "no more" : "more");
    truth_expect("losses >= 100");
    return 0;
}
