/* SPDX-License-Identifier: MIT
 *
 * What a request costs: `--by request`, and a few lines on the page.
 */
#include "render_parts.h"

#include "format.h"
#include "pages.h"
#include "text.h"

#define ROWS_MOST 12u

static uint64_t mean(const struct report_requests *requests, uint64_t ns)
{
    return requests->about ? ns / requests->about : 0;
}

/* Of the hub's turns, what no call of a request explains. */
static uint64_t rest(const struct report_requests *requests)
{
    const struct report_loop *loop = requests->loop;
    return loop && loop->turn_ns > requests->calls_ns ? loop->turn_ns - requests->calls_ns : 0;
}

static const char *title(struct page *page, const struct report_requests *requests)
{
    struct arena *a = page->arena;
    const char *app =
        requests->application
            ? arena_print(a, " > %s %s", text_basename(requests->file), requests->application)
            : "";
    return arena_print(a, "%s%s", requests->server, app);
}

static const char *parts(struct page *page, const struct report_requests *requests)
{
    struct arena *a = page->arena;
    const char *text = "";
    for (unsigned i = 0; i < requests->part_count; i++) {
        uint64_t ns = mean(requests, requests->parts[i].ns);
        if (ns * 200 < mean(requests, requests->calls_ns))
            continue;
        text = arena_print(a, "%s%s%s %s", text, *text ? " | " : "", requests->parts[i].name,
                           format_duration(a, ns));
    }
    if (requests->loop && !requests->shared && rest(requests))
        text = arena_print(a, "%s | cpu+other %s", text,
                           format_duration(a, mean(requests, rest(requests))));
    return text;
}

void parts_requests(struct page *page, const struct report_process *process, unsigned most)
{
    struct arena *a = page->arena;
    for (unsigned i = 0; i < process->request_count && i < most; i++) {
        const struct report_requests *requests = process->requests[i];
        bool own = requests->loop && !requests->shared;
        bool all = own && requests->calls_ns <= requests->loop->turn_ns; /* none was parked */
        uint64_t ns = requests->calls_ns + (all ? rest(requests) : 0);
        const char *hub =
            own && !all ? arena_print(a, ", beside others; %s on the hub",
                                      format_duration(a, mean(requests, requests->loop->turn_ns)))
                        : "";
        page_wrap(
            page, PAGE_BOLD, "REQUEST", 2,
            arena_print(a, " (%s), about %s, mean %s %s%s%s", title(page, requests),
                        format_count(a, requests->about), format_duration(a, mean(requests, ns)),
                        all ? "on the hub" : "in recorded calls", hub,
                        requests->shared ? ": the server's requests to all applications" : ""));
        page_wrap(page, PAGE_PLAIN, "  ", 2, parts(page, requests));
    }
    if (process->request_count && most)
        fputc('\n', page->out);
}

static void all(struct page *page, const struct report *report,
                const struct report_process *process, const struct render_options *options)
{
    (void)options;
    parts_head(page, report, process);
    fputc('\n', page->out);
    parts_requests(page, process, ROWS_MOST);
    if (process->request_count == 0)
        page_wrap(page, PAGE_PLAIN, "", 0,
                  "No requests: no call was made through eventlet.wsgi, gevent.pywsgi, wsgiref "
                  "or http.server.");
}

int render_requests(struct report *report, const struct render_options *options, FILE *out,
                    struct error *error)
{
    (void)error;
    return pages_of(report, options, out, all);
}
