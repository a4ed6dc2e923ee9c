/* SPDX-License-Identifier: MIT
 *
 * Which images can take us, and what their environment becomes.
 */
#include "environment.h"
#include "image.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/shunt-image.XXXXXX";

static void write_image(const char *text)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

Test(image, dynamic_program_takes_us)
{
    cr_assert_eq(image_check(AT_FDCWD, "/bin/sh").verdict, IMAGE_TAKES_US);
    cr_assert_eq(image_check_search("sh").verdict, IMAGE_TAKES_US);
}

Test(image, what_cannot_run_is_left_to_exec)
{
    cr_assert_eq(image_check(AT_FDCWD, "/nowhere").verdict, IMAGE_NOT_FOUND);
    cr_assert_eq(image_check(AT_FDCWD, "/tmp").verdict, IMAGE_NOT_FOUND);
    cr_assert_eq(image_check_search("no-such-program").verdict, IMAGE_NOT_FOUND);
}

Test(image, script_is_its_interpreter)
{
    write_image("#! /bin/sh -e\necho\n");
    cr_assert_eq(image_check(AT_FDCWD, path).verdict, IMAGE_TAKES_US);
    unlink(path);
}

Test(image, scripts_that_name_each_other_end)
{
    char line[64];
    write_image("");
    snprintf(line, sizeof line, "#!%s\n", path);
    FILE *file = fopen(path, "w");
    fputs(line, file);
    fclose(file);
    cr_assert_eq(image_check(AT_FDCWD, path).verdict, IMAGE_NOT_FOUND);
    unlink(path);
}

Test(image, privileged_program_does_not_take_us)
{
    cr_assert_eq(image_check(AT_FDCWD, "/usr/bin/passwd").verdict, IMAGE_PRIVILEGED);
}

Test(image, what_only_exec_can_open_is_said)
{
    struct rlimit usual, none;
    getrlimit(RLIMIT_NOFILE, &usual);
    none = usual;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    enum image_verdict there = image_check(AT_FDCWD, "/bin/sh").verdict;
    enum image_verdict nowhere = image_check(AT_FDCWD, "/nowhere").verdict;
    setrlimit(RLIMIT_NOFILE, &usual);
    cr_assert_eq(there, IMAGE_UNREADABLE);
    cr_assert_eq(nowhere, IMAGE_NOT_FOUND);
}

Test(image, other_class_does_not_take_us)
{
    write_image("\177ELF\1\1\1");
    cr_assert_eq(image_check(AT_FDCWD, path).verdict, IMAGE_OTHER_LOADER);
    unlink(path);
}

static int holds(char *const *env, const char *variable)
{
    for (; *env; env++)
        if (!strcmp(*env, variable))
            return 1;
    return 0;
}

static char *before[] = {"A=1", "LD_PRELOAD=/x/liba.so:/y/libshunt.so:/z/libb.so",
                         "SHUNT_DIR=/tmp/t", "B=2", NULL};

Test(environment, ours_is_hidden_and_theirs_stays)
{
    environ = before;
    environment_hide();
    cr_assert(holds(environ, "A=1"));
    cr_assert(holds(environ, "B=2"));
    cr_assert(holds(environ, "LD_PRELOAD=/x/liba.so:/z/libb.so"));
    cr_assert_not(holds(environ, "SHUNT_DIR=/tmp/t"));
    cr_assert_eq(environment_room(environ), 3u + 1 + 3);
}

static char *const *with_us(char *const *env)
{
    char **with = malloc(environment_room(env) * sizeof *with);
    return environment_add(env, NULL, with, malloc(environment_text(env)));
}

Test(environment, children_get_ours_back)
{
    char *own[] = {"C=3", NULL};
    char *preloading[] = {"LD_PRELOAD=/q/libq.so", NULL};
    char *sanitized[] = {"LD_PRELOAD=/q/libasan.so.8", NULL};
    environ = before;
    environment_hide();
    cr_assert(holds(with_us(own), "LD_PRELOAD=/y/libshunt.so"));
    cr_assert(holds(with_us(own), "SHUNT_DIR=/tmp/t"));
    cr_assert(holds(with_us(own), "C=3"));
    cr_assert(holds(with_us(preloading), "LD_PRELOAD=/y/libshunt.so:/q/libq.so"));
    cr_assert(holds(with_us(sanitized), "LD_PRELOAD=/q/libasan.so.8:/y/libshunt.so"));
    cr_assert(holds(with_us(NULL), "SHUNT_DIR=/tmp/t"));
}

static char *round_trip[][3] = {
    {"LD_PRELOAD=liba.so  libb.so", "B=2", NULL},
    {"LD_PRELOAD=", "B=2", NULL},
    {"LD_PRELOAD=:/q/liba.so: ", "B=2", NULL},
    {"LD_PRELOAD=/q/libasan.so.8 libb.so", "B=2", NULL},
    {"A=1", "B=2", NULL},
};

Test(environment, child_sees_every_letter_in_its_place)
{
    struct image_facts image = {.verdict = IMAGE_TAKES_US, .first = "libtsan.so.2"};
    environ = before;
    environment_hide();
    for (unsigned i = 0; i < sizeof round_trip / sizeof *round_trip; i++) {
        char **with = malloc(environment_room(round_trip[i]) * sizeof *with);
        environment_add(round_trip[i], &image, with, malloc(environment_text(round_trip[i])));
        environ = with;
        environment_hide();
        cr_assert_str_eq(environ[0], round_trip[i][0]);
        cr_assert_str_eq(environ[1], "B=2");
        cr_assert_null(environ[2]);
    }
}

Test(environment, runtime_that_insists_comes_first)
{
    struct image_facts image = {.verdict = IMAGE_TAKES_US, .first = "libtsan.so.2"};
    char *own[] = {"C=3", NULL};
    environ = before;
    environment_hide();
    char **with = malloc(environment_room(own) * sizeof *with);
    environment_add(own, &image, with, malloc(environment_text(own)));
    cr_assert(holds(with, "LD_PRELOAD=libtsan.so.2:/y/libshunt.so"));
    cr_assert(holds(with, "SHUNT_FIRST=libtsan.so.2"));
}

Test(environment, children_get_ours_after_the_strings_were_overwritten)
{
    char directory[] = "SHUNT_DIR=/tmp/t";
    char preload[] = "LD_PRELOAD=/y/libshunt.so";
    char *initial[] = {preload, directory, NULL};
    char *own[] = {"C=3", NULL};
    environ = initial;
    environment_hide();
    memset(preload, 'x', sizeof preload - 1);
    memset(directory, 'x', sizeof directory - 1);
    cr_assert(holds(with_us(own), "SHUNT_DIR=/tmp/t"));
    cr_assert(holds(with_us(own), "LD_PRELOAD=/y/libshunt.so"));
}

Test(environment, loan_is_taken_back)
{
    environ = before;
    environment_hide();
    char **mine = environ;
    int lent = environment_lend();
    cr_assert(holds(environ, "SHUNT_DIR=/tmp/t"));
    environment_take_back(lent);
    cr_assert_eq(environ, mine);
    cr_assert_not(holds(environ, "SHUNT_DIR=/tmp/t"));
}

Test(environment, last_of_several_takes_back)
{
    environ = before;
    environment_hide();
    char **mine = environ;
    cr_assert(environment_lend());
    char **lent = environ;
    cr_assert(environment_lend());
    environment_take_back(1);
    cr_assert_eq(environ, lent);
    cr_assert(holds(environ, "SHUNT_DIR=/tmp/t"));
    environment_take_back(1);
    cr_assert_eq(environ, mine);
    cr_assert(environment_lend());
    cr_assert_eq(environ, lent); /* other threads may have been reading it all the time */
    environment_take_back(1);
}

Test(environment, lent_environment_is_not_passed_on)
{
    environ = before;
    environment_hide();
    cr_assert(environment_lend());
    cr_assert(environment_is_lent(environ));
    char **own = malloc(environment_room(environ) * sizeof *own);
    environment_own(environ, own);
    environment_take_back(1);
    for (unsigned i = 0; environ[i] || own[i]; i++)
        cr_assert_str_eq(own[i], environ[i]);
    cr_assert_not(environment_is_lent(environ));
}

Test(environment, setenv_during_a_loan_is_kept)
{
    environ = before;
    environment_hide();
    int lent = environment_lend();
    setenv("NEW", "1", 1);
    environment_take_back(lent);
    cr_assert_str_eq(getenv("NEW"), "1");
    cr_assert_null(getenv("SHUNT_DIR"));
    cr_assert_str_eq(getenv("LD_PRELOAD"), "/x/liba.so:/z/libb.so");
}
