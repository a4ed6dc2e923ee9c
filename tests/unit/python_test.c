/* SPDX-License-Identifier: MIT
 *
 * Calls that Python code made: whose they are, what their ids are made of, what lies between.
 */
#include "built.h"
#include "python_path.h"
#include "samples.h"
#include "sites.h"

#include <criterion/criterion.h>
#include <string.h>

#define PACKAGES "/usr/lib/python3/dist-packages/"
#define LIBRARY  "/usr/lib/python3.11/"
#define WSGI     "/srv/shop/wsgi.py"

static void open_samples(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
}

TestSuite(python, .init = open_samples);
TestSuite(python_path);

/* ---- files ---- */

static struct python_path path_of(struct arena *arena, const char *file)
{
    return python_path_of(arena, file);
}

Test(python_path, files_tell_whose_code_it_is)
{
    static const struct {
        const char *file;
        enum python_layer layer;
        const char *form, *package;
    } rows[] = {
        {WSGI, PYTHON_APPLICATION, "shop/wsgi.py", "shop/wsgi.py"},
        {"wsgi.py", PYTHON_APPLICATION, "wsgi.py", "wsgi.py"},
        {"./wsgi.py", PYTHON_APPLICATION, "wsgi.py", "wsgi.py"},
        {"/wsgi.py", PYTHON_APPLICATION, "wsgi.py", "wsgi.py"},
        /* a release's directory is another one tomorrow */
        {"/srv/shop-1.4/wsgi.py", PYTHON_APPLICATION, "wsgi.py", "wsgi.py"},
        {"/srv/releases/20261126/wsgi.py", PYTHON_APPLICATION, "wsgi.py", "wsgi.py"},
        {"/srv/shop.zip/shop/wsgi.py", PYTHON_APPLICATION, "shop/wsgi.py", "shop/wsgi.py"},
        {"/opt/lib/python3/tools/x.py", PYTHON_APPLICATION, "tools/x.py", "tools/x.py"},
        {PACKAGES "MySQLdb/connections.py", PYTHON_PACKAGE, "MySQLdb/connections.py", "MySQLdb"},
        {"/opt/v/lib/python3.9/site-packages/six.py", PYTHON_PACKAGE, "six.py", "six"},
        {"/opt/v/lib64/python3.13t/site-packages/a/b.py", PYTHON_PACKAGE, "a/b.py", "a"},
        {"/opt/v/site-packages/foo-1.2-py3.11.egg/foo/x.py", PYTHON_PACKAGE, "foo/x.py", "foo"},
        {LIBRARY "socket.py", PYTHON_STANDARD, "socket.py", "socket"},
        {"/opt/py/lib/python3.8/http/client.py", PYTHON_STANDARD, "http/client.py", "http"},
        {"/usr/lib/python311.zip/json/decoder.py", PYTHON_STANDARD, "json/decoder.py", "json"},
        {LIBRARY "asyncio/events.py", PYTHON_MACHINERY, "asyncio/events.py", "asyncio"},
        {LIBRARY "concurrent/futures/thread.py", PYTHON_MACHINERY, "concurrent/futures/thread.py",
         "concurrent"},
        {"<frozen importlib._bootstrap>", PYTHON_MACHINERY, "importlib/_bootstrap.py",
         "importlib/_bootstrap.py"},
        {"<frozen codecs>", PYTHON_STANDARD, "codecs.py", "codecs.py"},
        {"<string>", PYTHON_TEXT, "<string>", "<string>"},
        {"<ipython-input-7-5a1>", PYTHON_APPLICATION, "<ipython-input>", "<ipython-input>"},
        {PACKAGES "eventlet/green/socket.py", PYTHON_GREEN, "eventlet/green/socket.py", "eventlet"},
        {"/x/site-packages/gevent/hub.py", PYTHON_GREEN, "gevent/hub.py", "gevent"},
        {"/src/eventlet/eventlet/hubs/hub.py", PYTHON_GREEN, "hubs/hub.py", "hubs"},
        /* of this name, and not it */
        {"/srv/eventlet/handlers.py", PYTHON_APPLICATION, "eventlet/handlers.py",
         "eventlet/handlers.py"},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct python_path path = path_of(&arena, rows[i].file);
        cr_expect_eq(path.layer, rows[i].layer, "%s", rows[i].file);
        cr_expect_str_eq(path.form, rows[i].form, "%s", rows[i].file);
        cr_expect_str_eq(path.package, rows[i].package, "%s", rows[i].file);
    }
    arena_release(&arena);
}

/* ---- owners ---- */

struct row {
    const char *file, *name;
};

/* One recv of a thread whose Python frames are these, innermost first. */
static struct builder *called_by(const struct row *rows, unsigned count)
{
    struct builder *b = builder_new(50, 8, 1);
    uint16_t module = samples_module(b);
    uint64_t frames[] = {samples_frame(module, "app_at_eval")};
    uint32_t outer = 0;
    for (unsigned i = count; i--;)
        outer = builder_python(b, rows[i].file, rows[i].name, 10 * (i + 1), outer, 0);
    builder_process(b, 50, 1, "/usr/bin/python3.11", "python3 wsgi.py");
    builder_thread(b, 50, 50, "python3");
    uint32_t context = builder_context(b, frames, 1);
    builder_under_python(b, context, outer);
    builder_count(b, builder_slot(b, CALL_recv, context), 3, MS);
    builder_finish(b, SECONDS);
    return b;
}

#define CALLED_BY(...)                           \
    called_by((const struct row[]){__VA_ARGS__}, \
              sizeof((const struct row[]){__VA_ARGS__}) / sizeof(struct row))

/* The report's only site. */
static const struct report_site *only(struct report *report, struct builder *b,
                                      const char *const *lists)
{
    built_report(report, b, lists);
    cr_assert_eq(report->processes[0]->site_count, 1);
    return report->processes[0]->sites[0];
}

Test(python, the_innermost_frame_of_the_application_owns_a_call)
{
    struct report report;
    const struct report_site *site =
        only(&report,
             CALLED_BY({LIBRARY "socket.py", "SocketIO.readinto"},
                       {PACKAGES "redis/connection.py", "Connection.read"}, {WSGI, "Shop.load"},
                       {WSGI, "app"}, {LIBRARY "threading.py", "Thread.run"}),
             NULL);
    cr_assert(site->python);
    cr_assert_str_eq(site->function, "Shop.load");
    cr_assert_str_eq(site->module, "shop/wsgi.py");
    cr_assert_str_eq(site->file, WSGI);
    cr_assert_eq(site->line, 30);
    cr_assert_str_eq(site->via, "redis/connection.py:20");
    cr_assert_str_eq(site->callers, "app");
    cr_assert_str_eq(site->parts->library, "redis");
    report_free(&report);
}

Test(python, a_green_runtime_is_no_owner_where_there_is_another)
{
    struct report report;
    const struct report_site *site =
        only(&report,
             CALLED_BY({PACKAGES "eventlet/greenio/base.py", "GreenSocket.recv"},
                       {PACKAGES "eventlet/hubs/__init__.py", "trampoline"},
                       {LIBRARY "http/client.py", "HTTPResponse.begin"}),
             NULL);
    cr_assert_str_eq(site->module, "http/client.py");
    report_free(&report);
}

Test(python, ids_are_the_same_with_and_without_a_green_runtime)
{
    struct report green, threads;
    const struct report_site *a =
        only(&green,
             CALLED_BY({PACKAGES "eventlet/greenio/base.py", "GreenSocket.recv"},
                       {"/opt/v/lib/python3.9/site-packages/pymysql/connections.py", "read"},
                       {"/opt/shop/wsgi.py", "load"}, {PACKAGES "eventlet/greenthread.py", "main"}),
             NULL);
    uint64_t id = a->id;
    const struct report_site *b =
        only(&threads,
             CALLED_BY({PACKAGES "pymysql/connections.py", "read"}, {WSGI, "load"},
                       {LIBRARY "concurrent/futures/thread.py", "_worker"}),
             NULL);
    cr_assert_eq(id, b->id);
    /* written in policies, so it must never change */
    cr_assert_eq(id, sites_id("recv", "shop/wsgi.py", "load"));
    report_free(&green);
    report_free(&threads);
}

Test(python, lines_of_one_function_are_one_site)
{
    struct report report;
    struct builder *b = builder_new(50, 8, 1);
    uint16_t module = samples_module(b);
    uint64_t frames[] = {samples_frame(module, "app_at_eval")};
    builder_process(b, 50, 1, "/usr/bin/python3.11", "python3 wsgi.py");
    builder_thread(b, 50, 50, "python3");
    for (uint32_t line = 7; line < 10; line++) {
        uint32_t context = builder_context(b, frames, 1);
        builder_under_python(b, context, builder_python(b, WSGI, "load", line, 0, 0));
        builder_count(b, builder_slot(b, CALL_recv, context), line, MS);
    }
    builder_finish(b, SECONDS);
    const struct report_site *site = only(&report, b, NULL);
    cr_assert_eq(site->lines, 3);
    cr_assert_eq(site->line, 9);
    cr_assert_eq(site->calls, 24);
    report_free(&report);
}

Test(python, without_an_application_a_library_owns_it_where_it_was_entered)
{
    struct report report;
    const struct report_site *site =
        only(&report,
             CALLED_BY({LIBRARY "socket.py", "SocketIO.readinto"},
                       {PACKAGES "amqp/transport.py", "Transport.read_frame"},
                       {PACKAGES "amqp/connection.py", "Connection.drain_events"},
                       {PACKAGES "kombu/connection.py", "Connection.drain_events"},
                       {LIBRARY "threading.py", "Thread.run"}),
             NULL);
    cr_assert_str_eq(site->module, "amqp/connection.py");
    cr_assert_eq(site->line, 30);
    cr_assert_eq(site->layer, PYTHON_PACKAGE);
    cr_assert_str_eq(site->parts->library, "amqp");
    report_free(&report);
}

Test(python, how_a_thread_begins_owns_nothing)
{
    struct report report;
    const struct report_site *site = only(
        &report,
        CALLED_BY({LIBRARY "threading.py", "Condition.wait"}, {LIBRARY "threading.py", "Timer.run"},
                  {LIBRARY "threading.py", "Thread._bootstrap_inner"},
                  {LIBRARY "threading.py", "Thread._bootstrap"}),
        NULL);
    cr_assert_str_eq(site->function, "Timer.run");
    report_free(&report);
}

Test(python, code_given_on_the_command_line_is_the_application)
{
    struct report report;
    const struct report_site *site = only(&report,
                                          CALLED_BY({PACKAGES "redis/connection.py", "read"},
                                                    {"<string>", "work"}, {"<string>", "<module>"}),
                                          NULL);
    cr_assert_str_eq(site->function, "work");
    report_free(&report);
}

/* ---- lists ---- */

Test(python, a_listed_wrapper_is_via)
{
    static const char *const lists[] = {"python: shop/*:xread", "python: redis", NULL};
    struct report report;
    const struct report_site *site = only(&report,
                                          CALLED_BY({PACKAGES "redis/connection.py", "read"},
                                                    {"/srv/shop/io.py", "xread"}, {WSGI, "app"}),
                                          lists);
    cr_assert_str_eq(site->function, "app");
    cr_assert_str_eq(site->via, "shop/io.py:20 xread(), redis/connection.py:10 read()");
    cr_assert(report.wrappers[0].matched && report.wrappers[1].matched);
    report_free(&report);
}

Test(python, an_installed_application_can_be_told)
{
    static const char *const lists[] = {"app: /opt/*/site-packages/nova/", NULL};
    struct report report;
    const struct report_site *site =
        only(&report,
             CALLED_BY({"/opt/v/site-packages/oslo/x.py", "call"},
                       {"/opt/v/site-packages/nova/compute/manager.py", "Manager.build"},
                       {"/opt/v/site-packages/oslo/server.py", "serve"}),
             lists);
    cr_assert_str_eq(site->function, "Manager.build");
    cr_assert_str_eq(site->module, "nova/compute/manager.py");
    report_free(&report);
}

Test(python, modules_count_from_a_given_root)
{
    static const char *const lists[] = {"root: /srv/*/src", NULL};
    struct report report;
    const struct report_site *site =
        only(&report, CALLED_BY({"/srv/r17/src/shop/api/v1/users.py", "get"}), lists);
    cr_assert_str_eq(site->module, "shop/api/v1/users.py");
    report_free(&report);
}

/* ---- what a hostile file may hold ---- */

static const struct report_site *spoilt(struct report *report, struct builder *b, uint32_t pyframe)
{
    uint16_t module = samples_module(b);
    uint64_t frames[] = {samples_frame(module, "app_at_read")};
    builder_process(b, 50, 1, "/usr/bin/python3.11", "python3 wsgi.py");
    builder_thread(b, 50, 50, "python3");
    uint32_t context = builder_context(b, frames, 1);
    builder_under_python(b, context, pyframe);
    builder_count(b, builder_slot(b, CALL_recv, context), 3, MS);
    builder_finish(b, SECONDS);
    return only(report, b, NULL);
}

Test(python, a_chain_that_goes_round_in_a_circle_ends, .timeout = 10)
{
    struct report report;
    struct builder *b = builder_new(50, 8, 1);
    uint32_t outer = builder_python(b, WSGI, "outer", 1, 0, 0);
    uint32_t middle = builder_python(b, WSGI, "middle", 2, outer, 0);
    uint32_t inner = builder_python(b, WSGI, "inner", 3, middle, 0);
    ((struct trace_python_frame *)builder_at(b, outer))->outer = middle;
    const struct report_site *site = spoilt(&report, b, inner);
    cr_assert_str_eq(site->function, "inner");
    cr_assert(site->stack_cut);
    cr_assert_lt(site->stack_count, 10);
    report_free(&report);
}

Test(python, a_frame_that_is_none_leaves_the_native_owner)
{
    struct report report;
    struct builder *b = builder_new(50, 8, 1);
    uint32_t string = builder_string(b, STRING_TEXT, "no frame");
    const struct report_site *site = spoilt(&report, b, string);
    cr_assert_not(site->python);
    cr_assert_str_eq(site->function, "app_serve");
    report_free(&report);
}

Test(python, names_that_are_missing_are_told)
{
    struct report report;
    struct builder *b = builder_new(50, 8, 1);
    uint32_t frame = builder_python(b, WSGI, "x", 1, 0, 0);
    ((struct trace_python_frame *)builder_at(b, frame))->file = 77;
    ((struct trace_python_frame *)builder_at(b, frame))->line = UINT32_MAX;
    const struct report_site *site = spoilt(&report, b, frame);
    cr_assert_not(site->stable);
    cr_assert_eq(site->line, 0);
    report_free(&report);
}

Test(python, blocked_calls_without_a_line_are_told)
{
    struct report report;
    struct builder *b = builder_new(50, 8, 1);
    uint16_t module = samples_module(b);
    uint64_t frames[] = {samples_frame(module, "app_at_read"),
                         samples_frame(module, "app_at_eval")};
    uint64_t native[] = {samples_frame(module, "app_at_sync")};
    builder_process(b, 50, 1, "/usr/bin/python3.11", "python3 wsgi.py");
    builder_thread(b, 50, 50, "python3");
    uint32_t named = builder_context(b, frames, 2);
    builder_under_python(b, named, builder_python(b, WSGI, "load", 7, 0, 0));
    builder_count(b, builder_slot(b, CALL_recv, named), 5, MS);
    builder_count(b, builder_slot(b, CALL_recv, builder_context(b, frames, 2)), 2, MS);
    builder_count(b, builder_slot(b, CALL_fsync, builder_context(b, native, 1)), 4, MS);
    builder_finish(b, SECONDS);
    built_report(&report, b, NULL);
    const struct report_process *process = report.processes[0];
    cr_assert_eq(process->note_count, 1);
    cr_assert(strstr(process->notes[0], "2 of 7 blocked calls of Python code have no Python line"));
    report_free(&report);
}

/* ---- native code below Python ---- */

Test(python, a_native_library_is_the_one_to_replace)
{
    struct report report;
    built_report(&report, samples_wsgi(), NULL);
    const struct report_site *site = built_site(&report, "poll", "Shop.load_user");
    cr_assert_str_eq(site->via, "MySQLdb/connections.py:239, libmariadb.so.3");
    cr_assert_str_eq(site->parts->library, "libmariadb.so.3");
    site = built_site(&report, "getaddrinfo", "lookup");
    cr_assert_str_eq(site->parts->library, SITES_RESOLVER);
    site = built_site(&report, "fsync", "audit");
    cr_assert_str_eq(site->parts->library, SITES_APPLICATION);
    report_free(&report);
}

Test(python, native_frames_stand_under_the_python_frame_that_called_them)
{
    struct report report;
    struct builder *b = builder_new(50, 8, 1);
    uint16_t module = samples_module(b);
    uint64_t eval = samples_frame(module, "app_at_eval");
    uint64_t frames[] = {samples_frame(module, "app_at_write"), eval,
                         samples_frame(module, "app_at_read"), eval,
                         samples_frame(module, "app_at_main")};
    uint32_t main = builder_python(b, WSGI, "main", 3, 0, PYTHON_FROM_C);
    uint32_t callback = builder_python(b, WSGI, "callback", 9, main, PYTHON_FROM_C);
    uint32_t inner = builder_python(b, WSGI, "inner", 12, callback, 0);
    builder_process(b, 50, 1, "/usr/bin/python3.11", "python3 wsgi.py");
    builder_thread(b, 50, 50, "python3");
    uint32_t context = builder_context(b, frames, 5);
    builder_under_python(b, context, inner);
    builder_count(b, builder_slot(b, CALL_write, context), 1, MS);
    builder_finish(b, SECONDS);
    const struct report_site *site = only(&report, b, NULL);
    static const char *const wanted[] = {"app_flush", "inner", "callback",
                                         "app_serve", "main",  "app_main"};
    cr_assert_eq(site->stack_count, 6);
    for (unsigned i = 0; i < 6; i++)
        cr_expect_str_eq(site->stack[i].function, wanted[i]);
    cr_assert(site->stack[1].owner);
    report_free(&report);
}

/* ---- goals ---- */

static const struct report_site *under_goal(struct report *report, enum goal goal, const char *call,
                                            const char *function)
{
    struct report_options options = {.goal = goal, .all = true, .callers = 100};
    built_report_with(report, samples_wsgi(), &options);
    return built_site(report, call, function);
}

Test(python, a_hub_is_told_by_its_runtime)
{
    struct report report;
    under_goal(&report, GOAL_UNBLOCK, "poll", "Shop.load_user");
    cr_assert_str_eq(report.processes[0]->loops[0]->runtime, "eventlet");
    cr_assert_str_eq(report.processes[0]->runtime, "eventlet");
    report_free(&report);
}

Test(python, the_same_site_has_another_verdict_under_each_goal)
{
    static const struct {
        const char *call, *function;
        enum verdict unblock, threads;
    } rows[] = {
        {"getaddrinfo", "lookup", VERDICT_OFFLOAD, VERDICT_FINE},
        {"poll", "Shop.load_user", VERDICT_OFFLOAD, VERDICT_CHANGE}, /* it has no time limit */
        {"fsync", "audit", VERDICT_OFFLOAD, VERDICT_FINE},
        {"recv", "Shop.cached", VERDICT_COOPERATIVE, VERDICT_COOPERATIVE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct report report;
        const struct report_site *site =
            under_goal(&report, GOAL_UNBLOCK, rows[i].call, rows[i].function);
        cr_expect_eq(site->advice.verdict, rows[i].unblock, "%s", rows[i].function);
        report_free(&report);
        site = under_goal(&report, GOAL_THREADS, rows[i].call, rows[i].function);
        cr_expect_eq(site->advice.verdict, rows[i].threads, "%s", rows[i].function);
        cr_expect_eq(site->advice.route_count, 0, "%s", rows[i].function);
        report_free(&report);
    }
}

Test(python, what_yields_is_work_only_where_threads_are_the_goal)
{
    struct report report;
    const struct report_site *site = under_goal(&report, GOAL_UNBLOCK, "recv", "Shop.cached");
    cr_assert_eq(site->advice.effort, 0);
    cr_assert_eq(report.processes[0]->plan_count, 3);
    cr_assert_str_eq(report.processes[0]->plan[0]->call, "getaddrinfo");
    report_free(&report);
    site = under_goal(&report, GOAL_THREADS, "recv", "Shop.cached");
    cr_assert_eq(site->advice.effort, 1);
    cr_assert_eq(report.processes[0]->plan_count, 2);
    /* what must change comes before what only occupies threads, though that takes longer */
    cr_assert_str_eq(report.processes[0]->plan[0]->call, "poll");
    cr_assert_eq(report.processes[0]->plan[1], site);
    report_free(&report);
}

Test(python, green_is_offered_with_how_it_waits_and_whether_that_was_tested)
{
    struct report report;
    const struct report_site *site = under_goal(&report, GOAL_UNBLOCK, "poll", "Shop.load_user");
    const struct report_route *green = NULL, *source = NULL;
    for (unsigned i = 0; i < site->advice.route_count; i++) {
        const struct report_route *route = &site->advice.routes[i];
        green = strcmp(route->name, "green") == 0 ? route : green;
        source = strcmp(route->name, "source") == 0 ? route : source;
    }
    cr_assert(green && source);
    cr_assert(green->applies);
    cr_assert_eq(green->gain_ns, 1600 * MS);
    cr_assert(strstr(green->text, "readiness, 0 workers"));
    cr_assert(strstr(green->text, "libmariadb: on the tested list"));
    cr_assert(strstr(source->text, "eventlet.tpool.execute()"));
    report_free(&report);
}

Test(python, a_hub_that_hardly_turned_is_a_hub)
{
    struct report report;
    built_report(&report, samples_short_hub(), NULL);
    const struct report_process *process = report.processes[0];
    cr_assert_eq(process->loop_count, 0);
    cr_assert_str_eq(process->runtime, "eventlet");
    const struct report_site *site = built_site(&report, "poll", "query");
    cr_assert_eq(site->advice.verdict, VERDICT_OFFLOAD);
    cr_assert_eq(site->advice.confidence, CONFIDENCE_MEDIUM);
    cr_assert_eq(built_site(&report, "clock_nanosleep", "BaseHub.run")->noise, NOISE_LOOP);
    report_free(&report);
}

Test(python, who_tries_and_then_polls_does_not_yield)
{
    struct report report;
    built_report(&report, samples_short_hub(), NULL);
    const struct report_site *site = built_site(&report, "recv", "query");
    cr_assert_eq(site->pending_kind, PENDING_POLLED);
    cr_assert_eq(site->pending.count, 4);
    cr_assert_eq(site->advice.verdict, VERDICT_FINE);
    cr_assert_eq(report.processes[0]->waiting_count, 0);
    cr_assert_eq(report.processes[0]->pending.count, 0);
    report_free(&report);
    /* where the hub waits meanwhile, it does */
    built_report(&report, samples_wsgi(), NULL);
    cr_assert_eq(built_site(&report, "recv", "Shop.cached")->pending_kind, PENDING_YIELDS);
    report_free(&report);
}

/* A thread whose socket has a time limit: the interpreter polls, then receives, over and over. */
static struct builder *polling_client(const char *receiver)
{
    struct builder *b = builder_new(50, 8, 1);
    uint16_t module = samples_module(b);
    uint64_t frames[] = {samples_frame(module, "app_at_read"),
                         samples_frame(module, "app_at_eval")};
    builder_process(b, 50, 1, "/usr/bin/python3.11", "python3 wsgi.py");
    uint32_t poll = builder_context(b, frames, 2), recv = builder_context(b, frames, 2);
    builder_under_python(b, poll, builder_python(b, WSGI, "get", 26, 0, 0));
    builder_under_python(b, recv, ((struct trace_context *)builder_at(b, poll))->pyframe);
    if (receiver)
        builder_under_python(b, recv, builder_python(b, WSGI, receiver, 40, 0, 0));
    uint32_t thread = builder_thread(b, 50, 51, "python3");
    uint32_t wait = builder_slot(b, CALL_poll, poll);
    ((struct trace_slot *)builder_at(b, wait))->flags = SLOT_LOOP_WAIT;
    builder_count(b, wait, 100, 5 * MS);
    uint32_t work = builder_slot(b, CALL_recv, recv);
    builder_count(b, work, 100, 2 * US);
    samples_stalls(b, work, 100);
    uint32_t point = builder_wait_point(b, CALL_poll, poll);
    ((struct trace_wait_point *)builder_at(b, point))->turns = 100;
    ((struct trace_wait_point *)builder_at(b, point))->stalls = 50;
    ((struct trace_wait_point *)builder_at(b, point))->stall_ticks = BUILDER_TICKS(100 * MS);
    ((struct trace_thread *)builder_at(b, thread))->loop = point;
    builder_finish(b, SECONDS);
    return b;
}

Test(python, the_poll_of_a_socket_with_a_time_limit_makes_no_loop)
{
    struct report report;
    built_report(&report, polling_client(NULL), NULL);
    const struct report_process *process = report.processes[0];
    cr_assert_eq(process->loop_count, 0);
    cr_assert_eq(process->stall_ns, 0);
    const struct report_site *site = built_site(&report, "poll", "get");
    cr_assert_eq(site->noise, NOISE_NONE);
    cr_assert_eq(site->blocked_ns, 500 * MS);
    cr_assert_eq(built_site(&report, "recv", "get")->stall_ns, 0);
    report_free(&report);
    /* what polls in one place and receives in another is one */
    built_report(&report, polling_client("serve"), NULL);
    cr_assert_eq(report.processes[0]->loop_count, 1);
    report_free(&report);
}
