/* SPDX-License-Identifier: MIT
 *
 * The directory of one run's traces. Nothing in it is ever overwritten: a run that finds traces
 * takes another name or refuses.
 */
#include "trace_dir.h"

#include "trace_format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACE_DIR_TRIES 10000

bool trace_dir_is_trace(const char *name)
{
    size_t length = strlen(name);
    size_t suffix = strlen(TRACE_SUFFIX);
    return !strcmp(name, "run.json") ||
           (length > suffix && !strcmp(name + length - suffix, TRACE_SUFFIX));
}

/* 1, 0 or negative errno. */
static int holds_traces(const char *path)
{
    DIR *dir = opendir(path);
    if (!dir)
        return -errno;
    int found = 0;
    for (struct dirent *entry; !found && (entry = readdir(dir));)
        found = trace_dir_is_trace(entry->d_name);
    closedir(dir);
    return found;
}

static int append(char *out, size_t size, const char *text)
{
    size_t used = strlen(out);
    if (strlen(text) >= size - used)
        return -ENAMETOOLONG;
    strcpy(out + used, text);
    return 0;
}

static int expand(char *out, size_t size, const char *name, const char *program)
{
    out[0] = '\0';
    for (; *name; name++) {
        char text[256] = {*name, '\0'};
        if (*name == '%') {
            switch (*++name) {
            case 'p':
                snprintf(text, sizeof text, "%d", (int)getpid());
                break;
            case 'h':
                if (gethostname(text, sizeof text - 1) < 0)
                    return -errno;
                break;
            case 'e': {
                const char *slash = strrchr(program, '/');
                snprintf(text, sizeof text, "%s", slash ? slash + 1 : program);
                break;
            }
            case '%':
                break;
            default:
                return -EINVAL;
            }
        }
        int error = append(out, size, text);
        if (error)
            return error;
    }
    return 0;
}

static int make_absolute(struct trace_dir *dir)
{
    char *absolute = realpath(dir->path, NULL);
    if (!absolute)
        return -errno;
    snprintf(dir->path, sizeof dir->path, "%s", absolute);
    free(absolute);
    return 0;
}

/* One name: make it, or take it if it is there and empty of traces. */
static int take(struct trace_dir *dir, bool shared)
{
    mode_t mode = shared ? 01733 : 0700;
    dir->created = mkdir(dir->path, 0700) == 0;
    if (!dir->created && errno != EEXIST)
        return -errno;
    /* mkdir's mode goes through the umask and knows no sticky bit. */
    if (dir->created && chmod(dir->path, mode) < 0)
        return -errno;
    int holds = dir->created ? 0 : holds_traces(dir->path);
    if (holds)
        return holds < 0 ? holds : -EEXIST;
    if (access(dir->path, W_OK | X_OK) < 0)
        return -errno;
    return make_absolute(dir);
}

int trace_dir_make(struct trace_dir *dir, const char *name, const char *program, bool shared)
{
    int error = expand(dir->path, sizeof dir->path, name ? name : TRACE_DIR_DEFAULT, program);
    if (error) {
        snprintf(dir->path, sizeof dir->path, "%s", name ? name : TRACE_DIR_DEFAULT);
        return error;
    }
    error = take(dir, shared);
    for (int i = 1; !name && error == -EEXIST && i < TRACE_DIR_TRIES; i++) {
        snprintf(dir->path, sizeof dir->path, "%s.%d", TRACE_DIR_DEFAULT, i);
        error = take(dir, shared);
    }
    return error;
}

void trace_dir_unmake(const struct trace_dir *dir)
{
    if (dir->created)
        rmdir(dir->path);
}

static enum handshake file_handshake(int at, const char *name, pid_t pid)
{
    int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return HANDSHAKE_NONE;
    struct trace_header header;
    bool whole = pread(fd, &header, sizeof header, 0) == (ssize_t)sizeof header;
    close(fd);
    if (!whole || (pid && header.pid != pid))
        return HANDSHAKE_NONE;
    if (memcmp(header.magic, TRACE_MAGIC, sizeof header.magic) != 0)
        return HANDSHAKE_UNFINISHED;
    return header.state >= TRACE_STATE_READY ? HANDSHAKE_DONE : HANDSHAKE_UNFINISHED;
}

enum handshake trace_dir_handshake(const struct trace_dir *dir, pid_t pid)
{
    enum handshake best = HANDSHAKE_NONE;
    DIR *stream = opendir(dir->path);
    if (!stream)
        return best;
    for (struct dirent *entry; best != HANDSHAKE_DONE && (entry = readdir(stream));) {
        if (!trace_dir_is_trace(entry->d_name))
            continue;
        enum handshake one = file_handshake(dirfd(stream), entry->d_name, pid);
        if (one > best)
            best = one;
    }
    closedir(stream);
    return best;
}
