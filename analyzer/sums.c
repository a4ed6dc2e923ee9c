/* SPDX-License-Identifier: MIT
 *
 * See sums.h.
 */
#include "sums.h"

struct report_sums sums_of_slot(const struct source *source, const struct trace_slot *slot,
                                bool on_loop)
{
    return (struct report_sums){.calls = slot->count,
                                .total_ns = source_ns(source, slot->ticks),
                                .blocked = slot->blocked,
                                .blocked_ns = source_ns(source, slot->blocked_ticks),
                                .stall_ns = on_loop ? source_ns(source, slot->stall_ticks) : 0,
                                .max_ns = source_ns(source, slot->max)};
}

struct report_sums sums_of_site(const struct report_site *site)
{
    return (struct report_sums){.calls = site->calls,
                                .total_ns = site->total_ns,
                                .blocked = site->blocked,
                                .blocked_ns = site->blocked_ns,
                                .stall_ns = site->stall_ns,
                                .max_ns = site->max_ns};
}

struct report_sums sums_of_use(const struct report_use *use)
{
    return (struct report_sums){.calls = use->calls,
                                .total_ns = use->total_ns,
                                .blocked = use->blocked,
                                .blocked_ns = use->blocked_ns,
                                .stall_ns = use->stall_ns,
                                .max_ns = use->max_ns};
}

void sums_add(struct report_sums *to, const struct report_sums *from)
{
    to->calls += from->calls;
    to->total_ns += from->total_ns;
    to->blocked += from->blocked;
    to->blocked_ns += from->blocked_ns;
    to->stall_ns += from->stall_ns;
    to->max_ns = from->max_ns > to->max_ns ? from->max_ns : to->max_ns;
}

int sums_order(const struct report_sums *a, const struct report_sums *b)
{
    const uint64_t left[] = {a->stall_ns, a->blocked_ns, a->total_ns, a->calls};
    const uint64_t right[] = {b->stall_ns, b->blocked_ns, b->total_ns, b->calls};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        if (left[i] != right[i])
            return left[i] > right[i] ? -1 : 1;
    return 0;
}
