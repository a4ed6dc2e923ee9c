/* SPDX-License-Identifier: MIT
 *
 * The library's beginning and end in a process, and the unloading of others.
 *
 * Before the constructor calls run raw and are only counted; after the destructor they go on being
 * observed: the mapping stays, and other libraries' destructors come after ours.
 */
#include "asked.h"
#include "calls.h"
#include "clock.h"
#include "environment.h"
#include "exec.h"
#include "gap.h"
#include "guard.h"
#include "leave.h"
#include "lock.h"
#include "lookup.h"
#include "modules.h"
#include "opened.h"
#include "python_layout.h"
#include "rations.h"
#include "raw.h"
#include "real.h"
#include "route.h"
#include "settings.h"
#include "stack.h"
#include "thread.h"
#include "trace.h"

#include <link.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const uint64_t default_threshold_ns = 100000;
static const uint64_t default_size = 64u << 20;

static uint64_t number_setting(const char *name, uint64_t fallback)
{
    const char *text = secure_getenv(name);
    char *end;
    uint64_t value = text ? strtoull(text, &end, 10) : 0;
    return text && *text && !*end ? value : fallback;
}

/* The process's name as ps shows it, as part of the trace's file name: a program reached through a
 * link, or a script, has its own and not its interpreter's. No separators, no control characters.
 */
static void program_name(char *name)
{
    arch_syscall(SYS_prctl, PR_GET_NAME, (long)name, 0, 0, 0, 0);
    for (char *c = name; *c; c++)
        if (*c <= ' ' || *c == 127 || *c == '/')
            *c = '_';
    if (!*name || *name == '.')
        *name = '_';
}

/* Names are embedded, so that a reader never depends on this build's row order. */
static void write_calls(void)
{
    for (int id = 0; id < CALL_COUNT; id++) {
        struct trace_call *c = (void *)trace_meta_new(sizeof *c);
        if (!c)
            return;
        c->id = (uint16_t)id;
        c->family = call_infos[id].family;
        c->move = call_infos[id].move;
        c->blocks = call_infos[id].blocks;
        c->fail = call_infos[id].fail;
        c->abort = call_infos[id].abort;
        c->fd = call_infos[id].fd;
        strncpy(c->name, call_infos[id].name, sizeof c->name - 1);
        trace_commit(&c->head, RECORD_CALL);
    }
}

/* liburing makes its system calls by itself. Its functions are not replaced: their callers look at
 * the ring first, inline, so that waits which find work would be missed and turns be wrong; and of
 * several copies in a process each may have its own layout. */
static void note_rings(void)
{
    for (const struct link_map *m = _r_debug.r_map; m; m = m->l_next)
        if (m->l_name && strstr(m->l_name, "/liburing.so")) {
            gap_note("liburing is loaded: waits through io_uring pass libc by");
            return;
        }
}

static int open_trace(const char *dir)
{
    char name[TRACE_THREAD_NAME + 1] = "";
    struct trace_clock first;
    program_name(name);
    clock_start(&first);
    if (trace_open(dir, name, raw_getpid(), number_setting("SHUNT_MAX_SIZE", default_size)) != 0)
        return 0;
    trace_file->clock = clock_kind;
    trace_file->first_clock = first;
    trace_file->threshold_ns = number_setting("SHUNT_THRESHOLD_NS", default_threshold_ns);
    trace_file->self = (char *)&thread_self - (char *)__builtin_thread_pointer();
    trace_file->self_current = offsetof(struct thread, current);
    return 1;
}

static void start_observing(void)
{
    clock_calibrate(&trace_file->first_clock);
    trace_file->tick_cost_x16 = clock_cost_x16();
    trace_file->threshold = clock_ticks(trace_file->threshold_ns);
    thread_threshold = trace_file->threshold;
    trace_clock_refresh(clock_now(), 1);
    lock_ready();
    __atomic_store_n(&observe_epoch, 1, __ATOMIC_RELEASE);
    guard_count_early();
    __atomic_store_n(&trace_file->state, TRACE_STATE_READY, __ATOMIC_RELEASE);
}

__attribute__((constructor)) static void start(void)
{
    real_resolve();
    lock_start();
    exec_start();
    rations_start();
    leave_start();
    const char *dir = secure_getenv("SHUNT_DIR");
    if (!dir || !*dir)
        return;
    int opened = open_trace(dir);
    python_start(number_setting("SHUNT_PYTHON", 1) != 0);
    route_read();
    environment_hide();
    if (!opened)
        return;
    write_calls();
    settings_note();
    modules_start();
    if (!stack_start())
        gap_note("libgcc_s.so.1 cannot be loaded: call sites are one frame deep");
    note_rings();
    opened_before();
    asked_start();
    if (thread_start() == 0)
        start_observing();
    route_start();
}

__attribute__((destructor)) static void finish(void)
{
    if (trace_file)
        thread_finish();
}

/* Addresses come back as other code: what was learned about them is forgotten. */
int wrap_dlclose(void *handle) __asm__("dlclose") __attribute__((visibility("default")));
int wrap_dlclose(void *handle)
{
    static void *next;
    int paused = python_pause(handle);
    int result = ((int (*)(void *))lookup_next_once(&next, "dlclose"))(handle);
    if (__atomic_load_n(&observe_epoch, __ATOMIC_ACQUIRE) && modules_sweep())
        __atomic_fetch_add(&observe_epoch, 1, __ATOMIC_ACQ_REL);
    python_resume(paused);
    return result;
}
