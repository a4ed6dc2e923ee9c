/* SPDX-License-Identifier: MIT
 *
 * How a process ended, or that it has not, and what it was doing then.
 */
#include "alive.h"
#include "built.h"
#include "clients.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECONDS + (uint64_t)now.tv_nsec;
}

static struct trace_clock clock_now(void)
{
    return (struct trace_clock){.monotonic = now_ns(CLOCK_MONOTONIC),
                                .boottime = now_ns(CLOCK_BOOTTIME),
                                .realtime = now_ns(CLOCK_REALTIME)};
}

/* Field 22 of /proc/PID/stat. */
static uint64_t start_of(pid_t pid)
{
    char path[64], text[1024] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    cr_assert_gt(fread(text, 1, sizeof text - 1, file), 0u);
    fclose(file);
    char *at = strrchr(text, ')');
    for (int field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    cr_assert_not_null(at);
    return strtoull(at, NULL, 10);
}

/* A child that sleeps until it is killed. */
static pid_t sleeper(void)
{
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0)
        for (;;)
            pause();
    return child;
}

static void end(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

Test(alive, a_running_process_is_known_by_its_start)
{
    struct trace_clock clock = clock_now();
    uint64_t start = start_of(getpid());
    cr_assert_eq(alive_ask(&clock, getpid(), start, NULL), ALIVE_YES);
    cr_assert_eq(alive_ask(&clock, getpid(), start + 1, NULL), ALIVE_NO, "a reused pid");
    cr_assert_eq(alive_ask(&clock, getpid(), 0, NULL), ALIVE_UNKNOWN);
    cr_assert_eq(alive_ask(&clock, getpid(), start, "/no/such"), ALIVE_NO, "went on as another");
}

Test(alive, an_earlier_boot_tells_nothing)
{
    struct trace_clock clock = clock_now();
    clock.realtime -= 3600 * SECONDS;
    cr_assert_eq(alive_ask(&clock, getpid(), start_of(getpid()), NULL), ALIVE_UNKNOWN);
}

Test(alive, a_zombie_is_dead)
{
    pid_t child = sleeper();
    struct trace_clock clock = clock_now();
    uint64_t start = start_of(child);
    cr_assert_eq(alive_ask(&clock, child, start, NULL), ALIVE_YES);
    kill(child, SIGKILL);
    siginfo_t info;
    waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
    cr_assert_eq(alive_ask(&clock, child, start, NULL), ALIVE_NO);
    waitpid(child, NULL, 0);
}

/* A trace of `pid`, made just now, inside an fsync that has lasted 300 ms. `slot_known`: its slot
 * says which call; the record's own call id is an older one's. */
static struct builder *in_a_call(pid_t pid, uint64_t start, bool slot_known)
{
    struct builder *b = builder_new(pid, 16, 1);
    uint32_t process = builder_process(b, pid, 1, "", "worker in.txt");
    ((struct trace_process *)builder_at(b, process))->start = start;
    uint32_t thread = builder_thread(b, pid, pid, "worker");
    uint32_t slot = builder_slot(b, CALL_fsync, 0);
    builder_count(b, slot, 3, 5 * MS);
    struct trace_thread *record = builder_at(b, thread);
    record->current = (struct trace_current){
        .frame = 0x1000,
        .start = BUILDER_START + BUILDER_TICKS(700 * MS),
        .slot = slot_known ? slot : 0,
        .call = slot_known ? CALL_read : CALL_fsync,
    };
    builder_finish(b, SECONDS);
    struct trace_header *header = builder_header(b);
    struct trace_process *first = builder_at(b, process);
    struct trace_clock now = clock_now();
    struct trace_clock *const clocks[] = {&header->first_clock, &header->last_clock};
    for (int i = 0; i < 2; i++) {
        uint64_t ago = i ? 0 : SECONDS;
        clocks[i]->monotonic = now.monotonic - ago;
        clocks[i]->boottime = now.boottime - ago;
        clocks[i]->realtime = now.realtime - ago;
    }
    header->state = TRACE_STATE_READY;
    header->end_ticks = 0;
    first->ended = 0;
    return b;
}

Test(ends, a_living_process_is_still_running_in_its_call)
{
    pid_t child = sleeper();
    struct report report;
    built_report(&report, in_a_call(child, start_of(child), true), NULL);
    end(child);
    const struct report_process *process = report.processes[0];
    cr_assert_eq(process->state, REPORT_ALIVE);
    cr_assert_str_eq(process->threads[0]->current_call, "fsync");
    cr_assert_geq(process->threads[0]->current_ns, 290 * MS);
    cr_assert_not(process->saw.known);
    cr_assert_null(process->saw_how, "it was started right already");
    report_free(&report);
}

Test(ends, a_process_that_is_gone_was_killed_in_its_call)
{
    pid_t child = sleeper();
    uint64_t start = start_of(child);
    end(child);
    for (int slot_known = 0; slot_known < 2; slot_known++) {
        struct report report;
        built_report(&report, in_a_call(child, start, slot_known), NULL);
        const struct report_process *process = report.processes[0];
        cr_assert_eq(process->state, REPORT_KILLED);
        cr_assert_str_eq(process->threads[0]->current_call, "fsync");
        report_free(&report);
    }
}

Test(ends, without_a_start_time_it_cannot_be_told)
{
    struct report report;
    built_report(&report, in_a_call(getpid(), 0, true), NULL);
    cr_assert_eq(report.processes[0]->state, REPORT_OPEN);
    report_free(&report);
}

Test(clients, are_known_by_the_beginning_of_the_file_name)
{
    cr_assert(clients_has("/usr/lib/x86_64-linux-gnu/libpq.so.5.15"));
    cr_assert(clients_has("libmariadb.so.3"));
    cr_assert_not(clients_has("/opt/libpq.so.d/libevent-2.1.so.7"));
    cr_assert_not(clients_has(NULL));
}
