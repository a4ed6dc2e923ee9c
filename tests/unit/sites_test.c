/* SPDX-License-Identifier: MIT
 *
 * Names, owners, site ids and sums.
 */
#include "built.h"
#include "samples.h"
#include "sites.h"
#include "symbolize.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SITE_ID_READ_APP_SERVE 0x31e3ef29f97cd2caull

static void open_samples(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
}

TestSuite(symbolize, .init = open_samples);
TestSuite(sites, .init = open_samples);

/* A trace with one slot per chain of labels. */
static struct builder *with_chain(const char *const *labels, enum call_id call)
{
    struct builder *b = builder_new(50, 8, 1);
    uint16_t module = samples_module(b);
    uint64_t frames[TRACE_FRAMES];
    uint16_t count = 0;
    for (; labels[count]; count++)
        frames[count] = samples_frame(module, labels[count]);
    builder_process(b, 50, 1, "/usr/bin/sample", "sample");
    builder_thread(b, 50, 50, "sample");
    uint32_t slot = builder_slot(b, call, builder_context(b, frames, count));
    builder_count(b, slot, 3, MS);
    builder_finish(b, SECONDS);
    return b;
}

static const char *const sync_chain[] = {"app_at_sync", "app_at_flush", "app_at_main", NULL};

Test(symbolize, inlined_functions_come_first_with_their_lines)
{
    struct report report;
    built_report(&report, with_chain(sync_chain, CALL_fsync), NULL);
    const struct report_site *site = built_site(&report, "fsync", "sync_log");
    cr_assert_not_null(site);
    cr_assert(site->stable);
    cr_assert(strstr(site->file, "sample_app.c"));
    cr_assert_eq(site->line, 31);
    cr_assert_str_eq(site->callers, "app_flush < app_before_sleep < app_main");
    report_free(&report);
}

static const struct symbol *look_up(struct arena *arena, const struct symbol_module *module,
                                    uint64_t offset, struct symbolizer **symbolizer)
{
    *symbolizer = symbolizer_new(arena);
    return symbolize(*symbolizer, symbolizer_module(*symbolizer, module), offset);
}

Test(symbolize, another_build_is_not_believed)
{
    static const uint8_t wrong[20] = {1};
    struct arena arena = {0};
    struct symbolizer *symbolizer;
    struct symbol_module module = {SAMPLE_APP, wrong, sizeof wrong};
    uint64_t offset = TRACE_FRAME_OFFSET(samples_frame(0, "app_at_sync"));
    const struct symbol *symbol = look_up(&arena, &module, offset, &symbolizer);
    cr_assert_not(symbol->stable);
    cr_assert(strstr(symbol->unstable, "another build"));
    cr_assert(strstr(symbol->frames[0].function, "!0100000000000000+0x"));
    symbolizer_free(symbolizer);
    arena_release(&arena);
}

Test(symbolize, a_missing_file_is_named)
{
    static const uint8_t id[4] = {0xab, 0xcd, 0xef, 0x01};
    struct arena arena = {0};
    struct symbolizer *symbolizer;
    struct symbol_module module = {"/nowhere/libx.so.1", id, sizeof id};
    const struct symbol *symbol = look_up(&arena, &module, 0x1234, &symbolizer);
    cr_assert_str_eq(symbol->frames[0].function, "libx.so.1!abcdef01+0x1234");
    cr_assert_str_eq(symbol->module, "libx.so.1");
    cr_assert(strstr(symbol->unstable, "/nowhere/libx.so.1 is not here"));
    symbolizer_free(symbolizer);
    arena_release(&arena);
}

Test(symbolize, hostile_paths_are_refused)
{
    static const char *const paths[] = {"/dev/zero", "relative/path", "/proc/self/mem", "/", NULL};
    struct arena arena = {0};
    struct symbolizer *symbolizer = symbolizer_new(&arena);
    for (int i = 0; paths[i]; i++) {
        struct symbol_module module = {paths[i], (const uint8_t *)"", 0};
        uint32_t index = symbolizer_module(symbolizer, &module);
        cr_assert_not(symbolize(symbolizer, index, 0x1000)->stable);
    }
    symbolizer_free(symbolizer);
    arena_release(&arena);
}

Test(symbolize, offsets_outside_every_symbol_have_no_name)
{
    struct arena arena = {0};
    struct symbolizer *symbolizer;
    struct symbol_module module = {SAMPLE_APP, (const uint8_t *)"", 0};
    cr_assert_not(look_up(&arena, &module, 0xfffffffff, &symbolizer)->stable);
    cr_assert_not(symbolize(symbolizer, 0, 0)->stable);
    symbolizer_free(symbolizer);
    arena_release(&arena);
}

Test(sites, id_depends_on_each_name_and_on_where_it_ends)
{
    uint64_t id = sites_id("read", "app", "serve");
    cr_assert_eq(id, sites_id("read", "app", "serve"));
    cr_assert_neq(id, sites_id("readv", "app", "serve"));
    cr_assert_neq(id, sites_id("read", "app2", "serve"));
    cr_assert_neq(id, sites_id("read", "app", "serve2"));
    cr_assert_neq(id, sites_id("read", "apps", "erve"));
    /* it is written in policies: it must never change */
    cr_assert_eq(id, SITE_ID_READ_APP_SERVE);
}

Test(sites, wrappers_are_no_owners_but_via)
{
    static const char *const wrappers[] = {"sync_log", "app_flush", NULL};
    struct report report;
    built_report(&report, with_chain(sync_chain, CALL_fsync), wrappers);
    const struct report_site *site = built_site(&report, "fsync", "app_before_sleep");
    cr_assert_not_null(site);
    cr_assert_str_eq(site->via, "sync_log < app_flush");
    cr_assert_str_eq(site->callers, "app_main");
    report_free(&report);
}

Test(sites, libc_is_no_owner)
{
    struct builder *b = builder_new(50, 8, 1);
    uint16_t libc = builder_module(b, "/nowhere/libc.so.6", NULL, 0, MODULE_LIBC);
    uint16_t module = samples_module(b);
    uint64_t frames[] = {TRACE_FRAME(libc, 0x1000), samples_frame(module, "app_at_read")};
    builder_process(b, 50, 1, "/usr/bin/sample", "sample");
    builder_thread(b, 50, 50, "sample");
    builder_count(b, builder_slot(b, CALL_read, builder_context(b, frames, 2)), 1, MS);
    builder_finish(b, SECONDS);
    struct report report;
    built_report(&report, b, NULL);
    cr_assert_not_null(built_site(&report, "read", "app_serve"));
    report_free(&report);
}

Test(sites, chains_of_one_owner_are_one_site)
{
    struct builder *b = builder_new(50, 8, 1);
    uint16_t module = samples_module(b);
    uint64_t direct[] = {samples_frame(module, "app_at_read")};
    uint64_t deeper[] = {direct[0], samples_frame(module, "app_at_main")};
    builder_process(b, 50, 1, "/usr/bin/sample", "sample");
    builder_thread(b, 50, 50, "sample");
    builder_count(b, builder_slot(b, CALL_read, builder_context(b, direct, 1)), 2, MS);
    builder_thread(b, 50, 51, "other");
    builder_count(b, builder_slot(b, CALL_read, builder_context(b, deeper, 2)), 5, 2 * MS);
    builder_finish(b, SECONDS);
    struct report report;
    built_report(&report, b, NULL);
    cr_assert_eq(report.processes[0]->site_count, 1);
    const struct report_site *site = built_site(&report, "read", "app_serve");
    cr_assert_eq(site->calls, 7);
    cr_assert_eq(site->total_ns, 12 * MS);
    cr_assert_eq(site->max_ns, 2 * MS);
    cr_assert_eq(site->use_count, 2);
    cr_assert_eq(site->lines, 1);
    report_free(&report);
}

Test(sites, a_call_without_a_chain_has_an_unknown_owner)
{
    struct builder *b = builder_new(50, 8, 1);
    builder_process(b, 50, 1, "/usr/bin/sample", "sample");
    builder_thread(b, 50, 50, "sample");
    builder_count(b, builder_slot(b, CALL_read, 0), 1, MS);
    builder_finish(b, SECONDS);
    struct report report;
    built_report(&report, b, NULL);
    const struct report_site *site = built_site(&report, "read", "unknown caller");
    cr_assert_not_null(site);
    cr_assert_not(site->stable);
    report_free(&report);
}

Test(sites, generated_code_is_an_unstable_owner)
{
    struct builder *b = builder_new(50, 8, 1);
    uint64_t frame = TRACE_FRAME(0, 0x7f1234567890);
    builder_process(b, 50, 1, "/usr/bin/sample", "sample");
    builder_thread(b, 50, 50, "sample");
    builder_count(b, builder_slot(b, CALL_read, builder_context(b, &frame, 1)), 1, MS);
    builder_finish(b, SECONDS);
    struct report report;
    built_report(&report, b, NULL);
    const struct report_site *site = report.processes[0]->sites[0];
    cr_assert(strstr(site->function, "generated code"));
    cr_assert_not(site->stable);
    report_free(&report);
}

Test(sites, short_ids_are_unique_prefixes)
{
    struct report_site sites[3] = {
        {.id = 0xabcd111100000000}, {.id = 0xabcd112200000000}, {.id = 0x1234000000000000}};
    struct report_site *list[] = {&sites[0], &sites[1], &sites[2]};
    struct report_process process = {.sites = list, .site_count = 3};
    struct report_process *processes[] = {&process};
    struct report report = {.processes = processes, .process_count = 1};
    sites_shorten(&report);
    cr_assert_str_eq(sites[0].short_id, "abcd111");
    cr_assert_str_eq(sites[1].short_id, "abcd112");
    cr_assert_str_eq(sites[2].short_id, "1234");
    arena_release(&report.arena);
}

Test(sites, targets_come_from_slots_and_events)
{
    struct report report;
    built_report(&report, samples_server(), NULL);
    const struct report_site *site = built_site(&report, "fdatasync", "sync_log");
    cr_assert_eq(site->target_count, 2);
    cr_assert_str_eq(site->pattern, "file:/srv/data/*.aof");
    cr_assert_str_eq(site->targets[0].text, "file:/srv/data/log.1.aof");
    cr_assert_gt(site->targets[0].blocked_ns, site->targets[1].blocked_ns);
    cr_assert_not(site->more_targets);
    report_free(&report);
}
