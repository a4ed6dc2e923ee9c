/* SPDX-License-Identifier: MIT
 *
 * What `shunt compare` compares by: numbers masked, digests, test results, verdicts.
 */
#include "compare.h"
#include "mask.h"
#include "tree.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena arena;

static const char *masked(const char *text)
{
    struct mask mask = {0};
    char *to = arena_alloc(&arena, 2 * strlen(text) + MASK_MOST + 1);
    size_t length = 0;
    for (; *text; text++)
        length += mask_byte(&mask, (unsigned char)*text, to + length);
    length += mask_end(&mask, to + length);
    to[length] = '\0';
    return to;
}

Test(mask, takes_numbers_for_one)
{
    static const char *const cases[][2] = {{"pid 4711.", "pid N."},
                                           {"0x7ffe01 at 0", "N at N"},
                                           {"0x", "Nx"},
                                           {"0xg 10x5 00x1", "Nxg NxN NxN"},
                                           {"a0b00c", "aNbNc"},
                                           {"0x0xf", "Nxf"},
                                           {"1", "N"},
                                           {"", ""},
                                           {"0xFFg", "Ng"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_str_eq(masked(cases[i][0]), cases[i][1]);
}

static bool same(const char *one, const char *another, enum digest_rule rule)
{
    struct digest a, b;
    digest_text(&a, one);
    digest_text(&b, another);
    return a.hash[rule] == b.hash[rule];
}

Test(digest, has_one_hash_a_rule)
{
    cr_assert(same("a 1\n", "a 1\n", DIGEST_EXACT));
    cr_assert(!same("a 1\n", "a 2\n", DIGEST_EXACT));
    cr_assert(same("a 1\n", "a 234\n", DIGEST_NUMBERS));
    cr_assert(!same("a 1\nb\n", "b\na 1\n", DIGEST_NUMBERS));
    cr_assert(same("a 1\nb\n", "b\na 2\n", DIGEST_LINES));
    cr_assert(!same("a\na\nb\n", "a\nb\nb\n", DIGEST_LINES));
    cr_assert(!same("a\nb", "ab", DIGEST_LINES));
    cr_assert(same("a", "quite another", DIGEST_PRESENCE));
}

/* A file of our own with this content. */
static const char *file_with(const char *text)
{
    char *path = arena_copy(&arena, "/tmp/shunt-compare-test.XXXXXX");
    int fd = mkstemp(path);
    cr_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    return path;
}

/* Longer than any buffer, and a number lies over every seam between two of them. */
Test(digest, of_a_file_is_that_of_its_text)
{
    size_t length = 300000;
    char *text = arena_alloc(&arena, length + 1);
    for (size_t i = 0; i < length; i++)
        text[i] = i % 41 == 40 ? '\n' : i % 7 == 0 ? 'x' : "0123456789"[i % 10];
    struct digest one, another;
    const char *path = file_with(text);
    digest_text(&one, text);
    cr_assert_eq(digest_file(&another, path), 0);
    unlink(path);
    cr_assert_eq(memcmp(&one, &another, sizeof one), 0);
    cr_assert_eq(one.bytes, length);
}

Test(digest, names_the_first_line_that_differs)
{
    const char *one = file_with("x 1\ny 2\nz\n"), *another = file_with("x 9\ny 2\nq\n");
    struct digest_difference exact = digest_difference(&arena, one, another, DIGEST_EXACT);
    struct digest_difference numbers = digest_difference(&arena, one, another, DIGEST_NUMBERS);
    unlink(one);
    unlink(another);
    cr_assert_eq(exact.line, 1);
    cr_assert_str_eq(exact.another, "x 9");
    cr_assert_eq(numbers.line, 3);
    cr_assert_str_eq(numbers.one, "z");
}

/* "name=status;" of all tests. */
static const char *tests_of(const char *format, const char *text, int expected)
{
    struct test_results results = {.arena = &arena};
    struct error error = {""};
    const char *path = file_with(text), *said = "";
    int result = test_format_of(format)->read(&results, path, &error);
    unlink(path);
    cr_assert_eq(result, expected, "%s", error.text);
    test_results_number(&results);
    for (size_t i = 0; i < results.count; i++)
        said = arena_print(&arena, "%s%s=%s;", said, results.list[i].name, results.list[i].status);
    return said;
}

Test(tap, is_read)
{
    cr_assert_str_eq(tests_of("tap",
                              "TAP version 13\n# a remark\nok 1 - reads\nnot ok 2 writes\n"
                              "ok 3 - slow # SKIP no time\nnot ok 4 - later # TODO\nok\n1..5\n",
                              0),
                     "reads=pass;writes=fail;slow=skip;later=todo;test 5=pass;(plan)=pass;");
    cr_assert_str_eq(tests_of("tap", "1..3\nok 1 - a\nok 2 - a\n", 0),
                     "a=pass;a #2=pass;(plan)=fail;");
    cr_assert_str_eq(tests_of("tap", "ok 1 - a \\# b # skip\nokay then\nBail out! gone\n", 0),
                     "a \\# b=skip;(bail out)=fail;");
}

Test(tap, subtests_are_named_after_their_test)
{
    cr_assert_str_eq(tests_of("tap",
                              "    ok 1 - x\n        ok 1 - deep\n    not ok 2 - y\n    1..2\n"
                              "not ok 1 - first\n    ok 1 - x\nok 2 - second\n1..2\n",
                              0),
                     "first > x=pass;first > y > deep=pass;first > y=fail;first=fail;"
                     "second > x=pass;second=pass;(plan)=pass;");
}

Test(tap, prove_is_read)
{
    cr_assert_str_eq(tests_of("tap",
                              "t/a.t .. \nok 1 - x\nok 2 - y\n1..2\nok\n"
                              "t/b.t .. \n1..1\nnot ok 1 - x\nDubious, test returned 1\n"
                              "Failed 1/1 subtests \nAll tests successful.\n",
                              0),
                     "t/a.t: x=pass;t/a.t: y=pass;t/a.t: (file)=pass;t/a.t: (plan)=pass;"
                     "t/b.t: x=fail;t/b.t: (file)=fail;t/b.t: (plan)=pass;");
    cr_assert_str_eq(tests_of("tap",
                              "t/a.t ..... ok\nt/bcd.t ... Failed 1/3 subtests\n"
                              "t/c.t ..... skipped: no network\nFiles=2, Tests=3\n",
                              0),
                     "t/a.t=pass;t/bcd.t=fail;t/c.t=skip;");
}

Test(junit, is_read)
{
    cr_assert_str_eq(
        tests_of("junit",
                 "<?xml version='1.0'?><testsuites><testsuite name='s'>"
                 "<testcase classname='c' name='a'/><testcase name='b'><failure>x</failure>"
                 "</testcase><testcase classname='c' name='d'><skipped/></testcase>"
                 "<testcase classname='c' name='e &lt;'><error message=''/></testcase>"
                 "</testsuite></testsuites>",
                 0),
        "c.a=pass;s.b=fail;c.d=skip;c.e <=error;");
    /* what stands before the break is kept; the break is told */
    cr_assert_str_eq(tests_of("junit", "<testsuite><testcase name='a'/><testca", -1), "a=pass;");
}

Test(list, is_read)
{
    cr_assert_str_eq(
        tests_of("list", "a pass\nb c  fail-1\n\nword\nrunning tests ...\nd\tskip\r\n", 0),
        "a=pass;b c=fail-1;d=skip;");
}

/* ---- verdicts ---- */

/* Runs of the kinds in `kinds` (b, o, r; B, O, R are repetitions), each of which wrote one of
 * `outputs`. */
static struct compare judged(const char *kinds, const char *const *outputs)
{
    struct compare compare = {.arena = &arena, .options = {.runs = 2}};
    compare.runs = ARENA_ARRAY(&arena, struct compare_run, strlen(kinds));
    for (; *kinds; kinds++, outputs++) {
        struct compare_run *run = &compare.runs[compare.run_count++];
        run->kind = strchr("bB", *kinds)   ? COMPARE_BARE
                    : strchr("oO", *kinds) ? COMPARE_OBSERVED
                                           : COMPARE_ROUTED;
        run->repetition = *kinds < 'a';
        run->capture.arena = &arena;
        if (*outputs)
            capture_text(&run->capture, PART_STDOUT, "", *outputs);
    }
    compare_judge(&compare);
    cr_assert_eq(compare.part_count, 1);
    return compare;
}

static void expect(const char *kinds, const char *const *outputs, bool stable,
                   enum digest_rule rule, enum compare_verdict verdict)
{
    struct compare compare = judged(kinds, outputs);
    cr_expect_eq(compare.parts[0].stable, stable, "%s", kinds);
    cr_expect_eq(compare.parts[0].rule, rule, "%s", kinds);
    cr_expect_eq(compare.parts[0].kinds[COMPARE_ROUTED].verdict, verdict, "%s", kinds);
    cr_expect_eq(compare.differences, verdict == COMPARE_DIFFERENT);
}

#define OUTPUTS (const char *const[])

Test(verdict, is_given_by_bare_runs)
{
    expect("bbr", OUTPUTS{"a", "a", "a"}, true, DIGEST_EXACT, COMPARE_SAME);
    expect("bbr", OUTPUTS{"a 1", "a 2", "a 3"}, true, DIGEST_NUMBERS, COMPARE_SAME);
    expect("bbr", OUTPUTS{"a", "a", "b"}, true, DIGEST_EXACT, COMPARE_ONCE);
    expect("bbrR", OUTPUTS{"a", "a", "b", "b"}, true, DIGEST_EXACT, COMPARE_DIFFERENT);
    expect("bbrRR", OUTPUTS{"a", "a", "b", "a", "a"}, true, DIGEST_EXACT, COMPARE_ONCE);
    expect("bbrrRR", OUTPUTS{"a", "a", "b", "b", "a", "a"}, true, DIGEST_EXACT, COMPARE_ONCE);
    expect("bbrR", OUTPUTS{"a 1", "a 2", "b", "b"}, true, DIGEST_NUMBERS, COMPARE_DIFFERENT);
    /* one that is not there */
    expect("bbrR", OUTPUTS{"a", "a", NULL, NULL}, true, DIGEST_EXACT, COMPARE_DIFFERENT);
    expect("bbrR", OUTPUTS{NULL, NULL, "a", "a"}, true, DIGEST_EXACT, COMPARE_DIFFERENT);
    expect("bbrR", OUTPUTS{"a", NULL, "b", "c"}, false, DIGEST_PRESENCE, COMPARE_SAME);
    /* a repeated bare run shows that it differs by itself */
    expect("bbrBR", OUTPUTS{"a 1", "a 1", "a 2", "a 3", "a 4"}, true, DIGEST_NUMBERS, COMPARE_SAME);
}

Test(verdict, of_a_test_knows_no_lesser_rule)
{
    struct compare compare = {.arena = &arena, .run_count = 2};
    compare.runs = ARENA_ARRAY(&arena, struct compare_run, 2);
    for (int i = 0; i < 2; i++) {
        compare.runs[i].capture.arena = &arena;
        capture_text(&compare.runs[i].capture, PART_TEST, "t", i ? "fail-1" : "fail-2");
    }
    compare_judge(&compare);
    cr_assert(!compare.parts[0].stable);
}

/* ---- directories ---- */

static void count_entries(void *data, const char *path, const char *full, const struct stat *info)
{
    (void)full;
    char *seen = data;
    strcat(strcat(seen, path), info->st_mode & S_IXUSR ? "+ " : " ");
}

Test(tree, is_copied_and_removed)
{
    char top[] = "/tmp/shunt-tree-test.XXXXXX", copy[64], seen[256] = "", command[256];
    struct error error = {""};
    cr_assert(mkdtemp(top));
    snprintf(copy, sizeof copy, "%s.copy", top);
    snprintf(command, sizeof command,
             "cd %s && mkdir -p d/e && echo x >d/f && chmod 751 d/f && ln -s nowhere d/l && "
             "mkfifo p && chmod 555 d",
             top);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(tree_copy(top, copy, &error), 0, "%s", error.text);
    cr_assert_eq(tree_walk(copy, count_entries, seen, &error), 0);
    cr_assert_str_eq(seen, "d+ d/e+ d/f+ d/l+ p ");
    snprintf(command, sizeof command, "diff -r --no-dereference %s/d %s/d", top, copy);
    cr_assert_eq(system(command), 0);
    tree_remove(top);
    tree_remove(copy);
    cr_assert(access(top, F_OK) < 0 && access(copy, F_OK) < 0);
}
