/* SPDX-License-Identifier: MIT
 *
 * See switch.h.
 */
#include "switch.h"

#include "trace_dir.h"
#include "trace_format.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static bool is_trace(const struct trace_header *header)
{
    return memcmp(header->magic, TRACE_MAGIC, sizeof header->magic) == 0 &&
           header->version <= TRACE_VERSION && header->header_size == TRACE_HEADER_SIZE;
}

/* The counters first when it goes off, last when it comes on: a reader in between sees too much
 * time off rather than too little. */
static int set(struct trace_control *control, bool off)
{
    bool was = __atomic_load_n(&control->aside, __ATOMIC_ACQUIRE) & TRACE_ASIDE_OFF;
    if (was == off)
        return 0;
    if (off) {
        control->off_count++;
        control->off_since = now_ns();
        __atomic_fetch_or(&control->aside, TRACE_ASIDE_OFF, __ATOMIC_RELEASE);
    } else {
        __atomic_fetch_and(&control->aside, ~TRACE_ASIDE_OFF, __ATOMIC_RELEASE);
        uint64_t now = now_ns();
        if (control->off_since && now > control->off_since)
            control->off_ns += now - control->off_since;
        control->off_since = 0;
    }
    return 1;
}

static void set_and_count(struct trace_header *header, bool off, struct switched *switched)
{
    int changed = set((struct trace_control *)((char *)header + TRACE_HEADER_SIZE), off);
    if (header->state != TRACE_STATE_FINISHED)
        ++*(changed ? &switched->changed : &switched->already);
}

int switch_trace(const char *path, bool off, struct switched *switched, struct error *error)
{
    struct stat status;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW), result = 0;
    if (fd < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    void *memory = MAP_FAILED;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size >= TRACE_FIRST_CHUNK)
        memory = mmap(NULL, TRACE_FIRST_CHUNK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED)
        return error_set(error, "%s: is no trace", path);
    if (is_trace(memory))
        set_and_count(memory, off, switched);
    else
        result = error_set(error, "%s: is no trace that this shunt knows", path);
    munmap(memory, TRACE_FIRST_CHUNK);
    return result;
}

/* For processes that begin from now on. */
static int leave_word(const char *directory, bool off, struct error *error)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/" TRACE_OFF_NAME, directory);
    if (!off && unlink(path) < 0 && errno != ENOENT)
        return error_set(error, "%s: %s", path, strerror(errno));
    if (!off)
        return 0;
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    close(fd);
    return 0;
}

int switch_directory(const char *directory, bool off, struct switched *switched,
                     struct error *error)
{
    DIR *entries = opendir(directory);
    if (!entries)
        return error_set(error, "%s: %s", directory, strerror(errno));
    int result = leave_word(directory, off, error);
    for (const struct dirent *entry; result == 0 && (entry = readdir(entries));) {
        char path[PATH_MAX + NAME_MAX];
        size_t length = strlen(entry->d_name), suffix = strlen(TRACE_SUFFIX);
        if (length <= suffix || strcmp(entry->d_name + length - suffix, TRACE_SUFFIX) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        result = switch_trace(path, off, switched, error);
    }
    closedir(entries);
    return result;
}
