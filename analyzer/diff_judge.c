/* SPDX-License-Identifier: MIT
 *
 * What may be claimed. Two runs of one program are never alike: on a machine that does other work,
 * too, the median of an fdatasync was seen to differ by a factor of 12 between equal runs, and the
 * part of the time that a loop was stalled by 2.7. So one run a side claims little.
 */
#include "diff_evidence.h"
#include "diff_parts.h"
#include "stats.h"

#include <stdlib.h>
#include <string.h>

#define EXPECTED     10.0  /* calls that the other side would have had by its length: new, gone */
#define MATTERS      0.002 /* part of the run spent in a site */
#define MATTERS_NEW  0.01  /* ... blocked, with too few calls to be sure otherwise */
#define POLLED       10u   /* the call itself blocks for less than this part: who waits is a poll */
#define LOOP_FEW     3.0   /* one run a side: so many times the share of stalled time */
#define LOOP_UNSURE  1.5
#define LOOP_SEVERAL 1.125
#define LOOP_MATTERS 0.05 /* of the loop's time */

/* ---- sites ---- */

static bool matters(const struct diff *diff, const struct diff_site *site)
{
    for (int when = 0; when < DIFF_SIDES; when++) {
        double wall = diff_wall(diff, (enum diff_when)when) * diff->side[when].run_count;
        if ((double)site->side[when].sum.total_ns >= MATTERS * wall)
            return true;
    }
    return false;
}

static void claim(struct diff_site *site, const struct evidence *e)
{
    site->measure = e->measure;
    site->per = e->per;
    site->value[DIFF_BEFORE] = e->value[DIFF_BEFORE];
    site->value[DIFF_AFTER] = e->value[DIFF_AFTER];
    site->ratio = evidence_ratio(e->value);
    if (e->outcome >= OUTCOME_LARGE) {
        site->class = site->ratio > 1 ? DIFF_WORSE : DIFF_BETTER;
        site->grade = e->outcome == OUTCOME_FIRM ? DIFF_FIRM : DIFF_LARGE;
    } else {
        site->class = e->outcome == OUTCOME_UNSURE ? DIFF_UNSURE : DIFF_SAME;
    }
}

static const char *doubt(const struct diff *diff)
{
    return diff->several ? "runs of one side differ as much as the sides do"
                         : "one run and the next of the same program may differ as much";
}

static void judge_change(struct diff *diff, struct diff_site *site)
{
    struct evidence found[] = {evidence_latency(diff, site, DIFF_P50),
                               evidence_latency(diff, site, DIFF_P99),
                               evidence_frequency(diff, site)};
    const struct evidence *best = &found[0];
    for (size_t i = 1; i < sizeof found / sizeof *found; i++)
        if (found[i].outcome > best->outcome)
            best = &found[i];
    claim(site, best);
    bool few = evidence_calls(site) < EVIDENCE_CALLS_LEAST;
    if (!matters(diff, site)) {
        site->class = few ? DIFF_FEW : DIFF_SAME;
    } else if (site->class == DIFF_UNSURE) {
        site->why = doubt(diff);
    } else if (site->class == DIFF_SAME && few) {
        site->class = DIFF_FEW;
    }
    if (site->class == DIFF_FEW)
        site->why = "too few calls";
}

/* A site that both sides have, and that is on a loop in one of them alone: not because its thread
 * passes for a loop in one of them alone. */
static bool judge_place(struct diff_site *site)
{
    const struct diff_figures *a = &site->side[DIFF_BEFORE], *b = &site->side[DIFF_AFTER];
    const struct diff_figures *on = a->sum.loop_calls ? a : b, *off = on == a ? b : a;
    if (!a->sum.loop_calls == !b->sum.loop_calls || a->sum.blocked + b->sum.blocked == 0 ||
        (double)on->sum.loop_calls < EXPECTED || diff_share_name(on->loop_threads, off->threads))
        return false;
    site->left_loop = on == a;
    site->came_to_loop = !site->left_loop;
    return true;
}

/* Would the other side have had such calls, had it been the same? */
static bool enough_alone(const struct diff *diff, const struct diff_site *site, enum diff_when when)
{
    const struct diff_figures *here = &site->side[when];
    double runs = diff->side[when].run_count, others = diff->side[!when].run_count;
    double wall = diff_wall(diff, when) * runs, other_wall = diff_wall(diff, !when) * others;
    double by_run = (double)here->sum.calls * others / runs;
    double by_time = wall > 0 ? (double)here->sum.calls * other_wall / wall : 0;
    if (diff->several && here->runs * 2 <= diff->side[when].run_count)
        return false;
    return (by_run < by_time ? by_run : by_time) >= EXPECTED ||
           (double)here->sum.blocked_ns >= MATTERS_NEW * wall;
}

static void judge_alone(const struct diff *diff, struct diff_site *site)
{
    enum diff_when when = site->side[DIFF_BEFORE].sum.calls ? DIFF_BEFORE : DIFF_AFTER;
    if (site->class == DIFF_UNMATCHED)
        return;
    site->class = when == DIFF_BEFORE ? DIFF_GONE : DIFF_NEW;
    if (!enough_alone(diff, site, when)) {
        site->class = DIFF_FEW;
        site->why = "too few calls on one side, none on the other";
    }
}

/* A thread off the loops that waits for a condition waits for its next work: for how long says how
 * much there was to do, and a new one of its kind harms nobody. */
static bool waits_for_work(const struct diff_site *site)
{
    const struct diff_figures *a = &site->side[DIFF_BEFORE], *b = &site->side[DIFF_AFTER];
    const struct report_site *any = a->site ? a->site : b->site;
    return any->facts && any->facts->blocks == BLOCKS_CONDITION &&
           a->sum.loop_calls + b->sum.loop_calls == 0;
}

/* A socket with a time limit polls before it receives: on threads the wait is that poll's, made by
 * the same function. NULL: there is none on this side. */
static struct diff_site *poll_of(const struct diff *diff, const struct diff_site *site,
                                 enum diff_when when)
{
    const struct report_site *any = site->side[!when].site;
    for (size_t i = 0; any && i < diff->site_count; i++) {
        struct diff_site *other = diff->sites[i];
        const struct report_site *there = other->side[when].site;
        if (other->role == site->role && !other->other && there && there->facts && there->python &&
            there->facts->blocks == BLOCKS_READY && other->side[when].sum.blocked &&
            strcmp(there->module, any->module) == 0 && strcmp(there->function, any->function) == 0)
            return other;
    }
    return NULL;
}

/* A green thread's call yields, and the same call of a native thread blocks: what differs is who
 * else could go on meanwhile, and neither is worse. */
static bool judge_wait(struct diff *diff, struct diff_site *site)
{
    enum diff_when yielding = site->yields[DIFF_BEFORE] ? DIFF_BEFORE : DIFF_AFTER;
    if (site->yields[DIFF_BEFORE] == site->yields[DIFF_AFTER])
        return false;
    const struct diff_count *yields = &site->side[yielding].sum;
    const struct diff_count *blocks = &site->side[!yielding].sum;
    if (blocks->blocked_ns < yields->pending_ns / POLLED)
        site->other = poll_of(diff, site, !yielding);
    if (site->other)
        blocks = &site->other->side[!yielding].sum;
    if (blocks->blocked == 0)
        return false;
    site->value[yielding] = (double)(yields->blocked_ns + yields->pending_ns);
    site->value[!yielding] = (double)blocks->blocked_ns;
    if (site->other) {
        site->other->class = DIFF_SAME;
        site->other->measure = DIFF_WAIT;
        site->other->other = site;
        site->other->why = "the poll of a socket with a time limit: told with its call";
    }
    site->class = DIFF_SAME;
    site->measure = DIFF_WAIT;
    site->why = yielding == DIFF_BEFORE ? "it yielded, and blocks a thread now: the same wait"
                                        : "it blocked a thread, and yields now: the same wait";
    diff->waits[yielding]++;
    return true;
}

static void judge_site(struct diff *diff, struct diff_site *site)
{
    if (site->measure == DIFF_WAIT) /* told with another */
        return;
    if (waits_for_work(site)) {
        site->class = DIFF_SAME;
        site->why = "a thread's wait for work, off the loops: not judged";
        return;
    }
    if (!diff_on_both(site))
        judge_alone(diff, site);
    else if (judge_wait(diff, site))
        return;
    else if (!judge_place(site))
        judge_change(diff, site);
    if (site->left_loop || site->came_to_loop) {
        site->class = site->left_loop ? DIFF_BETTER : DIFF_WORSE;
        site->measure = DIFF_PLACE;
        site->grade = DIFF_PLAIN;
        site->why = NULL;
    }
}

static void test_all(struct diff *diff)
{
    double *p = ARENA_ARRAY(&diff->arena, double, diff->site_count);
    unsigned count = 0;
    for (size_t i = 0; i < diff->site_count; i++)
        if (diff_on_both(diff->sites[i])) {
            evidence_test(diff, diff->sites[i]);
            p[count++] = diff->sites[i]->p;
        }
    stats_false_discovery(p, count);
    count = 0;
    for (size_t i = 0; i < diff->site_count; i++)
        if (diff_on_both(diff->sites[i]))
            diff->sites[i]->false_rate = p[count++];
}

static int by_class(const void *a, const void *b)
{
    const struct diff_site *x = *(struct diff_site *const *)a;
    const struct diff_site *y = *(struct diff_site *const *)b;
    if (x->class != y->class)
        return x->class < y->class ? -1 : 1;
    if (x->quiet != y->quiet)
        return x->quiet ? 1 : -1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* ---- loops ---- */

static void judge_loop(struct diff *diff, struct diff_loop *loop)
{
    double *share[DIFF_SIDES];
    unsigned count[DIFF_SIDES] = {0, 0};
    for (int when = 0; when < DIFF_SIDES; when++) {
        unsigned runs = diff->side[when].run_count;
        share[when] = ARENA_ARRAY(&diff->arena, double, runs);
        for (unsigned i = 0; i < runs; i++) {
            const struct diff_loop_count *run = &loop->run[when][i];
            if (run->observed_ns)
                share[when][count[when]++] = (double)run->stall_ns / (double)run->observed_ns;
        }
    }
    loop->class = DIFF_SAME;
    if (count[DIFF_BEFORE] == 0 || count[DIFF_AFTER] == 0) {
        loop->class = count[DIFF_BEFORE] ? DIFF_GONE : DIFF_NEW;
        return;
    }
    double change = loop->share[DIFF_AFTER] - loop->share[DIFF_BEFORE];
    double ratio = evidence_ratio(loop->share);
    double times = ratio > 0 && ratio < 1 ? 1 / ratio : ratio;
    enum diff_class class = change > 0 ? DIFF_WORSE : DIFF_BETTER;
    if (change < LOOP_MATTERS && change > -LOOP_MATTERS)
        return;
    if (diff->several && times >= (diff->in_turn ? LOOP_SEVERAL : LOOP_UNSURE) &&
        evidence_apart(share[DIFF_BEFORE], count[DIFF_BEFORE], share[DIFF_AFTER], count[DIFF_AFTER],
                       diff->in_turn ? 1 : 2)) {
        loop->class = class;
        loop->grade = diff->in_turn ? DIFF_FIRM : DIFF_LARGE;
    } else if (!diff->several && (times >= LOOP_FEW || ratio == 0)) {
        loop->class = class;
        loop->grade = DIFF_LARGE;
    } else if (times >= LOOP_UNSURE) {
        loop->class = DIFF_UNSURE;
    }
}

static int by_stall(const void *a, const void *b)
{
    const struct diff_loop *x = *(struct diff_loop *const *)a;
    const struct diff_loop *y = *(struct diff_loop *const *)b;
    uint64_t x_ns = x->sum[DIFF_BEFORE].stall_ns + x->sum[DIFF_AFTER].stall_ns;
    uint64_t y_ns = y->sum[DIFF_BEFORE].stall_ns + y->sum[DIFF_AFTER].stall_ns;
    return (x_ns < y_ns) - (x_ns > y_ns);
}

void diff_judge(struct diff *diff)
{
    test_all(diff);
    for (size_t i = 0; i < diff->site_count; i++)
        judge_site(diff, diff->sites[i]);
    for (size_t i = 0; i < diff->loop_count; i++)
        judge_loop(diff, diff->loops[i]);
    if (diff->site_count)
        qsort(diff->sites, diff->site_count, sizeof *diff->sites, by_class);
    if (diff->loop_count)
        qsort(diff->loops, diff->loop_count, sizeof *diff->loops, by_stall);
    for (size_t i = 0; i < diff->site_count; i++) {
        const struct diff_site *site = diff->sites[i];
        bool apart = site->quiet && (site->class == DIFF_NEW || site->class == DIFF_GONE);
        ++*(apart ? &diff->quiet[site->class] : &diff->count[site->class]);
    }
    for (size_t i = 0; i < diff->loop_count; i++)
        diff->loop_classes[diff->loops[i]->class]++;
}
