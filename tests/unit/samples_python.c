/* SPDX-License-Identifier: MIT
 *
 * A Python service on a green runtime, whose hub waits in a loop and is held up by two libraries;
 * and the same service on threads.
 */
#include "samples.h"

#define WSGI     "/srv/shop/wsgi.py"
#define PACKAGES "/nowhere/python3/dist-packages/"

/* What all requests have in common, outermost first. */
struct service {
    struct builder *b;
    uint16_t app, libc, driver, binding;
    uint32_t server; /* the green runtime's frames around a request */
    uint64_t eval;
};

static uint32_t frame(struct service *s, const char *file, const char *name, uint32_t line,
                      uint32_t outer)
{
    return builder_python(s->b, file, name, line, outer, 0);
}

static void open_service(struct service *s)
{
    s->b = builder_new(4200, 16, 1);
    s->app = samples_module(s->b);
    s->libc = builder_module(s->b, "/nowhere/libc.so.6", NULL, 0, MODULE_LIBC);
    s->driver = builder_module(s->b, "/nowhere/libmariadb.so.3", NULL, 0, 0);
    s->binding = builder_module(
        s->b, "/nowhere/dist-packages/MySQLdb/_mysql.cpython-311-x86_64-linux-gnu.so", NULL, 0, 0);
    builder_process(s->b, 4200, 1, "/usr/bin/python3.11", "python3 wsgi.py");
    s->eval = samples_frame(s->app, "app_at_eval");
    uint32_t run = builder_python(s->b, PACKAGES "eventlet/greenthread.py", "GreenThread.main", 221,
                                  0, PYTHON_FROM_C);
    s->server = frame(s, PACKAGES "eventlet/wsgi.py", "HttpProtocol.handle_one_response", 573, run);
}

/* A call under `python`, through the native frames given. */
static uint32_t call(struct service *s, enum call_id id, uint32_t python, const uint64_t *native,
                     uint16_t natives, uint64_t count, uint64_t ns)
{
    uint64_t frames[TRACE_FRAMES];
    for (uint16_t i = 0; i < natives; i++)
        frames[i] = native[i];
    frames[natives] = s->eval;
    uint32_t context = builder_context(s->b, frames, (uint16_t)(natives + 1));
    builder_under_python(s->b, context, python);
    return samples_counted(s->b, id, context, count, ns);
}

static uint32_t hub_wait(struct service *s)
{
    uint64_t native[] = {samples_frame(s->app, "app_at_wait"), s->eval};
    uint32_t context = builder_context(s->b, native, 2);
    uint32_t run =
        builder_python(s->b, PACKAGES "eventlet/hubs/hub.py", "BaseHub.run", 362, 0, PYTHON_FROM_C);
    builder_under_python(s->b, context,
                         frame(s, PACKAGES "eventlet/hubs/poll.py", "Hub.wait", 80, run));
    return context;
}

/* A green socket's recv: it says EAGAIN, and others run until there is something. */
static void cache_call(struct service *s, uint32_t app)
{
    uint32_t get = frame(s, WSGI, "Shop.cached", 52, app);
    uint32_t read = frame(s, PACKAGES "redis/connection.py", "SocketBuffer._read", 192, get);
    uint32_t green = frame(s, PACKAGES "eventlet/greenio/base.py", "GreenSocket.recv", 370, read);
    uint32_t slot = call(s, CALL_recv, green, NULL, 0, 4000, 3 * US);
    struct trace_slot *record = builder_at(s->b, slot);
    record->again = 2000;
    record->target = builder_string(s->b, STRING_TARGET, "tcp:10.0.0.8:6379");
    struct trace_pending_wait *wait =
        builder_at(s->b, builder_in_thread(s->b, RECORD_PENDING_WAIT, sizeof *wait));
    wait->call = CALL_recv;
    wait->context = record->context;
    wait->count = 2000;
    wait->ticks = BUILDER_TICKS(12 * SECONDS);
    wait->max = BUILDER_TICKS(90 * MS);
    wait->peak = 24;
}

static uint32_t database_call(struct service *s, uint32_t app)
{
    uint64_t native[] = {TRACE_FRAME(s->driver, 0x20), TRACE_FRAME(s->driver, 0x40),
                         TRACE_FRAME(s->binding, 0x30)};
    uint32_t load = frame(s, WSGI, "Shop.load_user", 38, app);
    uint32_t execute = frame(s, PACKAGES "MySQLdb/cursors.py", "BaseCursor.execute", 206, load);
    uint32_t query = frame(s, PACKAGES "MySQLdb/connections.py", "Connection.query", 239, execute);
    uint32_t slot = call(s, CALL_poll, query, native, 3, 200, 8 * MS);
    struct trace_slot *record = builder_at(s->b, slot);
    record->target = builder_string(s->b, STRING_TARGET, "tcp:10.0.0.7:3306");
    record->no_timeout = 200;
    return slot;
}

struct builder *samples_wsgi(void)
{
    struct service s;
    open_service(&s);
    struct builder *b = s.b;
    uint32_t thread = builder_thread(b, 4200, 4200, "python3");
    uint32_t app = frame(&s, WSGI, "app", 27, s.server);
    uint64_t resolver[] = {TRACE_FRAME(s.libc, 0x10)};
    uint32_t slots[] = {
        call(&s, CALL_getaddrinfo, frame(&s, WSGI, "lookup", 31, app), resolver, 1, 200, 20 * MS),
        database_call(&s, app),
        call(&s, CALL_fsync, frame(&s, WSGI, "audit", 44, app), NULL, 0, 200, 800 * US)};
    for (int i = 0; i < 3; i++)
        samples_stalls(b, slots[i], 200);
    cache_call(&s, app);
    ((struct trace_thread *)builder_at(b, thread))->pending_peak = 24;
    samples_loop(b, thread, hub_wait(&s), slots[0], 200, 29 * MS);
    builder_finish(b, 10 * SECONDS);
    return b;
}

/* ---- the same on threads ---- */

/* No green socket lies between, and the call itself waits. */
static void threaded_cache(struct service *s, uint32_t app)
{
    uint32_t get = frame(s, WSGI, "Shop.cached", 52, app);
    uint32_t read = frame(s, PACKAGES "redis/connection.py", "SocketBuffer._read", 192, get);
    uint32_t slot = call(s, CALL_recv, read, NULL, 0, 2000, 6 * MS);
    ((struct trace_slot *)builder_at(s->b, slot))->target =
        builder_string(s->b, STRING_TARGET, "tcp:10.0.0.8:6379");
}

struct builder *samples_wsgi_threads(void)
{
    struct service s;
    open_service(&s);
    struct builder *b = s.b;
    builder_thread(b, 4200, 4200, "python3");
    builder_thread(b, 4200, 4201, "python3");
    uint32_t run =
        builder_python(b, "/usr/lib/python3.11/threading.py", "Thread.run", 975, 0, PYTHON_FROM_C);
    uint32_t app = frame(&s, WSGI, "app", 27, run);
    uint64_t resolver[] = {TRACE_FRAME(s.libc, 0x10)};
    call(&s, CALL_getaddrinfo, frame(&s, WSGI, "lookup", 31, app), resolver, 1, 200, 20 * MS);
    database_call(&s, app);
    call(&s, CALL_fsync, frame(&s, WSGI, "audit", 44, app), NULL, 0, 200, 800 * US);
    threaded_cache(&s, app);
    builder_finish(b, 10 * SECONDS);
    return b;
}

/* ---- a hub that hardly turned ---- */

/* A driver of C's under Eventlet that tries first and polls for itself, while the hub waited once.
 */
struct builder *samples_short_hub(void)
{
    struct builder *b = builder_new(50, 8, 1);
    uint16_t module = samples_module(b);
    uint64_t eval = samples_frame(module, "app_at_eval");
    uint64_t wait[] = {samples_frame(module, "app_at_wait"), eval};
    uint64_t call[] = {samples_frame(module, "app_at_read"), eval};
    builder_process(b, 50, 1, "/usr/bin/python3.11", "python3 wsgi.py");
    uint32_t hub = builder_context(b, wait, 2), query = builder_context(b, call, 2);
    builder_under_python(
        b, hub, builder_python(b, PACKAGES "eventlet/hubs/hub.py", "BaseHub.run", 365, 0, 0));
    uint32_t main = builder_python(b, PACKAGES "eventlet/greenthread.py", "main", 221, 0, 0);
    builder_under_python(b, query, builder_python(b, WSGI, "query", 19, main, 0));
    builder_thread(b, 50, 50, "python3");
    uint32_t idle = builder_slot(b, CALL_clock_nanosleep, hub);
    ((struct trace_slot *)builder_at(b, idle))->flags = SLOT_HUB_WAIT;
    builder_count(b, idle, 1, 20 * MS);
    builder_count(b, builder_slot(b, CALL_poll, query), 4, 300 * MS);
    builder_count(b, builder_slot(b, CALL_recv, query), 8, US);
    struct trace_pending_wait *pending =
        builder_at(b, builder_in_thread(b, RECORD_PENDING_WAIT, sizeof *pending));
    pending->call = CALL_recv;
    pending->context = query;
    pending->count = 4;
    pending->ticks = BUILDER_TICKS(1200 * MS);
    pending->peak = 1;
    builder_finish(b, 3 * SECONDS);
    return b;
}
