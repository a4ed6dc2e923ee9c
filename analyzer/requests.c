/* SPDX-License-Identifier: MIT
 *
 * See requests.h. A call is a request's if a server's code lies under it; the function that the
 * server called is the application. A server reads each request with one call, mostly, and writes
 * each response with one at least: there are no more requests than either.
 */
#include "requests.h"

#include "owner.h"
#include "python.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Python files of servers, by the form of their names. */
static const struct server {
    const char *form;
    const char *name;
    const char *reads; /* the function that reads the first line of a request */
} servers[] = {
    {"eventlet/wsgi.py", "eventlet.wsgi", "_read_request_line"},
    {"gevent/pywsgi.py", "gevent.pywsgi", "read_requestline"},
    {"wsgiref/simple_server.py", "wsgiref", "WSGIRequestHandler.handle"},
    {"wsgiref/handlers.py", "wsgiref", NULL},
    {"http/server.py", "http.server", "handle_one_request"},
};

struct gather {
    struct source *source;
    struct map by_app; /* key of (server, application) -> index */
    struct report_requests **items;
    size_t count, capacity;
    struct traffic {
        const char *server;
        uint64_t reads, writes; /* by the server's own code */
    } traffic[sizeof servers / sizeof *servers];
};

/* The innermost frame of a server; its index in the chain. NULL: none. */
static const struct server *server_in(const struct python_chain *chain, unsigned *index)
{
    for (unsigned i = 0; i < chain->count; i++)
        for (size_t j = 0; j < sizeof servers / sizeof *servers; j++)
            if (strcmp(chain->frames[i].form, servers[j].form) == 0) {
                *index = i;
                return &servers[j];
            }
    return NULL;
}

/* What the server called, if that is no code of its own kind. NULL: the call is the server's. */
static const struct python_frame *application_in(const struct python_chain *chain, unsigned server)
{
    for (unsigned i = server; i--;)
        if (chain->frames[i].layer <= PYTHON_TEXT)
            return &chain->frames[i];
    return NULL;
}

static bool reads_request(const struct server *server, const struct python_chain *chain)
{
    for (unsigned i = 0; server->reads && i < chain->count; i++) {
        const char *name = chain->frames[i].name;
        const char *end = strrchr(name, '.');
        if (strcmp(chain->frames[i].form, server->form) == 0 &&
            (strcmp(name, server->reads) == 0 || (end && strcmp(end + 1, server->reads) == 0)))
            return true;
    }
    return false;
}

static bool is_call(const struct trace_call *call, const char *const *names)
{
    while (*names && strcmp(call->name, *names) != 0)
        names++;
    return *names != NULL;
}

static void count_traffic(struct gather *gather, const struct server *server, bool reads,
                          const struct trace_call *call, const struct trace_slot *slot)
{
    static const char *const receives[] = {"recv", "recvfrom", "recvmsg", "read", NULL};
    static const char *const sends[] = {"send", "sendto", "sendmsg", "write", "writev", NULL};
    uint64_t failed = (uint64_t)slot->again + slot->errors + slot->interrupted;
    uint64_t done = slot->count > failed ? slot->count - failed : 0;
    struct traffic *traffic = gather->traffic;
    while (traffic->server && strcmp(traffic->server, server->name) != 0)
        traffic++;
    traffic->server = server->name;
    traffic->reads += reads && is_call(call, receives) ? done : 0;
    traffic->writes += is_call(call, sends) ? done : 0;
}

static struct report_requests *item_of(struct gather *gather, const struct server *server,
                                       const struct python_frame *application)
{
    struct arena *arena = gather->source->build->arena;
    uint64_t key = text_key(server->name);
    if (application)
        key = (key * 31 + text_key(application->form)) * 31 + text_key(application->name);
    uint32_t index = map_get(&gather->by_app, key);
    if (index != MAP_NONE && gather->items)
        return gather->items[index];
    gather->items =
        arena_grow(arena, gather->items, sizeof *gather->items, gather->count, &gather->capacity);
    struct report_requests *item = ARENA_NEW(arena, struct report_requests);
    item->server = server->name;
    item->application = application ? application->name : NULL;
    item->file = application ? application->form : NULL;
    map_put(&gather->by_app, key, (uint32_t)gather->count);
    gather->items[gather->count++] = item;
    return item;
}

static const char *part_name(const struct source *source, const struct trace_call *call,
                             const struct trace_slot *slot, bool by_server)
{
    struct owner owner = owner_find(source, slot->context);
    if (call->blocks == BLOCKS_NAME)
        return "dns";
    if (by_server)
        return "http";
    if (owner.library)
        return owner.library;
    return owner.package ? owner.package : text_clean(source->build->arena, call->name);
}

/* The last part takes what finds no room. */
static void add_part(struct report_requests *item, const char *name, uint64_t calls, uint64_t ns)
{
    unsigned i = 0;
    while (i < item->part_count && strcmp(item->parts[i].name, name) != 0)
        i++;
    if (i == REPORT_REQUEST_PARTS)
        item->parts[--i].name = "others";
    if (i == item->part_count)
        item->parts[item->part_count++].name = name;
    item->parts[i].calls += calls;
    item->parts[i].ns += ns;
    item->calls_ns += ns;
}

static void add_slot(struct gather *gather, const struct source_thread *thread,
                     const struct trace_slot *slot)
{
    struct source *source = gather->source;
    const struct trace_call *call = reader_call(source->reader, slot->call);
    struct python_chain chain;
    unsigned index = 0;
    if (!call || slot->count == 0)
        return;
    python_chain_read(source, slot->context, &chain);
    const struct server *server = server_in(&chain, &index);
    if (!server)
        return;
    const struct python_frame *application = application_in(&chain, index);
    if (!application)
        count_traffic(gather, server, reads_request(server, &chain), call, slot);
    struct report_requests *item = item_of(gather, server, application);
    add_part(item, part_name(source, call, slot, !application), slot->count,
             source_ns(source, slot->ticks));
    item->loop = thread->thread->loop ? thread->thread->loop : item->loop;
}

static int by_time(const void *a, const void *b)
{
    const struct report_requests *x = *(struct report_requests *const *)a;
    const struct report_requests *y = *(struct report_requests *const *)b;
    return x->calls_ns < y->calls_ns ? 1 : -(x->calls_ns > y->calls_ns);
}

static int part_by_time(const void *a, const void *b)
{
    const struct report_request_part *x = a, *y = b;
    return x->ns < y->ns ? 1 : -(x->ns > y->ns);
}

/* A server's own calls, and its requests, go to its application if it has one only. */
static void settle(struct gather *gather)
{
    for (size_t i = 0; i < gather->count; i++) {
        struct report_requests *item = gather->items[i];
        const struct traffic *traffic = gather->traffic;
        while (traffic->server && strcmp(traffic->server, item->server) != 0)
            traffic++;
        item->about = traffic->reads < traffic->writes ? traffic->reads : traffic->writes;
        for (size_t j = 0; j < gather->count; j++)
            item->shared |= j != i && gather->items[j]->application && item->application &&
                            strcmp(gather->items[j]->server, item->server) == 0;
    }
    for (size_t i = 0; i < gather->count; i++) {
        struct report_requests *own = gather->items[i];
        for (size_t j = 0; !own->application && j < gather->count; j++) {
            struct report_requests *item = gather->items[j];
            if (!item->application || item->shared || strcmp(item->server, own->server) != 0)
                continue;
            for (unsigned k = 0; k < own->part_count; k++)
                add_part(item, own->parts[k].name, own->parts[k].calls, own->parts[k].ns);
            own->about = 0;
        }
    }
}

void requests_fill(struct source *source)
{
    struct gather gather = {.source = source, .by_app.arena = source->build->arena};
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct source_thread *thread = source_thread(source, &cursor);
        if (record->type == RECORD_SLOT && thread)
            add_slot(&gather, thread, (const struct trace_slot *)record);
    }
    settle(&gather);
    size_t kept = 0;
    for (size_t i = 0; i < gather.count; i++)
        if (gather.items[i]->about)
            gather.items[kept++] = gather.items[i];
    if (kept)
        qsort(gather.items, kept, sizeof(struct report_requests *), by_time);
    for (size_t i = 0; i < kept; i++)
        qsort(gather.items[i]->parts, gather.items[i]->part_count,
              sizeof(struct report_request_part), part_by_time);
    source->process->requests = gather.items;
    source->process->request_count = (unsigned)kept;
}
