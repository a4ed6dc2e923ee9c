/* SPDX-License-Identifier: MIT
 *
 * Requests of WSGI servers: how many, whose, and where their time goes.
 */
#include "built.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <string.h>

#define PACKAGES "/nowhere/python3/dist-packages/"
#define WSGI     PACKAGES "eventlet/wsgi.py"

static struct report report;
static struct builder *b;
static uint64_t eval;
static uint32_t thread;

static uint32_t frame(const char *file, const char *name, uint32_t outer)
{
    return builder_python(b, file, name, 31, outer, outer ? 0 : PYTHON_FROM_C);
}

static void begin(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
    b = builder_new(4200, 16, 1);
    eval = samples_frame(samples_module(b), "app_at_eval");
    builder_process(b, 4200, 1, "/usr/bin/python3.11", "python3 app.py");
    thread = builder_thread(b, 4200, 4200, "python3");
}

static struct trace_slot *calls(enum call_id id, uint32_t python, uint64_t count, uint64_t ns)
{
    uint32_t context = builder_context(b, &eval, 1);
    builder_under_python(b, context, python);
    return builder_at(b, samples_counted(b, id, context, count, ns));
}

static const struct report_process *end(void)
{
    builder_finish(b, 10 * SECONDS);
    built_report(&report, b, NULL);
    return report.processes[0];
}

static void drop(void)
{
    report_free(&report);
}

TestSuite(requests, .init = begin, .fini = drop);

/* What a server reads and writes for `count` requests; its frame around an application. */
static uint32_t served(uint64_t reads, uint64_t writes)
{
    uint32_t handle = frame(WSGI, "HttpProtocol.handle_one_request", 0);
    uint32_t line = frame(WSGI, "HttpProtocol._read_request_line", handle);
    uint32_t green = frame(PACKAGES "eventlet/greenio/base.py", "GreenSocket.recv", line);
    calls(CALL_recv, green, reads, 2 * US);
    uint32_t respond = frame(WSGI, "HttpProtocol.handle_one_response", handle);
    calls(CALL_send, respond, writes, 4 * US);
    return respond;
}

static const struct report_request_part *part(const struct report_requests *requests,
                                              const char *name)
{
    for (unsigned i = 0; i < requests->part_count; i++)
        if (!strcmp(requests->parts[i].name, name))
            return &requests->parts[i];
    return NULL;
}

Test(requests, are_as_many_as_the_server_read_and_wrote)
{
    served(100, 90);
    const struct report_process *process = end();
    cr_assert_eq(process->request_count, 1u);
    cr_assert_str_eq(process->requests[0]->server, "eventlet.wsgi");
    cr_assert_eq(process->requests[0]->about, 90u);
    cr_assert_null(process->requests[0]->application);
    cr_assert_null(process->requests[0]->loop);
}

Test(requests, tries_that_said_eagain_are_none)
{
    uint32_t handle = frame(WSGI, "HttpProtocol.handle_one_request", 0);
    calls(CALL_recv, frame(WSGI, "HttpProtocol._read_request_line", handle), 100, US)->again = 40;
    calls(CALL_send, frame(WSGI, "HttpProtocol.handle_one_response", handle), 100, US);
    cr_assert_eq(end()->requests[0]->about, 60u);
}

Test(requests, belong_to_the_application_that_the_server_calls)
{
    uint32_t app = frame("/srv/shop.py", "app", served(50, 50));
    calls(CALL_fsync, app, 50, MS);
    const struct report_process *process = end();
    cr_assert_eq(process->request_count, 1u);
    const struct report_requests *requests = process->requests[0];
    cr_assert_str_eq(requests->application, "app");
    cr_assert_eq(requests->about, 50u);
    cr_assert(!requests->shared);
    cr_assert_str_eq(requests->parts[0].name, "fsync");
    cr_assert_eq(requests->parts[0].ns, 50 * MS);
    cr_assert_eq(part(requests, "http")->ns, 50 * 6 * US);
    cr_assert_eq(requests->calls_ns, 50 * MS + 50 * 6 * US);
}

Test(requests, of_two_applications_are_counted_together)
{
    uint32_t server = served(50, 50);
    calls(CALL_fsync, frame("/srv/shop.py", "app", server), 40, MS);
    calls(CALL_fsync, frame("/srv/blog.py", "app", server), 10, MS);
    const struct report_process *process = end();
    cr_assert_eq(process->request_count, 3u, "%u", process->request_count);
    for (unsigned i = 0; i < process->request_count; i++)
        cr_assert(process->requests[i]->shared == (process->requests[i]->application != NULL));
    cr_assert_str_eq(process->requests[0]->file, "srv/shop.py");
    cr_assert_null(part(process->requests[0], "http"));
}

Test(requests, have_parts_by_what_is_waited_for)
{
    uint32_t app = frame("/srv/shop.py", "app", served(50, 50));
    calls(CALL_getaddrinfo, app, 50, 3 * MS);
    calls(CALL_poll, frame(PACKAGES "requests/api.py", "get", app), 50, 2 * MS);
    calls(CALL_write, app, 50, MS);
    const struct report_requests *requests = end()->requests[0];
    cr_assert_str_eq(requests->parts[0].name, "dns");
    cr_assert_str_eq(requests->parts[1].name, "requests");
    cr_assert_str_eq(requests->parts[2].name, "write");
}

Test(requests, of_a_hub_know_its_loop)
{
    uint32_t app = frame("/srv/shop.py", "app", served(50, 50));
    struct trace_slot *slot = calls(CALL_fsync, app, 50, MS);
    uint32_t wait = builder_context(b, &eval, 1);
    builder_under_python(b, wait, frame(PACKAGES "eventlet/hubs/hub.py", "BaseHub.run", 0));
    (void)slot;
    samples_loop(b, thread, wait, 0, 50, MS);
    const struct report_process *process = end();
    cr_assert_eq(process->requests[0]->loop, process->loops[0]);
}

Test(requests, are_none_where_no_server_is_known)
{
    calls(CALL_recv, frame("/srv/shop.py", "serve", 0), 50, MS);
    cr_assert_eq(end()->request_count, 0u);
}
