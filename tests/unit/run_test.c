/* SPDX-License-Identifier: MIT
 *
 * The parts of `shunt run`: units of the command line, the environment of the program, the trace
 * directory, and what an executable is.
 */
#include "elf_facts.h"
#include "preload_env.h"
#include "trace_dir.h"
#include "units.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Test(units, times)
{
    static const struct {
        const char *text;
        int error;
        uint64_t ns;
    } cases[] = {
        {"100us", 0, 100000},  {"1.5ms", 0, 1500000}, {"2s", 0, 2000000000},
        {"7ns", 0, 7},         {"0us", 0, 0},         {"5", -EINVAL, 0},
        {"", -EINVAL, 0},      {"us", -EINVAL, 0},    {"-1us", -EINVAL, 0},
        {"1e3us", -EINVAL, 0}, {"0x1us", -EINVAL, 0}, {"1.2.3us", -EINVAL, 0},
        {"1 us", -EINVAL, 0},  {"nan", -EINVAL, 0},   {"99999999999999999999s", -ERANGE, 0},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t ns = 0;
        cr_expect_eq(units_parse_time(cases[i].text, &ns), cases[i].error, "%s", cases[i].text);
        cr_expect_eq(ns, cases[i].ns, "%s", cases[i].text);
    }
}

Test(units, sizes)
{
    uint64_t bytes = 0;
    cr_expect_eq(units_parse_size("64M", &bytes), 0);
    cr_expect_eq(bytes, 64u << 20);
    cr_expect_eq(units_parse_size("1.5k", &bytes), 0);
    cr_expect_eq(bytes, 1536);
    cr_expect_eq(units_parse_size("123", &bytes), 0);
    cr_expect_eq(bytes, 123);
    cr_expect_eq(units_parse_size("64X", &bytes), -EINVAL);
    cr_expect_eq(units_parse_size("99999999999999G", &bytes), -ERANGE);
}

static const char *value_of(char **environment, const char *name)
{
    size_t length = strlen(name);
    for (; *environment; environment++)
        if (!strncmp(*environment, name, length) && (*environment)[length] == '=')
            return *environment + length + 1;
    return NULL;
}

static char *preload_with(const char *before, const char *first)
{
    const struct preload_options options = {.library = "/x/libshunt.so",
                                            .first = first,
                                            .dir = "/traces",
                                            .threshold_ns = 5,
                                            .max_size = 6};
    if (before)
        setenv("LD_PRELOAD", before, 1);
    else
        unsetenv("LD_PRELOAD");
    char **environment = preload_env_make(&options, "/bin/true");
    char *value = strdup(value_of(environment, "LD_PRELOAD"));
    cr_expect_str_eq(value_of(environment, "SHUNT_DIR"), "/traces");
    cr_expect_str_eq(value_of(environment, "SHUNT_THRESHOLD_NS"), "5");
    cr_expect_str_eq(value_of(environment, "SHUNT_MAX_SIZE"), "6");
    preload_env_free(environment);
    return value;
}

Test(preload_env, keeps_the_entries_that_were_there)
{
    static const char *const cases[][2] = {
        {NULL, "/x/libshunt.so"},
        {"", "/x/libshunt.so:"},
        {"/a/liba.so", "/x/libshunt.so:/a/liba.so"},
        {"/a/liba.so /b/libb.so", "/x/libshunt.so:/a/liba.so /b/libb.so"},
        {"/usr/lib/libasan.so.8:liba.so", "/usr/lib/libasan.so.8:liba.so:/x/libshunt.so"},
        {"libtsan.so.2", "libtsan.so.2:/x/libshunt.so"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *value = preload_with(cases[i][0], "");
        cr_expect_str_eq(value, cases[i][1]);
        free(value);
    }
}

Test(preload_env, runtime_that_insists_comes_first)
{
    char *value = preload_with(NULL, "libasan.so.8");
    cr_expect_str_eq(value, "libasan.so.8:/x/libshunt.so");
    free(value);
}

Test(preload_env, bare_is_a_copy)
{
    setenv("LD_PRELOAD", "/a/liba.so", 1);
    setenv("_", "/bin/sh", 1);
    char **environment = preload_env_make(NULL, "/bin/true");
    cr_expect_str_eq(value_of(environment, "LD_PRELOAD"), "/a/liba.so");
    cr_expect_str_eq(value_of(environment, "_"), "/bin/sh");
    cr_expect_null(value_of(environment, "SHUNT_DIR"));
    preload_env_free(environment);
}

static char scratch[] = "/tmp/shunt-unit.XXXXXX";

static void go_to_scratch(void)
{
    cr_assert_not_null(mkdtemp(scratch));
    cr_assert_eq(chdir(scratch), 0);
}

static void leave_scratch(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", scratch);
    cr_assert_eq(system(command), 0);
}

static void touch(const char *path)
{
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
}

TestSuite(trace_dir, .init = go_to_scratch, .fini = leave_scratch);

Test(trace_dir, default_name_moves_on)
{
    struct trace_dir dir;
    cr_assert_eq(trace_dir_make(&dir, NULL, "prog", false), 0);
    cr_assert_str_eq(strrchr(dir.path, '/'), "/shunt.out");
    cr_assert_eq(trace_dir_make(&dir, NULL, "prog", false), 0);
    cr_assert_str_eq(strrchr(dir.path, '/'), "/shunt.out", "an empty one is taken");
    touch("shunt.out/prog.1.shunt");
    cr_assert_eq(trace_dir_make(&dir, NULL, "prog", false), 0);
    cr_assert_str_eq(strrchr(dir.path, '/'), "/shunt.out.1");
    trace_dir_unmake(&dir);
    cr_assert_lt(access("shunt.out.1", F_OK), 0);
}

Test(trace_dir, a_named_one_with_traces_is_refused)
{
    struct trace_dir dir;
    cr_assert_eq(trace_dir_make(&dir, "mine", "prog", false), 0);
    touch("mine/run.json");
    cr_assert_eq(trace_dir_make(&dir, "mine", "prog", false), -EEXIST);
}

Test(trace_dir, names_are_expanded)
{
    struct trace_dir dir;
    char expected[64];
    cr_assert_eq(trace_dir_make(&dir, "%e.%p.%%", "/usr/bin/prog", true), 0);
    snprintf(expected, sizeof expected, "/prog.%d.%%", (int)getpid());
    cr_assert_str_eq(strrchr(dir.path, '/'), expected);
    struct stat made;
    cr_assert_eq(stat(dir.path, &made), 0);
    cr_assert_eq(made.st_mode & 07777, 01733);
    cr_assert_eq(trace_dir_make(&dir, "%", "prog", false), -EINVAL);
    cr_assert_eq(trace_dir_make(&dir, "a%zb", "prog", false), -EINVAL);
}

Test(elf_facts, finds_as_execvp_does)
{
    char path[PATH_MAX];
    setenv("PATH", "/nowhere:/tmp:/usr/bin:/bin", 1);
    cr_expect_eq(elf_facts_find("env", path, sizeof path), 0);
    cr_expect_str_eq(path, "/usr/bin/env");
    cr_expect_eq(elf_facts_find("/usr/bin", path, sizeof path), -EISDIR);
    cr_expect_eq(elf_facts_find("/etc/passwd", path, sizeof path), -EACCES);
    cr_expect_eq(elf_facts_find("no-such-command-here", path, sizeof path), -ENOENT);
    cr_expect_eq(elf_facts_find("", path, sizeof path), -ENOENT);
}

Test(elf_facts, ordinary_program)
{
    struct elf_facts facts;
    cr_assert_eq(elf_facts_read(&facts, "/usr/bin/env"), 0);
    cr_expect_eq(facts.kind, IMAGE_DYNAMIC);
    cr_expect_eq(facts.libc, LIBC_GLIBC);
    cr_expect_null(elf_facts_obstacle(&facts));
    cr_expect_eq(elf_facts_read(&facts, "/etc/passwd"), -ENOEXEC);
    cr_expect(elf_facts_is_plain_script("/etc/passwd"));
    cr_expect_not(elf_facts_is_plain_script("/usr/bin/env"));
}

Test(elf_facts, the_loader_itself_can_be_observed)
{
    struct elf_facts facts;
    cr_assert_eq(elf_facts_read(&facts, "/lib64/ld-linux-x86-64.so.2"), 0);
    cr_expect_eq(facts.kind, IMAGE_LOADER);
    cr_expect_null(elf_facts_obstacle(&facts));
}

Test(elf_facts, scripts_lead_to_their_interpreter, .init = go_to_scratch, .fini = leave_scratch)
{
    struct elf_facts facts;
    FILE *script = fopen("script", "we");
    fputs("#! /usr/bin/env -S x y\n", script);
    fclose(script);
    cr_assert_eq(elf_facts_read(&facts, "script"), 0);
    cr_expect_str_eq(facts.path, "/usr/bin/env");
    cr_expect_eq(facts.scripts, 1);
    script = fopen("script", "we");
    fputs("#!script\n", script);
    fclose(script);
    cr_expect_eq(elf_facts_read(&facts, "script"), -ELOOP);
}
