/* SPDX-License-Identifier: MIT
 *
 * See green_list.h.
 */
#include "green_list.h"

#include "preload/policy_glob.h"
#include "sites.h"

#include <string.h>

const struct green_row green_list[] = {
    {.shown = "libpq",
     .library = "libpq.so*",
     .via = "libpq.so*",
     .calls = "poll",
     .test = "acceptance_green_drivers"},
    {.shown = "libmariadb",
     .library = "libmariadb.so*",
     .via = "libmariadb.so*",
     .calls = "poll",
     .test = "acceptance_green_drivers"},
    {.shown = "the C resolver",
     .library = SITES_RESOLVER,
     .calls = "getaddrinfo",
     .python = true,
     .test = "acceptance_green_resolver"},
    {.shown = "file calls",
     .library = SITES_APPLICATION,
     .calls = "open fsync flock",
     .python = true,
     .test = "acceptance_green_calls"},
};
const unsigned green_list_count = sizeof green_list / sizeof *green_list;

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

const char *green_list_library(const struct report_site *site)
{
    const struct report_part *most = NULL;
    for (const struct report_part *part = site->parts; part; part = part->next)
        if (!most || part->sums.blocked_ns > most->sums.blocked_ns)
            most = part;
    return most ? most->library : NULL;
}

const struct green_row *green_list_of_site(const struct report_site *site)
{
    const char *library = green_list_library(site);
    for (unsigned i = 0; library && i < green_list_count; i++) {
        const struct green_row *row = &green_list[i];
        if ((site->python || !row->python) && has_word(row->calls, site->call) &&
            policy_glob_module(row->library, library))
            return row;
    }
    return NULL;
}

static bool is_listed_via(const char *call, const char *via)
{
    for (unsigned i = 0; i < green_list_count; i++)
        if (green_list[i].via && has_word(green_list[i].calls, call) &&
            policy_glob_covers(green_list[i].via, via))
            return true;
    return false;
}

/* Without a library between: the owner has to be a Python function. */
static bool is_listed_direct(const char *call, const struct policy_match *match)
{
    bool python = match->by[MATCH_PYTHON_FILE].count || match->by[MATCH_PYTHON_FUNCTION].count;
    for (unsigned i = 0; i < green_list_count; i++)
        if (!green_list[i].via && has_word(green_list[i].calls, call))
            return python || !green_list[i].python;
    return false;
}

static bool is_listed(const char *call, const struct policy_match *match)
{
    const struct policy_texts *via = &match->by[MATCH_VIA];
    const struct policy_texts *asked = via->count ? via : &match->by[MATCH_MODULE];
    for (unsigned i = 0; i < asked->count; i++)
        if (!is_listed_via(call, asked->items[i]))
            return false;
    return asked->count || is_listed_direct(call, match);
}

bool green_list_covers(const struct policy_match *match)
{
    if (match->any_call)
        return false;
    for (unsigned id = 0; id < CALL_COUNT; id++)
        if (match->calls[id] && call_infos[id].move != MOVE_NEVER &&
            !is_listed(call_infos[id].name, match))
            return false;
    return true;
}
