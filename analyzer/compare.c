/* SPDX-License-Identifier: MIT
 *
 * See compare.h. Which run comes when. Bare runs may take any time unless the user sets a limit;
 * the others must not take more than ten times as long as the slowest of them and a minute: a
 * command that hangs when it is observed or routed is what we are here to find.
 */
#include "compare.h"

#include "command.h"
#include "compare_stage.h"
#include "tree.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S       1000000000ull
#define SLOWER_AT_MOST 10
#define LEAST_LIMIT    (60 * NS_PER_S)

const char *const compare_kind_names[COMPARE_KINDS] = {
    [COMPARE_BARE] = "bare", [COMPARE_OBSERVED] = "observed", [COMPARE_ROUTED] = "routed"};

static bool is_made(const struct compare *compare, enum compare_kind kind)
{
    return kind != COMPARE_ROUTED || compare->options.route || compare->options.policy;
}

static uint64_t limit(const struct compare *compare, enum compare_kind kind)
{
    uint64_t slowest = 0;
    if (compare->options.timeout_ns || kind == COMPARE_BARE)
        return compare->options.timeout_ns;
    for (unsigned i = 0; i < compare->run_count; i++)
        if (compare->runs[i].kind == COMPARE_BARE && compare->runs[i].wall_ns > slowest)
            slowest = compare->runs[i].wall_ns;
    return slowest * SLOWER_AT_MOST > LEAST_LIMIT ? slowest * SLOWER_AT_MOST : LEAST_LIMIT;
}

static void tell(const struct compare *compare, enum compare_kind kind, bool repetition)
{
    if (compare->options.progress)
        fprintf(stderr, "\r\033[Kshunt: %s run %u%s", compare_kind_names[kind],
                compare->count[kind] + 1, repetition ? ", again for there was a difference" : "");
}

static void tell_no_more(const struct compare *compare)
{
    if (compare->options.progress)
        fputs("\r\033[K", stderr);
}

static int run_one(struct compare *compare, struct compare_stage *stage, enum compare_kind kind,
                   bool repetition, struct error *error)
{
    struct compare_run *run = &compare->runs[compare->run_count];
    if (stage->interrupted)
        return 0;
    *run = (struct compare_run){
        .kind = kind, .number = compare->run_count + 1, .repetition = repetition};
    tell(compare, kind, repetition);
    int status = compare_stage_run(stage, run, limit(compare, kind), error);
    if (status || stage->interrupted)
        return status;
    compare->run_count++;
    compare->count[kind]++;
    compare->moved += run->moved;
    return 0;
}

/* One run of each kind, bare first at the beginning and then by turns from either end. */
static int run_round(struct compare *compare, struct compare_stage *stage, unsigned round,
                     struct error *error)
{
    int status = 0;
    for (unsigned i = 0; i < COMPARE_KINDS && !status; i++) {
        enum compare_kind kind = (enum compare_kind)(round % 2 ? COMPARE_KINDS - 1 - i : i);
        if (is_made(compare, kind))
            status = run_one(compare, stage, kind, false, error);
    }
    return status;
}

/* What differed comes again or it was chance: bare runs too, for they may differ as well. */
static int repeat(struct compare *compare, struct compare_stage *stage, struct error *error)
{
    bool suspect[COMPARE_KINDS] = {[COMPARE_BARE] = true};
    for (unsigned kind = COMPARE_OBSERVED; kind < COMPARE_KINDS; kind++) {
        suspect[kind] = compare_suspects(compare, (enum compare_kind)kind);
        compare->repeated |= suspect[kind];
    }
    int status = 0;
    for (unsigned i = 0; compare->repeated && i < COMPARE_REPETITIONS; i++)
        for (unsigned kind = 0; kind < COMPARE_KINDS && !status; kind++)
            if (suspect[kind])
                status = run_one(compare, stage, (enum compare_kind)kind, true, error);
    if (compare->repeated && !status && !stage->interrupted)
        compare_judge(compare);
    return status;
}

/* A comparison of no tests would find no difference. */
static int need_tests(const struct compare *compare, struct error *error)
{
    const struct compare_options *options = &compare->options;
    size_t tests = 0;
    for (size_t i = 0; i < compare->part_count; i++)
        tests += compare->parts[i].kind == PART_TEST && compare->parts[i].bare;
    if (!options->format || tests > 1) /* "(results)" is always there */
        return 0;
    error_set(error, "no %s tests in %s of the bare run (%s)", options->format->name,
              options->results ? options->results : "the output", compare->runs[0].end);
    return EXIT_SETUP;
}

static int run_all(struct compare *compare, struct compare_stage *stage, struct error *error)
{
    int status = 0;
    for (unsigned round = 0; round < compare->options.runs && !status; round++)
        status = run_round(compare, stage, round, error);
    if (status || stage->interrupted)
        return status;
    compare_judge(compare);
    status = need_tests(compare, error);
    return status ? status : repeat(compare, stage, error);
}

int compare_make(struct compare *compare, struct error *error)
{
    struct compare_stage stage = {.options = &compare->options, .arena = compare->arena};
    unsigned most = (compare->options.runs + COMPARE_REPETITIONS) * COMPARE_KINDS;
    compare->runs = ARENA_ARRAY(compare->arena, struct compare_run, most);
    int status = compare_stage_make(&stage, error);
    if (!status)
        status = run_all(compare, &stage, error);
    tell_no_more(compare);
    compare_stage_end(&stage);
    compare->interrupted = stage.interrupted;
    compare->kept = stage.top[0] ? arena_copy(compare->arena, stage.top) : NULL;
    return status;
}

void compare_release(struct compare *compare)
{
    if (compare->kept && !compare->options.keep)
        tree_remove(compare->kept);
}
