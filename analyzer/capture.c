/* SPDX-License-Identifier: MIT
 *
 * See capture.h.
 */
#include "capture.h"

#include "text.h"
#include "tree.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *const part_kind_names[PART_KINDS] = {
    [PART_END] = "end",   [PART_STDOUT] = "stdout", [PART_STDERR] = "stderr",
    [PART_MODE] = "mode", [PART_FILE] = "file",     [PART_TEST] = "test"};

const char *part_title(struct arena *arena, enum part_kind kind, const char *name)
{
    return *name ? arena_print(arena, "%s%s%s", part_kind_names[kind],
                               kind == PART_MODE ? " of " : " ", name)
                 : part_kind_names[kind];
}

static struct part *add(struct capture *capture, enum part_kind kind, const char *name)
{
    if (capture->count == capture->capacity)
        capture->parts = arena_grow(capture->arena, capture->parts, sizeof *capture->parts,
                                    capture->count, &capture->capacity);
    struct part *part = &capture->parts[capture->count++];
    *part = (struct part){.kind = kind, .name = arena_copy(capture->arena, name)};
    return part;
}

void capture_text(struct capture *capture, enum part_kind kind, const char *name, const char *text)
{
    struct part *part = add(capture, kind, name);
    part->text = text_clean(capture->arena, text);
    digest_text(&part->digest, text);
}

void capture_file(struct capture *capture, enum part_kind kind, const char *name, const char *path)
{
    struct part *part = add(capture, kind, name);
    int error = digest_file(&part->digest, path);
    part->path = arena_copy(capture->arena, path);
    if (!error)
        return;
    part->text = arena_print(capture->arena, "cannot be read: %s", strerror(-error));
    digest_text(&part->digest, part->text);
}

static const char *type_of(mode_t mode)
{
    return S_ISDIR(mode)    ? "directory"
           : S_ISREG(mode)  ? "file"
           : S_ISLNK(mode)  ? "link"
           : S_ISFIFO(mode) ? "fifo"
           : S_ISSOCK(mode) ? "socket"
                            : "device";
}

static void visit(void *data, const char *path, const char *full, const struct stat *info)
{
    struct capture *capture = data;
    char target[PATH_MAX] = "";
    capture_text(capture, PART_MODE, path,
                 arena_print(capture->arena, "%s %04o", type_of(info->st_mode),
                             (unsigned)info->st_mode & 07777));
    if (S_ISREG(info->st_mode)) {
        capture_file(capture, PART_FILE, path, full);
    } else if (S_ISLNK(info->st_mode)) {
        ssize_t length = readlink(full, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        capture_text(capture, PART_FILE, path, target);
    }
}

int capture_tree(struct capture *capture, const char *top, struct error *error)
{
    return tree_walk(top, visit, capture, error);
}

void capture_tests(struct capture *capture, const struct test_format *format, const char *path)
{
    struct test_results results = {.arena = capture->arena};
    struct error error = {""};
    const char *state = "written";
    if (!path)
        state = "not written";
    else if (format->read(&results, path, &error) < 0)
        state = "broken"; /* where it breaks off says less than that it does */
    test_results_number(&results);
    for (size_t i = 0; i < results.count; i++)
        capture_text(capture, PART_TEST, results.list[i].name, results.list[i].status);
    capture_text(capture, PART_TEST, "(results)", state);
}
