/* SPDX-License-Identifier: MIT
 *
 * Places in a bulkhead under many threads at once: never more are taken than the rule says, a
 * thread that finds none goes on, all are free again in the end, and rules do not take each
 * other's. ThreadSanitizer checks the rest.
 */
#include "bulkhead.h"
#include "trace.h"

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 4, TIMES = 200000, MOST = 2, RULES = 2 };

static struct trace_thread record = {.tid = 1};
static unsigned inside[RULES];
static unsigned wrong, entered, refused;

static void expect(int condition, const char *what)
{
    if (!condition && !__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED))
        fprintf(stderr, "bulkhead_race_test: %s\n", what);
}

static void *come_and_go(void *data)
{
    struct thread thread = {.record = &record};
    struct visit v = {.thread = &thread};
    for (unsigned i = 0; i < TIMES; i++) {
        unsigned rule = i % RULES;
        int number = bulkhead_enter(&v, rule + 1, MOST);
        if (number < 0) {
            __atomic_add_fetch(&refused, 1, __ATOMIC_RELAXED);
            continue;
        }
        unsigned now = __atomic_add_fetch(&inside[rule], 1, __ATOMIC_RELAXED);
        expect(now <= MOST, "more than may be");
        __atomic_add_fetch(&entered, 1, __ATOMIC_RELAXED);
        for (volatile int spin = 0; spin < 50; spin++)
            ;
        __atomic_sub_fetch(&inside[rule], 1, __ATOMIC_RELAXED);
        bulkhead_leave(number);
    }
    return data;
}

int main(void)
{
    struct policy_blob_rule rules[RULES] = {{.bulkhead = MOST, .salt = 1},
                                            {.bulkhead = MOST, .salt = 2}};
    struct policy_view view = {.rules = rules, .count[POLICY_RULES] = RULES};
    pthread_t threads[THREADS];
    bulkhead_define(&view);
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, come_and_go, NULL) != 0)
            return 1;
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    struct thread thread = {.record = &record};
    struct visit outer = {.thread = &thread}, inner = {.thread = &thread, .nested = 1};
    expect(bulkhead_enter(&outer, 1, MOST) == 0 && bulkhead_enter(&inner, 1, MOST) == 1,
           "places were lost");
    expect(bulkhead_enter(&inner, 1, MOST) == -1, "a place too many");
    expect(bulkhead_enter(&inner, 2, MOST) == 2, "a place of the other rule was lost");
    bulkhead_leave(0);
    expect(bulkhead_self.count == 0 && bulkhead_enter(&outer, 1, 1) == 0, "left, and still there");
    expect(entered + refused == THREADS * TIMES && entered > 0, "some were neither in nor out");
    return wrong != 0;
}
