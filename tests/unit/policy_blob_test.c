/* SPDX-License-Identifier: MIT
 *
 * The compiled block: what is refused, what a chain decides for good, which calls a share takes;
 * and the ranges of a real file against the names of a report.
 */
#include "policy_made.h"

#include "preload/policy_glob.h"
#include "symbolize.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char text[] =
    "version: 1\n"
    "wrappers: [sync_log]\n"
    "pools: { disk: { max: 2 } }\n"
    "rules:\n"
    "  - id: flush\n"
    "    match: { call: fsync, function: app_flush, frames: [\"...\", app_main] }\n"
    "    route: pool\n"
    "    pool: disk\n"
    "  - id: tcp\n"
    "    match: { family: socket, fd: \"tcp:*\", role: loop }\n"
    "    route: pool\n"
    "    rollout: 25%\n";

static struct policy_compiled compiled_text(struct arena *arena)
{
    static struct policy policy;
    struct policy_code code;
    struct symbolizer *symbolizer = symbolizer_new(arena);
    struct policy_compiled compiled;
    struct error error = {""};
    made_policy(&policy, arena, text);
    cr_assert_eq(policy_code_read(&code, symbolizer, arena, &policy, SAMPLE_APP, NULL, &error), 0,
                 "%s", error.text);
    cr_assert_eq(policy_compile(&compiled, arena, &policy, &code, 1, &error), 0);
    symbolizer_free(symbolizer);
    return compiled;
}

/* ---- refused ---- */

Test(policy_blob, a_changed_byte_is_refused)
{
    struct arena arena = {0};
    struct policy_view view;
    struct policy_compiled compiled = compiled_text(&arena);
    unsigned char *copy = aligned_alloc(8, (compiled.size + 7) & ~7ul);
    memcpy(copy, compiled.block, compiled.size);
    cr_assert_eq(policy_blob_open(&view, copy, compiled.size), POLICY_FINE);
    for (size_t i = 0; i < compiled.size; i++) {
        copy[i] ^= 0x10;
        cr_assert_neq(policy_blob_open(&view, copy, compiled.size), POLICY_FINE, "byte %zu", i);
        copy[i] ^= 0x10;
    }
    free(copy);
    arena_release(&arena);
}

Test(policy_blob, a_part_of_it_is_refused)
{
    struct arena arena = {0};
    struct policy_view view;
    struct policy_compiled compiled = compiled_text(&arena);
    for (size_t size = 0; size < compiled.size; size++)
        cr_assert_neq(policy_blob_open(&view, compiled.block, size), POLICY_FINE);
    cr_assert_eq(policy_blob_open(&view, (const char *)compiled.block + 4, compiled.size - 4),
                 POLICY_NO_POLICY, "it must be aligned");
    arena_release(&arena);
}

Test(policy_blob, another_version_is_told_from_damage)
{
    struct arena arena = {0};
    struct policy_view view;
    struct policy_compiled compiled = compiled_text(&arena);
    struct policy_header *header = (struct policy_header *)compiled.block;
    header->version++;
    cr_expect_eq(policy_blob_open(&view, compiled.block, compiled.size), POLICY_OTHER_VERSION);
    header->version--;
    header->checksum++;
    cr_expect_eq(policy_blob_open(&view, compiled.block, compiled.size), POLICY_DAMAGED);
    arena_release(&arena);
}

/* Whoever can compute the checksum can still write nonsense. */
Test(policy_blob, nonsense_with_a_right_checksum_is_refused_or_harmless)
{
    const size_t from = offsetof(struct policy_header, checksum) + 8;
    struct arena arena = {0};
    struct policy_view view;
    struct policy_compiled compiled = compiled_text(&arena);
    unsigned char *block = (unsigned char *)compiled.block;
    unsigned refused = 0;
    for (size_t i = from; i < compiled.size; i++) {
        unsigned char was = block[i];
        block[i] = 0xff;
        uint64_t checksum = policy_hash(block + from, compiled.size - from);
        memcpy(block + offsetof(struct policy_header, checksum), &checksum, 8);
        refused += policy_blob_open(&view, block, compiled.size) == POLICY_INCONSISTENT;
        block[i] = was;
    }
    cr_expect_gt(refused, compiled.size / 4);
    arena_release(&arena);
}

/* ---- the ranges of a real file ---- */

static bool has_atom(const struct policy_view *view, const struct policy_frame_names *names,
                     const char *function)
{
    for (uint32_t i = 0; i < names->atoms.count; i++) {
        const struct policy_atom *atom = &view->atoms[view->sets[names->atoms.first + i]];
        if (atom->kind == POLICY_ATOM_FUNCTION &&
            strcmp(policy_text(view, atom->text), function) == 0)
            return true;
    }
    return false;
}

/* Every return address of the file: the block knows the names that a report shows, and no others.
 */
Test(policy_blob, ranges_are_the_functions_that_a_report_names)
{
    static const char *const asked[] = {"app_flush", "app_main"};
    struct arena arena = {0};
    struct policy_view view;
    struct policy_compiled compiled = compiled_text(&arena);
    cr_assert_eq(policy_blob_open(&view, compiled.block, compiled.size), POLICY_FINE);
    const struct policy_module *module = &view.modules[0];
    struct symbolizer *symbolizer = symbolizer_new(&arena);
    struct symbol_module key = {.path = SAMPLE_APP,
                                .build_id = module->build_id,
                                .build_id_size = (uint16_t)module->build_id_size};
    uint32_t index = symbolizer_module(symbolizer, &key);
    unsigned met[2] = {0}, wrappers = 0;
    for (uint64_t offset = 1; offset < 0x4000; offset++) {
        const struct symbol *symbol = symbolize(symbolizer, index, offset);
        const struct policy_range *range = policy_blob_range(&view, 0, offset);
        for (unsigned i = 0; i < symbol->count; i++) {
            const struct policy_frame_names *names =
                range ? &view.frames[range->frames.first + i] : NULL;
            bool wrapper = strcmp(symbol->frames[i].function, "sync_log") == 0;
            cr_assert(!range || range->frames.count == symbol->count);
            cr_assert_eq(wrapper, names && names->flags & POLICY_FRAME_WRAPPER);
            wrappers += wrapper;
            for (unsigned a = 0; a < 2; a++) {
                bool is = strcmp(symbol->frames[i].function, asked[a]) == 0;
                cr_assert_eq(is, names && has_atom(&view, names, asked[a]), "0x%lx %s",
                             (unsigned long)offset, symbol->frames[i].function);
                met[a] += is;
            }
        }
    }
    cr_expect(met[0] > 10 && met[1] > 10 && wrappers > 3);
    symbolizer_free(symbolizer);
    arena_release(&arena);
}

/* ---- what is decided when ---- */

static void view_of(struct policy_view *view, struct arena *arena, const char *rules)
{
    struct policy policy;
    made_policy(&policy, arena, rules);
    made_view(view, arena, &policy, NULL, 0);
}

static struct policy_steps steps_of(const struct policy_view *view, const char *call)
{
    struct policy_steps steps;
    struct policy_call facts = {.call = policy_call_index(view, call), .executable = "/bin/app"};
    policy_steps_find(view, &facts, &steps);
    return steps;
}

Test(policy_eval, what_the_moment_does_not_change_is_final)
{
    struct arena arena = {0};
    struct policy_view view;
    view_of(&view, &arena,
            "version: 1\nrules:\n"
            "  - {id: a, match: {call: read, fd: tty}, route: pool}\n"
            "  - {id: b, match: {call: write}, route: pool}\n"
            "  - {id: c, match: {call: read}, route: deny}\n"
            "  - {id: d, match: {call: fsync}, route: pool, rollout: 0%}\n");
    struct policy_steps read = steps_of(&view, "read"), write = steps_of(&view, "write");
    struct policy_steps sync = steps_of(&view, "fsync"), other = steps_of(&view, "poll");
    cr_expect_not(policy_steps_final(&view, &read));
    cr_expect_eq(read.count, 2);
    cr_expect(policy_steps_final(&view, &write));
    cr_expect(policy_steps_final(&view, &sync));
    cr_expect(policy_steps_final(&view, &other));
    cr_expect_eq(other.count, 0);
    struct policy_moment moment = {.target = "tty:/dev/pts/3"};
    cr_expect_eq(policy_decide(&view, &read, &moment).route, POLICY_POOL);
    moment.target = "pipe";
    cr_expect_eq(policy_decide(&view, &read, &moment).route, POLICY_DENY);
    cr_expect_eq(policy_decide(&view, &sync, &moment).why, POLICY_WHY_ROLLOUT);
    arena_release(&arena);
}

Test(policy_eval, more_rules_than_are_kept_mean_in_place)
{
    struct arena arena = {0};
    struct policy_view view;
    char rules[4000] = "version: 1\nrules:\n";
    for (unsigned i = 0; i <= POLICY_STEPS_MOST; i++)
        sprintf(rules + strlen(rules),
                "  - {id: r%u, match: {call: read, fd: \"file:%u\"}, route: pool}\n", i, i);
    view_of(&view, &arena, rules);
    struct policy_steps steps = steps_of(&view, "read");
    struct policy_moment moment = {.target = "file:0"};
    cr_expect(steps.more);
    cr_expect_eq(policy_decide(&view, &steps, &moment).why, POLICY_WHY_RULE);
    moment.target = "file:16";
    cr_expect_eq(policy_decide(&view, &steps, &moment).why, POLICY_WHY_CROWDED);
    arena_release(&arena);
}

/* ---- shares ---- */

/* A quarter of the seconds, for each thread others; and the same quarter when asked again. */
Test(policy_eval, a_share_is_what_it_says)
{
    static const struct {
        enum policy_rollout_by by;
        unsigned share;
    } cases[] = {{POLICY_BY_TIME, 2500},
                 {POLICY_BY_TIME, 100},
                 {POLICY_BY_THREAD, 2500},
                 {POLICY_BY_FD, 5000},
                 {POLICY_BY_TIME, 9950}};
    for (unsigned c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct policy_blob_rule rule = {.rollout = (uint16_t)cases[c].share,
                                        .rollout_by = (uint8_t)cases[c].by,
                                        .salt = 0x123456789abcdefull};
        unsigned taken = 0, total = 40000;
        for (unsigned i = 0; i < total; i++) {
            struct policy_moment moment = {.thread = i % 200, .second = i / 200, .fd = (int)i};
            if (cases[c].by == POLICY_BY_THREAD)
                moment.thread = i;
            bool takes = policy_rollout_takes(&rule, &moment);
            cr_assert_eq(takes, policy_rollout_takes(&rule, &moment));
            taken += takes;
        }
        double share = (double)taken / total, want = cases[c].share / 10000.0;
        cr_expect(share > want - 0.015 && share < want + 0.015, "%f for %f", share, want);
    }
}

/* Raising a share keeps what is moved already. */
Test(policy_eval, a_larger_share_contains_the_smaller)
{
    struct policy_blob_rule rule = {.rollout_by = POLICY_BY_TIME, .salt = 7};
    for (unsigned i = 0; i < 20000; i++) {
        struct policy_moment moment = {.thread = i % 50, .second = i / 50};
        rule.rollout = 1000;
        bool small = policy_rollout_takes(&rule, &moment);
        rule.rollout = 3000;
        cr_assert(!small || policy_rollout_takes(&rule, &moment));
    }
}

/* ---- patterns ---- */

Test(policy_glob, patterns)
{
    static const struct {
        bool (*matches)(const char *, const char *);
        const char *pattern, *text;
        bool answer;
    } cases[] = {
        {policy_glob, "", "", true},
        {policy_glob, "", "a", false},
        {policy_glob, "a", "", false},
        {policy_glob, "*", "", true},
        {policy_glob, "a*b*c", "axxbxxbxc", true},
        {policy_glob, "a*b*c", "axxbxxbx", false},
        {policy_glob, "?", "", false},
        {policy_glob, "a?c", "abc", true},
        {policy_glob, "[ab]", "a", false},
        {policy_glob, "*ab", "aab", true},
        {policy_glob_path, "aof.c", "/build/src/aof.c", true},
        {policy_glob_path, "src/aof.c", "/build/src/aof.c", true},
        {policy_glob_path, "of.c", "/build/src/aof.c", false},
        {policy_glob_path, "/src/aof.c", "/build/src/aof.c", false},
        {policy_glob_module, "libpq.so*", "libpq-1a2b3c4d.so.5.16", true},
        {policy_glob_module, "libpq.so.5.16", "libpq-1a2b3c4d.so.5.16", true},
        {policy_glob_module, "libpq-1a2b3c4d.so.5.16", "libpq-1a2b3c4d.so.5.16", true},
        {policy_glob_module, "libpq.so*", "libpq-1a2b3c4.so.5", false},
        {policy_glob_module, "libpq.so*", "libpq-ssl.so.5", false},
        {policy_glob_module, "lib?q.so.5", "libpq-1a2b3c4d.so.5", true},
        {policy_glob_target, "tcp:*:5432", "tcp:10.0.0.1:5432", true},
        {policy_glob_target, "tcp:*:5432", "tcp:[::1]:5432", true},
        {policy_glob_target, "tcp:*:5432", "tcp:10.0.0.1:54321", false},
        {policy_glob_target, "tty", "tty:/dev/pts/1", true},
        {policy_glob_target, "tty", "ttyS:/dev/ttyS0", false},
        {policy_glob_target, "pipe", "pipe", true},
        {policy_glob_target, "tcp", "listen:tcp:0.0.0.0:80", false},
        {policy_glob_covers, "lib*", "libpq*", true},
        {policy_glob_covers, "lib?", "lib*", false},
        {policy_glob_covers, "lib*", "*", false},
        {policy_glob_covers, "*", "?", true},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(cases[i].matches(cases[i].pattern, cases[i].text), cases[i].answer, "%s on %s",
                     cases[i].pattern, cases[i].text);
}
