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
    cr_assert_eq(image_check(AT_FDCWD, "/bin/sh"), IMAGE_TAKES_US);
    cr_assert_eq(image_check_search("sh"), IMAGE_TAKES_US);
}

Test(image, what_cannot_run_is_left_to_exec)
{
    cr_assert_eq(image_check(AT_FDCWD, "/nowhere"), IMAGE_NOT_FOUND);
    cr_assert_eq(image_check(AT_FDCWD, "/tmp"), IMAGE_NOT_FOUND);
    cr_assert_eq(image_check_search("no-such-program"), IMAGE_NOT_FOUND);
}

Test(image, script_is_its_interpreter)
{
    write_image("#! /bin/sh -e\necho\n");
    cr_assert_eq(image_check(AT_FDCWD, path), IMAGE_TAKES_US);
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
    cr_assert_eq(image_check(AT_FDCWD, path), IMAGE_NOT_FOUND);
    unlink(path);
}

Test(image, privileged_program_does_not_take_us)
{
    cr_assert_eq(image_check(AT_FDCWD, "/usr/bin/passwd"), IMAGE_PRIVILEGED);
}

Test(image, other_class_does_not_take_us)
{
    write_image("\177ELF\1\1\1");
    cr_assert_eq(image_check(AT_FDCWD, path), IMAGE_OTHER_LOADER);
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
    cr_assert_eq(environment_room(environ), 3u + 1 + 2);
}

static char *const *with_us(char *const *env)
{
    char **with = malloc(environment_room(env) * sizeof *with);
    return environment_add(env, with, malloc(environment_text(env)));
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
