/* SPDX-License-Identifier: MIT
 *
 * See audit_tracer.h; ptrace(2) tells of the stops. A child is adopted when it first stops, by what
 * /proc says of it, and not by its parent's event: the two come in either order, and the parent may
 * be killed between them.
 */
#include "audit_tracer.h"

#include "audit_origin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S     1000000000ull
#define SYSCALL_STOP (SIGTRAP | 0x80)

struct tracee {
    pid_t tid;
    bool alive;
    bool renamed; /* look at its name when this call is over */
    struct audit_image *image;
    uint32_t thread; /* in the book */
    bool inside;     /* a call is in progress: */
    uint32_t row;
    uint64_t started_ns;
};

struct audit_tracer {
    struct audit_place place;
    pid_t first;
    bool started; /* the first process has become the program */
    bool ended;
    struct arena arena;
    struct tracee *tracees;
    size_t count, capacity;
    struct map by_tid;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- who is traced ---- */

static struct tracee *find(struct audit_tracer *tracer, pid_t tid)
{
    uint32_t index = map_get(&tracer->by_tid, (uint64_t)tid);
    return index == MAP_NONE || !tracer->tracees[index].alive ? NULL : &tracer->tracees[index];
}

/* Thread group of a thread; the thread itself if it is gone. */
static pid_t group_of(pid_t tid)
{
    char path[64], line[128];
    int group = tid;
    snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
    FILE *file = fopen(path, "re");
    if (!file)
        return tid;
    while (fgets(line, sizeof line, file) && sscanf(line, "Tgid: %d", &group) != 1)
        ;
    fclose(file);
    return group;
}

static void enroll(struct audit_tracer *tracer, struct tracee *tracee)
{
    char name[32];
    audit_process_name(tracee->tid, name, sizeof name);
    tracee->thread =
        audit_book_thread(tracer->place.book, tracee->image->number, tracee->tid, name);
}

static struct audit_image *image_of(struct audit_tracer *tracer, pid_t pid)
{
    for (size_t i = 0; i < tracer->count; i++)
        if (tracer->tracees[i].alive && tracer->tracees[i].image->pid == pid)
            return tracer->tracees[i].image;
    return NULL;
}

static struct audit_image *new_image(struct audit_tracer *tracer, pid_t pid)
{
    struct audit_image *image = malloc(sizeof *image);
    if (image)
        audit_image_begin(image, &tracer->place, pid);
    return image;
}

/* What it waited in when it ended, or when we let it go. */
static void cut_off(struct audit_tracer *tracer, struct tracee *tracee)
{
    if (tracee->inside)
        audit_book_add(tracer->place.book, tracee->thread, tracee->row,
                       now_ns() - tracee->started_ns);
    tracee->inside = false;
}

static void leave_image(struct tracee *tracee)
{
    if (--tracee->image->threads > 0)
        return;
    audit_image_end(tracee->image);
    free(tracee->image);
}

static struct tracee *adopt(struct audit_tracer *tracer, pid_t tid)
{
    pid_t group = group_of(tid);
    struct audit_image *image = image_of(tracer, group);
    if (!image)
        image = new_image(tracer, group);
    if (!image)
        return NULL;
    image->threads++;
    uint32_t index = map_get(&tracer->by_tid, (uint64_t)tid);
    if (index == MAP_NONE) {
        tracer->tracees = arena_grow(&tracer->arena, tracer->tracees, sizeof *tracer->tracees,
                                     tracer->count, &tracer->capacity);
        index = (uint32_t)tracer->count++;
        map_put(&tracer->by_tid, (uint64_t)tid, index);
    }
    struct tracee *tracee = &tracer->tracees[index];
    *tracee = (struct tracee){.tid = tid, .alive = true, .image = image};
    enroll(tracer, tracee);
    return tracee;
}

static void drop(struct audit_tracer *tracer, pid_t tid)
{
    struct tracee *tracee = find(tracer, tid);
    tracer->ended |= tid == tracer->first;
    if (!tracee)
        return;
    tracee->alive = false;
    cut_off(tracer, tracee);
    leave_image(tracee);
}

/* ---- system calls ---- */

/* What was mapped may be code, or the library's trace. */
static void note_mapping(struct audit_image *image, const struct __ptrace_syscall_info *info)
{
    uint64_t rights = info->entry.args[2], flags = info->entry.args[3];
    if (info->entry.nr == SYS_mmap && !(flags & MAP_ANONYMOUS)) {
        image->stale |= (rights & PROT_EXEC) != 0;
        image->trace_sought |= (flags & MAP_SHARED) != 0;
    }
    if (info->entry.nr == SYS_mprotect && rights & PROT_EXEC)
        image->stale = true;
}

static void find_key(struct audit_tracer *tracer, const struct tracee *tracee,
                     const struct __ptrace_syscall_info *info, struct audit_key *key)
{
    struct audit_image *image = tracee->image;
    uintptr_t sp = info->stack_pointer, ip = info->instruction_pointer;
    *key = (struct audit_key){
        .image = image->number, .number = (uint32_t)info->entry.nr, .why = AUDIT_START};
    if (!audit_image_ready(image, &tracer->place))
        return;
    const struct audit_range *range = audit_image_range(image, &tracer->place, ip);
    bool own = range && range->kind == AUDIT_OF_SHUNT; /* also inside: before it lets the call go */
    if (!own && audit_image_inside(image, tracee->tid, sp, &key->entry))
        key->why = AUDIT_INSIDE;
    else
        audit_origin_find(image, &tracer->place, tracee->tid, ip, sp, key);
}

static void enter(struct audit_tracer *tracer, struct tracee *tracee,
                  const struct __ptrace_syscall_info *info)
{
    struct audit_key key;
    find_key(tracer, tracee, info, &key);
    note_mapping(tracee->image, info);
    tracee->renamed = info->entry.nr == SYS_prctl && info->entry.args[0] == PR_SET_NAME;
    tracee->row = audit_book_enter(tracer->place.book, tracee->thread, &key);
    tracee->inside = true;
    tracee->started_ns = now_ns();
}

static void leave(struct audit_tracer *tracer, struct tracee *tracee, uint64_t now)
{
    if (!tracee->inside)
        return;
    tracee->inside = false;
    audit_book_leave(tracer->place.book, tracee->thread, tracee->row, now - tracee->started_ns);
    if (tracee->renamed) {
        char name[32];
        audit_process_name(tracee->tid, name, sizeof name);
        tracer->place.book->threads[tracee->thread].name =
            audit_book_text(tracer->place.book, name);
    }
}

static void system_call(struct audit_tracer *tracer, struct tracee *tracee, uint64_t now)
{
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof info, &info) <= 0)
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        enter(tracer, tracee, &info);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        leave(tracer, tracee, now);
}

/* ---- exec ---- */

/* The call that began the image counts to it, and is over. */
static void begin_program(struct audit_tracer *tracer, struct tracee *tracee)
{
    struct audit_key key = {
        .image = tracee->image->number, .number = SYS_execve, .why = AUDIT_START};
    tracer->started = true;
    tracee->row = audit_book_enter(tracer->place.book, tracee->thread, &key);
    tracee->inside = true;
    tracee->started_ns = now_ns();
}

/* The thread that called exec goes on under the number of the first; all others are gone. */
static void exec_event(struct audit_tracer *tracer, struct tracee *tracee)
{
    unsigned long former = 0;
    ptrace(PTRACE_GETEVENTMSG, tracee->tid, 0, &former);
    struct tracee *caller = find(tracer, (pid_t)former);
    struct audit_image *image = new_image(tracer, tracee->tid);
    if (!image)
        return;
    if (caller && caller != tracee) {
        tracee->inside = caller->inside;
        tracee->row = caller->row;
        tracee->started_ns = caller->started_ns;
        tracee->thread = caller->thread;
        caller->inside = false;
        drop(tracer, (pid_t)former);
    }
    if (tracee->inside) /* its row is of the image before */
        leave(tracer, tracee, now_ns());
    leave_image(tracee);
    tracee->image = image;
    image->threads = 1;
    enroll(tracer, tracee);
    if (!tracer->started)
        begin_program(tracer, tracee);
}

/* ---- stops ---- */

static bool is_group_stop(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* Handles a stop; returns the request that sends the thread on, with *signal to deliver. */
static int handle_stop(struct audit_tracer *tracer, struct tracee *tracee, int status, int *signal,
                       uint64_t now)
{
    int event = status >> 16;
    *signal = 0;
    if (WSTOPSIG(status) == SYSCALL_STOP) {
        if (tracer->started)
            system_call(tracer, tracee, now);
    } else if (event == PTRACE_EVENT_STOP) {
        if (is_group_stop(WSTOPSIG(status)))
            return PTRACE_LISTEN;
    } else if (event == PTRACE_EVENT_EXEC) {
        exec_event(tracer, tracee);
    } else if (event == 0) {
        *signal = WSTOPSIG(status);
    }
    return PTRACE_SYSCALL;
}

static void handle(struct audit_tracer *tracer, pid_t tid, int status)
{
    uint64_t now = now_ns();
    if (!WIFSTOPPED(status)) {
        drop(tracer, tid);
        return;
    }
    struct tracee *tracee = find(tracer, tid);
    if (!tracee)
        tracee = adopt(tracer, tid);
    int signal = 0;
    int request = tracee ? handle_stop(tracer, tracee, status, &signal, now) : PTRACE_DETACH;
    ptrace(request, tid, 0, signal);
}

/* ---- the interface ---- */

int audit_tracer_seize(struct audit_tracer **tracer, const struct audit_place *place, pid_t pid)
{
    struct __ptrace_syscall_info info;
    *tracer = calloc(1, sizeof **tracer);
    if (!*tracer)
        return -ENOMEM;
    (*tracer)->place = *place;
    (*tracer)->first = pid;
    (*tracer)->by_tid.arena = &(*tracer)->arena;
    if (ptrace(PTRACE_SEIZE, pid, 0,
               PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC) < 0)
        return -errno;
    /* Without a stop there are no system calls to be told of: make one. */
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0 || waitpid(pid, NULL, __WALL) != pid)
        return -errno;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) < 0)
        return -ENOSYS;
    if (!adopt(*tracer, pid))
        return -ENOMEM;
    return ptrace(PTRACE_SYSCALL, pid, 0, 0) < 0 ? -errno : 0;
}

unsigned audit_tracer_follow(struct audit_tracer *tracer)
{
    while (!tracer->ended) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid > 0)
            handle(tracer, tid, status);
        else if (errno != EINTR)
            break;
    }
    unsigned left = 0;
    for (size_t i = 0; i < tracer->count; i++) {
        struct tracee *tracee = &tracer->tracees[i];
        if (!tracee->alive)
            continue;
        cut_off(tracer, tracee);
        left += tracee->tid == tracee->image->pid;
    }
    return left;
}
