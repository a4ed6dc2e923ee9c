/* SPDX-License-Identifier: MIT
 *
 * See socket_waits.h. Source: Modules/socketmodule.c of CPython, sock_call_impl.
 */
#include "socket_waits.h"

#include "calls.h"
#include "text.h"

static uint32_t pyframe_of(const struct source *source, uint32_t context)
{
    const struct trace_context *record = reader_record(source->reader, context, RECORD_CONTEXT);
    return record ? record->pyframe : 0;
}

/* Receives or sends; a server's wait for connections is one for work. */
static bool transfers(const struct trace_call *call)
{
    return call && call->family == FAMILY_socket && call->blocks == BLOCKS_DATA &&
           (text_starts(call->name, "recv") || text_starts(call->name, "send") ||
            text_starts(call->name, "connect"));
}

void socket_waits_find(struct source *source)
{
    source->sockets.arena = source->build->arena;
    struct reader_cursor cursor = {.only_pid = source->process->pid};
    for (const struct trace_record *record; (record = reader_next(source->reader, &cursor));) {
        const struct trace_slot *slot = (const struct trace_slot *)record;
        if (record->type != RECORD_SLOT || !transfers(reader_call(source->reader, slot->call)))
            continue;
        uint32_t pyframe = pyframe_of(source, slot->context);
        if (pyframe)
            map_put(&source->sockets, pyframe, 1);
    }
}

bool socket_waits_has(const struct source *source, uint16_t call, uint32_t context)
{
    const struct trace_call *facts = reader_call(source->reader, call);
    uint32_t pyframe = pyframe_of(source, context);
    return pyframe && facts && facts->blocks == BLOCKS_READY &&
           map_get(&source->sockets, pyframe) != MAP_NONE;
}
