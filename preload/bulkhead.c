/* SPDX-License-Identifier: MIT
 *
 * See bulkhead.h.
 */
#include "bulkhead.h"

#include "raw.h"

#include <errno.h>
#include <sys/mman.h>

enum { RULES = 256, SPREAD = 0x9e37 };

/* One rule's places. Never given back: calls may be under way that know it. */
static struct bulkhead {
    uint64_t rule;   /* 0: free */
    uint32_t used;   /* the largest bound so far: no place beyond it was ever taken */
    uint32_t *place; /* POLICY_BULKHEAD_MOST of them, wiped by fork: 0 free */
} bulkheads[RULES];

static uint32_t marks; /* given out so far */
__thread struct places bulkhead_self;

static struct bulkhead *find(uint64_t rule)
{
    for (unsigned i = 0; i < RULES && bulkheads[i].place; i++)
        if (__atomic_load_n(&bulkheads[i].rule, __ATOMIC_ACQUIRE) == rule)
            return &bulkheads[i];
    return NULL;
}

/* ---- from outside the calls ---- */

static uint32_t taken(const struct bulkhead *bulkhead)
{
    uint32_t count = 0, used = __atomic_load_n(&bulkhead->used, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < used; i++)
        count += __atomic_load_n(&bulkhead->place[i], __ATOMIC_SEQ_CST) != 0;
    return count;
}

static int is_of(const struct policy_view *view, uint64_t rule)
{
    for (uint32_t i = 0; i < view->count[POLICY_RULES]; i++)
        if (view->rules[i].bulkhead && view->rules[i].salt == rule)
            return 1;
    return 0;
}

static uint32_t *new_places(void)
{
    size_t size = POLICY_BULKHEAD_MOST * sizeof(uint32_t);
    void *made = raw_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    if (raw_mmap_failed(made))
        return NULL;
    if (raw_madvise(made, size, MADV_WIPEONFORK) == 0)
        return made;
    raw_munmap(made, size);
    return NULL;
}

/* A new one, or that of a rule that is no more; NULL: there is no room. */
static struct bulkhead *make(const struct policy_view *view)
{
    for (unsigned i = 0; i < RULES; i++) {
        struct bulkhead *bulkhead = &bulkheads[i];
        if (!bulkhead->place) {
            uint32_t *places = new_places();
            __atomic_store_n(&bulkhead->place, places, __ATOMIC_RELEASE);
            return places ? bulkhead : NULL;
        }
        if (!is_of(view, bulkhead->rule) && taken(bulkhead) == 0)
            return bulkhead;
    }
    return NULL;
}

void bulkhead_define(const struct policy_view *view)
{
    for (uint32_t i = 0; i < view->count[POLICY_RULES]; i++) {
        const struct policy_blob_rule *rule = &view->rules[i];
        struct bulkhead *bulkhead = rule->bulkhead ? find(rule->salt) : NULL;
        if (rule->bulkhead && !bulkhead)
            bulkhead = make(view);
        if (!bulkhead)
            continue;
        if (rule->bulkhead > bulkhead->used)
            __atomic_store_n(&bulkhead->used, rule->bulkhead, __ATOMIC_RELEASE);
        __atomic_store_n(&bulkhead->rule, rule->salt, __ATOMIC_RELEASE);
    }
}

/* ---- from calls ---- */

void bulkhead_leave(int number)
{
    places_leave(&bulkhead_self, (uint32_t)number);
}

/* What no other call of the process has, or one in another 4 billion: green threads of one thread
 * hold places, too. A fork child goes on counting, so that none of its marks is its parent's. */
static uint32_t new_mark(void)
{
    uint32_t mark = __atomic_add_fetch(&marks, 1, __ATOMIC_RELAXED);
    return mark ? mark : __atomic_add_fetch(&marks, 1, __ATOMIC_RELAXED);
}

/* Since a lower bound came into force more may be taken than it allows. */
static int is_over(const struct bulkhead *bulkhead, uint32_t most)
{
    return __atomic_load_n(&bulkhead->used, __ATOMIC_RELAXED) > most && taken(bulkhead) > most;
}

int bulkhead_enter(const struct visit *v, uint64_t rule, uint32_t most)
{
    struct places *self = &bulkhead_self;
    struct bulkhead *bulkhead = find(rule);
    if (!v->nested && self->count)
        bulkhead_leave(0); /* calls that were left in ways that nobody saw */
    uint32_t number = self->count;
    if (!bulkhead || number == PLACE_DEPTH || most > bulkhead->used)
        return -1;
    struct place *hold = &self->hold[number];
    uint32_t mark = new_mark(), first = mark * SPREAD;
    *hold = (struct place){.at = bulkhead->place, .mark = mark, .frame = v->frame};
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    self->count = number + 1;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    for (uint32_t i = 0; i < most; i++) {
        uint32_t at = (first % most + i) % most;
        if (!place_take(&bulkhead->place[at], hold))
            continue;
        if (!is_over(bulkhead, most))
            return (int)number;
        break;
    }
    bulkhead_leave((int)number);
    return -1;
}
