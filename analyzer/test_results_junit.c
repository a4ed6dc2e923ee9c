/* SPDX-License-Identifier: MIT
 *
 * JUnit's XML, as test runners of many languages write it: a testcase is skipped, failed, in error,
 * or passed if it says none of these. libexpat reads the XML.
 */
#include "test_results.h"

#include <errno.h>
#include <expat.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

struct junit {
    struct test_results *results;
    const char *suite;         /* the innermost testsuite's name; NULL */
    const char *name, *status; /* of the testcase we are in; NULL: in none */
};

static const char *attribute(const XML_Char **attributes, const char *name)
{
    for (; attributes[0]; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

static void begin_case(struct junit *junit, const XML_Char **attributes)
{
    struct arena *arena = junit->results->arena;
    const char *class = attribute(attributes, "classname");
    const char *name = attribute(attributes, "name");
    const char *status = attribute(attributes, "status");
    class = class && *class ? class : junit->suite;
    name = name ? name : "";
    junit->name = class ? arena_print(arena, "%s.%s", class, name) : arena_copy(arena, name);
    /* CTest and GoogleTest say it by an attribute as well */
    junit->status = status && (!strcmp(status, "disabled") || !strcmp(status, "notrun")) ? "skip"
                    : status && !strcmp(status, "fail")                                  ? "fail"
                                                                                         : "pass";
}

static void begin_element(void *data, const XML_Char *element, const XML_Char **attributes)
{
    static const char *const words[][2] = {
        {"failure", "fail"}, {"error", "error"}, {"skipped", "skip"}};
    struct junit *junit = data;
    const char *name;
    if (!strcmp(element, "testcase"))
        begin_case(junit, attributes);
    else if (!strcmp(element, "testsuite") && (name = attribute(attributes, "name")))
        junit->suite = *name ? arena_copy(junit->results->arena, name) : NULL;
    for (size_t i = 0; junit->name && i < sizeof words / sizeof *words; i++)
        if (!strcmp(element, words[i][0]))
            junit->status = words[i][1];
}

static void end_element(void *data, const XML_Char *element)
{
    struct junit *junit = data;
    if (strcmp(element, "testcase") != 0 || !junit->name)
        return;
    test_results_add(junit->results, junit->name, junit->status);
    junit->name = NULL;
}

static int parse(XML_Parser parser, int fd, const char *path, struct error *error)
{
    char buffer[65536];
    ssize_t length;
    do {
        length = read(fd, buffer, sizeof buffer);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0)
            return error_set(error, "%s cannot be read: %s", path, strerror(errno));
        if (XML_Parse(parser, buffer, (int)length, length == 0) == XML_STATUS_ERROR)
            return error_set(error, "%s:%lu: %s", path,
                             (unsigned long)XML_GetCurrentLineNumber(parser),
                             XML_ErrorString(XML_GetErrorCode(parser)));
    } while (length != 0);
    return 0;
}

int test_results_junit(struct test_results *results, const char *path, struct error *error)
{
    struct junit junit = {.results = results};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(error, "%s cannot be read: %s", path, strerror(errno));
    XML_Parser parser = XML_ParserCreate(NULL);
    if (!parser) {
        close(fd);
        return error_set(error, "%s: no memory", path);
    }
    XML_SetUserData(parser, &junit);
    XML_SetElementHandler(parser, begin_element, end_element);
    int result = parse(parser, fd, path, error);
    XML_ParserFree(parser);
    close(fd);
    return result;
}
