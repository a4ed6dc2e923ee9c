/* SPDX-License-Identifier: MIT
 *
 * The tested list: what a rule may ask for and still be on it; and that the documents and the tests
 * know every row.
 */
#include "green_list.h"
#include "policy_made.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool covered(const char *match)
{
    char text[512];
    struct arena arena = {0};
    struct policy policy;
    snprintf(text, sizeof text,
             "version: 1\nrules:\n  - id: one\n    match: { %s }\n    route: green\n", match);
    made_policy(&policy, &arena, text);
    bool result = green_list_covers(&policy.rules[0].match);
    arena_release(&arena);
    return result;
}

Test(green_list, rules_on_the_list)
{
    cr_assert(covered("call: poll, via: libpq.so.5"));
    cr_assert(covered("call: poll, via: [\"libpq.so*\", libmariadb.so.3], role: hub"));
    cr_assert(covered("call: poll, module: \"libmariadb.so*\""));
    cr_assert(covered("call: getaddrinfo, python_function: lookup"));
    cr_assert(covered("call: [open, fsync, flock], python_file: service.py"));
}

Test(green_list, rules_that_ask_for_more)
{
    cr_assert_not(covered(""));
    cr_assert_not(covered("call: poll"));
    cr_assert_not(covered("call: poll, via: [libpq.so.5, libvirt.so.0]"));
    cr_assert_not(covered("call: poll, via: \"lib*\""));
    cr_assert_not(covered("call: [poll, recv], via: libpq.so.5"));
    cr_assert_not(covered("family: select, via: libmariadb.so.3"));
    cr_assert_not(covered("call: fsync, via: libsqlite3.so.0, python_file: service.py"));
    cr_assert_not(covered("call: getaddrinfo, module: libldap.so.2"));
}

static char *read_file(const char *path)
{
    static char text[64 << 10];
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    text[fread(text, 1, sizeof text - 1, file)] = 0;
    fclose(file);
    return text;
}

/* A line of the table: | libpq | `poll` | ... | `acceptance_green_drivers` | */
Test(green_list, the_document_has_every_row)
{
    char *page = read_file(POLICY_PAGE);
    for (unsigned i = 0; i < green_list_count; i++) {
        char begin[128];
        snprintf(begin, sizeof begin, "| %s |", green_list[i].shown);
        const char *line = strstr(page, begin);
        cr_assert(line, "no row %s", begin);
        const char *end = strchr(line, '\n'), *test = strstr(line, green_list[i].test);
        cr_assert(test && test < end, "%s is not named by its test", green_list[i].shown);
    }
}
