/* SPDX-License-Identifier: MIT
 *
 * The preload's shared rooms under many threads at once: threads come and go, intern the same
 * strings and contexts, name the same fds, meet the same modules and write events. Checks that
 * nothing was lost and that whatever was interned says what it should; ThreadSanitizer checks the
 * rest.
 */
#include "clock.h"
#include "modules.h"
#include "slot.h"
#include "stack.h"
#include "target.h"
#include "thread.h"
#include "trace.h"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 8, GENERATIONS = 12, ROUNDS = 400, STRINGS = 50, CONTEXTS = 50 };

static unsigned wrong;
static int pipe_ends[2];

static void expect(int condition, const char *what)
{
    if (!condition && !__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED))
        fprintf(stderr, "race_test: %s\n", what);
}

static void intern(unsigned i)
{
    char text[32];
    int n = snprintf(text, sizeof text, "file:/%u", i % STRINGS);
    uint32_t id = trace_string(STRING_TARGET, text, (size_t)n);
    expect(id && !strcmp(((const struct trace_string *)trace_at(id))->text, text),
           "a string reads otherwise than it was written");

    uint64_t frames[2] = {TRACE_FRAME(1, i % CONTEXTS), TRACE_FRAME(2, 7)};
    id = trace_context(frames, 2, 0, 0);
    expect(id && ((const struct trace_context *)trace_at(id))->frame[0] == frames[0],
           "a context reads otherwise than it was written");
}

static void look(unsigned i)
{
    int libc;
    uint32_t id = target_of(pipe_ends[i & 1]);
    expect(id && !strcmp(((const struct trace_string *)trace_at(id))->text, "pipe"),
           "a pipe has another name");
    expect(TRACE_FRAME_MODULE(modules_frame((uintptr_t)&look + 1, &libc)) != 0,
           "the program's own code lies in no module");
    expect(TRACE_FRAME_MODULE(modules_frame((uintptr_t)&gnu_get_libc_version + 1, &libc)) != 0 &&
               libc,
           "gnu_get_libc_version is not libc's");
    struct trace_event event = {.start = i};
    trace_event(&event);
}

static void *work(void *data)
{
    struct thread *t = thread_refresh();
    expect(t != NULL, "a thread found no room");
    for (unsigned i = 0; t && i < ROUNDS; i++) {
        intern(i);
        look(i);
        struct trace_slot *slot = slot_get(t, (uint16_t)(i % 8), 0, &(struct slot_owner){0});
        expect(slot != NULL, "a slot found no room");
        if (slot)
            slot->count++;
        trace_clock_refresh(clock_now(), i % 100 == 0);
    }
    return data;
}

static void run_generation(void)
{
    pthread_t id[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&id[i], NULL, work, NULL) != 0)
            abort();
    for (int i = 0; i < THREADS; i++)
        pthread_join(id[i], NULL);
}

/* All counts of all threads, folded ones included. */
static uint64_t counted(void)
{
    uint64_t sum = 0;
    for (uint32_t n = 1; n <= trace_file->next_chunk; n++) {
        const struct trace_chunk *chunk = trace_chunk_at(n);
        for (uint32_t cell = 1; chunk->kind == TRACE_CHUNK_THREAD && cell < chunk->used;) {
            const struct trace_record *r =
                (const void *)((const char *)chunk + (size_t)cell * TRACE_CELL);
            sum += r->type == RECORD_SLOT ? ((const struct trace_slot *)r)->count : 0;
            cell += r->cells ? r->cells : 1;
        }
    }
    return sum;
}

static void start(const char *directory)
{
    struct trace_clock first;
    clock_start(&first);
    if (trace_open(directory, "race", getpid(), 16 << 20) != 0 || thread_start() != 0 ||
        pipe(pipe_ends) != 0)
        abort();
    trace_file->clock = clock_kind;
    trace_file->first_clock = first;
    clock_calibrate(&first);
    thread_threshold = clock_ticks(100000);
    modules_start();
    __atomic_store_n(&observe_epoch, 1, __ATOMIC_RELEASE);
}

int main(void)
{
    char directory[] = "/tmp/shunt-race.XXXXXX";
    char path[64];
    if (!mkdtemp(directory))
        abort();
    start(directory);
    snprintf(path, sizeof path, "%s/race.%d%s", directory, getpid(), TRACE_SUFFIX);
    unlink(path);
    rmdir(directory);

    for (int i = 0; i < GENERATIONS; i++)
        run_generation();
    uint64_t expected = (uint64_t)THREADS * GENERATIONS * ROUNDS;
    expect(counted() == expected, "counts were lost");
    expect(trace_file->ring_head == expected, "events were lost");
    for (int i = 0; i < TRACE_LOSS_KINDS; i++)
        expect(!trace_file->lost[i], "something was counted as lost");
    printf("race_test: %lu of %lu counts, %u wrong\n", (unsigned long)counted(),
           (unsigned long)expected, wrong);
    return wrong != 0;
}
