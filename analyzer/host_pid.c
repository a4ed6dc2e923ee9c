/* SPDX-License-Identifier: MIT
 *
 * See host_pid.h. A process is known by what it maps: the trace file. Where its maps may not be
 * read, the time of its start has to do.
 */
#include "host_pid.h"

#include "trace_format.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum answer { NO, YES, UNKNOWN };

static FILE *open_file(pid_t pid, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return fopen(path, "re");
}

/* 0: not known. */
static uint64_t start_of(pid_t pid)
{
    char text[1024];
    uint64_t start = 0;
    FILE *file = open_file(pid, "stat");
    if (!file)
        return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    const char *after = strrchr(text, ')'); /* the name may hold anything */
    if (!after || sscanf(after + 1,
                         " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
                         "%*d %*d %" SCNu64,
                         &start) != 1)
        return 0;
    return start;
}

static enum answer maps_file(pid_t pid, ino_t inode)
{
    char line[512];
    FILE *file = open_file(pid, "maps");
    enum answer answer = NO;
    bool any = false;
    if (!file)
        return UNKNOWN;
    while (answer == NO && fgets(line, sizeof line, file)) {
        uint64_t found;
        any = true;
        if (strstr(line, TRACE_SUFFIX) && sscanf(line, "%*s %*s %*s %*s %" SCNu64, &found) == 1 &&
            found == inode)
            answer = YES;
    }
    fclose(file);
    return any ? answer : UNKNOWN;
}

/* Is the process that this machine numbers `pid` the one that sees itself as `pid`? The file's
 * first process began when it says; its fork children began later. */
static bool is_same_number(const struct host_file *file, pid_t pid)
{
    uint64_t start = file->start ? start_of(pid) : 0;
    if (start && start == file->start && pid == file->pid)
        return true;
    enum answer answer = start && start < file->start ? NO : maps_file(pid, file->inode);
    return answer == YES || (answer == UNKNOWN && start && pid != file->pid);
}

/* The innermost of the ids that a task has, one for each namespace; 0 if there is only ours. */
static pid_t innermost(pid_t pid, pid_t tid)
{
    char name[48], line[256];
    pid_t last = 0;
    snprintf(name, sizeof name, "task/%d/status", (int)tid);
    FILE *file = open_file(pid, name);
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "NSpid:", 6) != 0)
            continue;
        char *at = line + 6, *end;
        int ids = 0;
        for (long id = strtol(at, &end, 10); end != at; id = strtol(at, &end, 10)) {
            last = (pid_t)id;
            at = end;
            ids++;
        }
        last = ids > 1 ? last : 0;
        break;
    }
    if (file)
        fclose(file);
    return last;
}

/* The first entry of a directory of numbers that `fits`; 0: none. */
static pid_t search(const char *path, bool (*fits)(pid_t number, const void *data),
                    const void *data)
{
    DIR *dir = opendir(path);
    pid_t found = 0;
    for (struct dirent *entry; dir && !found && (entry = readdir(dir));) {
        pid_t number = (pid_t)strtol(entry->d_name, NULL, 10);
        if (number > 0 && fits(number, data))
            found = number;
    }
    if (dir)
        closedir(dir);
    return found;
}

struct wanted {
    ino_t inode;
    pid_t process; /* here; of a thread that is looked for */
    pid_t id;      /* inside */
};

static bool is_process(pid_t number, const void *data)
{
    const struct wanted *wanted = data;
    return innermost(number, number) == wanted->id && maps_file(number, wanted->inode) == YES;
}

static bool is_thread(pid_t number, const void *data)
{
    const struct wanted *wanted = data;
    return innermost(wanted->process, number) == wanted->id;
}

pid_t host_pid_find(const struct host_file *file, pid_t pid)
{
    struct wanted wanted = {.inode = file->inode, .id = pid};
    return is_same_number(file, pid) ? pid : search("/proc", is_process, &wanted);
}

pid_t host_tid_find(pid_t host, pid_t pid, pid_t tid)
{
    char path[64];
    struct wanted wanted = {.process = host, .id = tid};
    if (host == pid)
        return tid;
    snprintf(path, sizeof path, "/proc/%d/task", (int)host);
    return search(path, is_thread, &wanted);
}
