/* SPDX-License-Identifier: MIT
 *
 * Clock conversion, histograms, numbers and text: the small rooms.
 */
#include "built.h"
#include "format.h"
#include "map.h"
#include "targets.h"
#include "text.h"
#include "ticks.h"

#include "demangle.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct ticks ticks_from(struct builder *b)
{
    struct reader *reader = built_reader(b);
    struct ticks ticks = ticks_of(reader);
    reader_close(reader);
    return ticks;
}

Test(ticks, rate_comes_from_the_two_triples)
{
    struct builder *b = builder_new(1, 4, 1);
    builder_finish(b, SECONDS);
    struct ticks ticks = ticks_from(b);
    cr_assert_eq(ticks.quality, TICKS_MEASURED);
    cr_assert_eq(ticks_ns(&ticks, BUILDER_TICKS(12345)), 12345);
    cr_assert_eq(ticks_monotonic(&ticks, BUILDER_START + BUILDER_TICKS(MS)), 5 * SECONDS + MS);
    cr_assert_eq(ticks_at(&ticks, 5 * SECONDS + MS), BUILDER_START + BUILDER_TICKS(MS));
}

Test(ticks, without_a_second_triple_the_rate_at_start_serves)
{
    struct builder *b = builder_new(1, 4, 1);
    struct ticks ticks = ticks_from(b);
    cr_assert_eq(ticks.quality, TICKS_START);
    cr_assert_eq(ticks_ns(&ticks, 2000), 1000);
}

Test(ticks, a_torn_triple_is_not_believed)
{
    struct builder *b = builder_new(1, 4, 1);
    builder_finish(b, SECONDS);
    builder_header(b)->clock_seq = 3;
    builder_header(b)->last_clock.monotonic = 77;
    cr_assert_eq(ticks_from(b).quality, TICKS_START);
}

Test(ticks, a_clock_record_stands_in_for_a_torn_triple)
{
    struct builder *b = builder_new(1, 4, 1);
    builder_finish(b, SECONDS);
    struct trace_clock_record *record =
        builder_at(b, builder_meta(b, RECORD_CLOCK, sizeof(struct trace_clock_record)));
    record->clock = builder_header(b)->last_clock;
    builder_header(b)->clock_seq = 3;
    cr_assert_eq(ticks_from(b).quality, TICKS_MEASURED);
}

Test(ticks, nothing_to_go_by_is_said)
{
    struct builder *b = builder_new(1, 4, 1);
    builder_header(b)->threshold = 0;
    struct ticks ticks = ticks_from(b);
    cr_assert_eq(ticks.quality, TICKS_ASSUMED);
    cr_assert_eq(ticks.ns_per_tick, 1.0);
}

Test(histogram, quantiles_interpolate_inside_a_bucket)
{
    struct trace_histogram record = {0};
    uint32_t bucket = trace_bucket_of(1000);
    record.bucket[bucket] = 100;
    struct histogram h = {0};
    histogram_add(&h, &record, 100);
    double start = (double)trace_bucket_start(bucket), end = (double)trace_bucket_start(bucket + 1);
    cr_assert_float_eq(histogram_quantile(&h, 0.5, 0), (start + end) / 2, 1);
    cr_assert_leq(histogram_quantile(&h, 1.0, 1000), 1000);
}

Test(histogram, error_of_a_quantile_is_below_an_eighth)
{
    struct trace_histogram record = {0};
    for (uint64_t value = 100; value < 100000; value++)
        record.bucket[trace_bucket_of(value)]++;
    struct histogram h = {0};
    histogram_add(&h, &record, 99900);
    for (double q = 0.01; q < 1; q += 0.01) {
        double exact = 100 + q * 99900;
        cr_assert_lt(fabs(histogram_quantile(&h, q, 0) - exact) / exact, 0.125);
    }
}

Test(histogram, a_bucket_at_its_top_takes_what_is_missing)
{
    struct trace_histogram record = {0};
    record.bucket[10] = UINT32_MAX;
    record.bucket[20] = 5;
    struct histogram h = {0};
    histogram_add(&h, &record, 6000000000ull);
    cr_assert_eq(h.count, 6000000000ull);
    cr_assert_eq(h.bucket[10], 6000000000ull - 5);
}

Test(histogram, a_running_count_changes_nothing_without_a_full_bucket)
{
    struct trace_histogram record = {0};
    record.bucket[10] = 3;
    struct histogram h = {0};
    histogram_add(&h, &record, 9);
    cr_assert_eq(h.count, 3);
}

Test(histogram, empty_has_no_quantile)
{
    struct histogram h = {0};
    cr_assert_eq(histogram_quantile(&h, 0.5, 100), 0);
}

static struct arena arena;

Test(format, durations_have_three_digits)
{
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {{0, "0 s"},
                 {999, "999 ns"},
                 {1500, "1.5 us"},
                 {26000, "26 us"},
                 {870000, "870 us"},
                 {1230000, "1.23 ms"},
                 {41000000, "41.0 ms"},
                 {999000000, "999 ms"},
                 {41100000000, "41.1 s"},
                 {999600000, "1.00 s"},
                 {7200000000000, "120 min"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_str_eq(format_duration(&arena, cases[i].ns), cases[i].text);
    arena_release(&arena);
}

Test(format, shares_never_round_to_all_or_nothing)
{
    cr_assert_str_eq(format_share(&arena, 1, 100000), "<0.1%");
    cr_assert_str_eq(format_share(&arena, 99950, 100000), "100%");
    cr_assert_str_eq(format_share(&arena, 994, 1000), "99.4%");
    cr_assert_str_eq(format_share(&arena, 0, 0), "-");
    cr_assert_str_eq(format_count(&arena, 1234567), "1,234,567");
    arena_release(&arena);
}

Test(text, control_characters_and_bad_utf8_cannot_reach_a_terminal)
{
    cr_assert_str_eq(text_clean(&arena, "a\033[31mb\n\x7f"), "a?[31mb??");
    cr_assert_str_eq(text_clean(&arena, "\xc3\xa4 \xc2\x9b \xff\xc0\xaf \xed\xa0\x80"),
                     "\xc3\xa4 ? ??? ???");
    cr_assert_null(text_clean(&arena, NULL));
    arena_release(&arena);
}

Test(text, fitting_keeps_both_ends)
{
    cr_assert_str_eq(text_fit(&arena, "abcdefghij", 10), "abcdefghij");
    cr_assert_str_eq(text_fit(&arena, "abcdefghijk", 10), "abcd..hijk");
    cr_assert_eq(text_width("\xc3\xa4\xc3\xb6"), 2);
    arena_release(&arena);
}

Test(targets, patterns_keep_what_is_common)
{
    cr_assert_str_eq(targets_merge(&arena, "file:/a/x.aof", "file:/a/y.aof"), "file:/a/*.aof");
    cr_assert_str_eq(targets_merge(&arena, "file:/a/x.aof", "file:/b/y.aof"), "file:*.aof");
    cr_assert_str_eq(targets_merge(&arena, "file:/a/x", "file:/b/y"), "file:*");
    cr_assert_str_eq(targets_merge(&arena, "tcp:h:1", "tcp:h:2"), "tcp:h:*");
    cr_assert_str_eq(targets_merge(&arena, "tcp:h:1", "tcp:g:1"), "tcp:*:1");
    cr_assert_str_eq(targets_merge(&arena, "tcp:h:1", "file:/x"), "*");
    cr_assert_str_eq(targets_merge(&arena, "pipe", "pipe"), "pipe");
    cr_assert_str_eq(targets_merge(&arena, "pipe", "eventfd"), "*");
    arena_release(&arena);
}

Test(map, keeps_what_it_was_given)
{
    struct map map = {.arena = &arena};
    for (uint32_t i = 0; i < 10000; i++)
        map_put(&map, i * 0x100000001ull, i);
    for (uint32_t i = 0; i < 10000; i++)
        cr_assert_eq(map_get(&map, i * 0x100000001ull), i);
    cr_assert_eq(map_get(&map, 3), MAP_NONE);
    arena_release(&arena);
}

static const char *said(const char *name)
{
    static struct arena names;
    return demangle(&names, name);
}

Test(demangle, names_lose_parameters_and_template_arguments)
{
    cr_assert_str_eq(said("_ZN4node2fsL4OpenERKN2v820FunctionCallbackInfoINS1_5ValueEEE"),
                     "node::fs::Open");
    cr_assert_str_eq(said("_ZNKSt8functionIFvvEEclEv"), "std::function<>::operator()");
    cr_assert_str_eq(said("_ZNSolsEPFRSoS_E"), "std::ostream::operator<<");
    cr_assert_str_eq(said("_ZN12_GLOBAL__N_13fooEv"), "(anonymous namespace)::foo");
}

Test(demangle, other_names_stay)
{
    cr_assert_str_eq(said("main"), "main");
    cr_assert_str_eq(said("_Zgarbage"), "_Zgarbage");
    cr_assert_str_eq(said(""), "");
}
