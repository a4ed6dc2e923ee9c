/* SPDX-License-Identifier: MIT
 *
 * See call_words.h.
 */
#include "call_words.h"

#include <string.h>

static const char *const families[FAMILY_COUNT] = {
    [FAMILY_file] = "file",     [FAMILY_stdio] = "stdio",   [FAMILY_ipc] = "ipc",
    [FAMILY_signal] = "signal", [FAMILY_socket] = "socket", [FAMILY_select] = "select",
    [FAMILY_time] = "time",     [FAMILY_dns] = "dns",       [FAMILY_process] = "process",
    [FAMILY_sync] = "sync",
};

enum { ANY = -1 };

/* First match wins. What was shown to go wrong on another thread, by kinds of calls. */
static const struct never {
    int family; /* enum call_family, or ANY */
    int blocks; /* enum call_blocks, or ANY */
    const char *why;
} nevers[] = {
    {ANY, BLOCKS_LOCK, "a lock belongs to the thread that takes it"},
    {ANY, BLOCKS_CONDITION, "threads meet there, and another one cannot stand in"},
    {ANY, BLOCKS_READY, "it changes its own thread's signal mask while it waits"},
    {ANY, BLOCKS_CHILD, "it starts a process, which inherits from its own thread"},
    {FAMILY_signal, BLOCKS_DATA, "it waits for signals of its own thread"},
    {FAMILY_file, BLOCKS_DISK, "it calls functions of the program, which expect their own thread"},
    {FAMILY_stdio, ANY, "it relies on a stream's lock that its own thread holds"},
    {FAMILY_process, BLOCKS_DATA, "what it does is known by a number only"},
    {ANY, BLOCKS_NEVER, "it never waits, and acts on its own thread or process"},
    {ANY, ANY, "it is bound to the thread that calls it"},
};

const char *call_family_name(unsigned family)
{
    return family < FAMILY_COUNT ? families[family] : "unknown";
}

enum call_family call_family_of(const char *name)
{
    unsigned family = 0;
    while (family < FAMILY_COUNT && strcmp(families[family], name) != 0)
        family++;
    return (enum call_family)family;
}

enum call_id call_id_of(const char *name)
{
    for (unsigned id = 0; id < CALL_COUNT; id++)
        if (strcmp(call_infos[id].name, name) == 0)
            return (enum call_id)id;
    for (unsigned i = 0; i < call_alias_count; i++)
        if (strcmp(call_aliases[i].twin, name) == 0)
            return (enum call_id)call_aliases[i].id;
    return CALL_COUNT;
}

const char *call_never_why(enum call_id id)
{
    const struct call_info *call = &call_infos[id];
    const struct never *row = nevers;
    while ((row->family != ANY && row->family != call->family) ||
           (row->blocks != ANY && row->blocks != call->blocks))
        row++;
    return row->why;
}
