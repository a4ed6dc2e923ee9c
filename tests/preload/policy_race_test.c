/* SPDX-License-Identifier: MIT
 *
 * A policy replaced under many threads at once: each of them always has a whole one in its hands,
 * which stays until it is released, and the latest is taken over in the end. ThreadSanitizer checks
 * the rest.
 */
#include "policy_block.h"

#include "clock.h"
#include "policy_load.h"
#include "real.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 4, REPLACED = 2000 };

static unsigned wrong;
static int over;

static void expect(int condition, const char *what)
{
    if (!condition && !__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED))
        fprintf(stderr, "policy_race_test: %s\n", what);
}

static void *look(void *number)
{
    struct trace_thread record = {.tid = *(const int *)number};
    struct thread thread = {.record = &record};
    const struct visit visit = {.thread = &thread};
    while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
        const struct force *force = force_hold(&visit);
        expect(force != NULL, "there is none");
        if (!force)
            break;
        const char *text = force->view.strings;
        char first = text[0];
        expect(first == 'a' + (char)(force->view.header->source % 26),
               "not the text of its number");
        for (unsigned i = 1; i < 63; i++)
            expect(text[i] == first, "two policies in one");
        force_release();
    }
    return NULL;
}

static void hand_over(unsigned number, const uint32_t *chunks)
{
    const struct trace_control *control = policy_control();
    uint64_t generation = policy_apply(number, chunks);
    while (__atomic_load_n(&control->policy_seen, __ATOMIC_ACQUIRE) != generation &&
           !__atomic_load_n(&wrong, __ATOMIC_RELAXED))
        usleep(10);
    expect(__atomic_load_n(&control->policy_fault, __ATOMIC_RELAXED) == POLICY_FINE, "refused");
}

static void prepare(const char *directory)
{
    struct trace_clock first;
    char path[64];
    struct policy_block block = policy_block(0);
    real_resolve();
    clock_start(&first);
    expect(trace_open(directory, "race", getpid(), 4 << 20) == 0, "no trace");
    clock_calibrate(&first);
    snprintf(path, sizeof path, "%s/policy", directory);
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    expect(write(file, &block, sizeof block) == (ssize_t)sizeof block, "no file");
    close(file);
    expect(force_load(path) == 0, "not loaded");
}

int main(void)
{
    char directory[] = "/tmp/shunt-policy-race.XXXXXX", remove[96];
    static const int numbers[THREADS] = {1, 2, 3, 4};
    struct trace_thread record = {.tid = THREADS + 1};
    struct thread own = {.record = &record};
    const struct visit visit = {.thread = &own};
    pthread_t thread[THREADS];
    expect(mkdtemp(directory) != NULL, "no directory");
    prepare(directory);
    struct trace_chunk *first = trace_chunk_new(), *second = trace_chunk_new();
    if (wrong || !first || !second)
        return 1;
    uint32_t chunks[] = {trace_chunk_number(first), trace_chunk_number(second)};
    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, look, (void *)&numbers[i]);
    for (unsigned i = 1; i <= REPLACED; i++)
        hand_over(i, chunks);
    __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    const struct force *force = force_hold(&visit);
    expect(force && force->view.header->source == REPLACED, "not the latest in the end");
    snprintf(remove, sizeof remove, "rm -r %s", directory);
    expect(system(remove) == 0, "the directory stays");
    return wrong != 0;
}
