/* SPDX-License-Identifier: MIT
 *
 * See policy_use.h.
 */
#include "policy_use.h"

#include "days.h"
#include "policy_resolve.h"
#include "trace_format.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POOLS_MOST 8u /* of the library */

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size) {
        ssize_t count = write(fd, bytes, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -errno;
        bytes += count;
        size -= (size_t)count;
    }
    return 0;
}

int policy_use_write(const struct policy_compiled *compiled, const char *path)
{
    char temporary[PATH_MAX + 8];
    snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int result = write_all(fd, compiled->block, compiled->size);
    if (close(fd) < 0 && result == 0)
        result = -errno;
    if (result == 0 && rename(temporary, path) < 0)
        result = -errno;
    if (result < 0)
        unlink(temporary);
    return result;
}

int policy_use_possible(const struct policy *policy, struct error *error)
{
    if (policy->pool_count > POOLS_MOST)
        return error_set(error, "%s: %u pools; this version of shunt has room for %u", policy->path,
                         policy->pool_count, POOLS_MOST);
    return 0;
}

static int read_policy(struct policy *policy, struct arena *arena, const char *path,
                       const char *text)
{
    struct policy_notes notes = {.arena = arena};
    if (!text)
        return policy_command_read(policy, arena, path, days_today());
    int result = policy_read_text(policy, path, text, strlen(text), &notes);
    policy_command_print(path, &notes);
    return result;
}

int policy_use_compile(struct policy_compiled *compiled, struct arena *arena, const char *path,
                       const char *text, const char *const *where, unsigned count,
                       struct error *error)
{
    struct policy policy;
    struct policy_modules modules = {0};
    struct policy_notes notes = {.arena = arena};
    char **places = ARENA_ARRAY(arena, char *, count);
    for (unsigned i = 0; i < count; i++)
        places[i] = arena_print(arena, "%s", where[i]);
    int result = read_policy(&policy, arena, path, text);
    if (result < 0)
        error_set(error, "the policy %s cannot be used", path);
    if (result == 0)
        result = policy_use_possible(&policy, error);
    if (result == 0)
        result = policy_command_compile(compiled, &modules, &policy, arena, places, count, error);
    if (result == 0) {
        policy_resolve_check(&policy, compiled, &modules, &notes);
        policy_command_print(path, &notes);
    }
    policy_modules_end(&modules);
    return result;
}

const char *policy_use_leave(const struct policy_compiled *compiled, struct arena *arena,
                             const char *directory, struct error *error)
{
    const char *path = arena_print(arena, "%s/" TRACE_POLICY_NAME, directory);
    int written = policy_use_write(compiled, path);
    if (written == 0)
        return path;
    error_set(error, "cannot write %s: %s", path, strerror(-written));
    return NULL;
}
