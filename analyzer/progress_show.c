/* SPDX-License-Identifier: MIT
 *
 * See progress.h: the page.
 */
#include "days.h"
#include "format.h"
#include "page.h"
#include "policy_show.h"
#include "progress.h"
#include "text.h"

#include <string.h>

#define BAR_MOST   16u
#define SITES_MOST 6u

static const struct ledger *latest_of(const struct progress *progress)
{
    return &progress->points[progress->count - 1].ledger;
}

static const char *day_of(struct arena *arena, uint64_t realtime_ns)
{
    char text[DAYS_TEXT];
    days_print(days_of_ns(realtime_ns), text);
    return arena_copy(arena, text);
}

/* ---- items ---- */

static const char *short_route(struct arena *arena, const struct policy *policy, uint32_t index)
{
    if (index >= policy->rule_count)
        return "(group)";
    const struct policy_rule *rule = &policy->rules[index];
    if (!rule->routes)
        return "(ledger)";
    return rule->rollout == POLICY_ROLLOUT_ALL
               ? policy_route_name(rule->route)
               : arena_print(arena, "%s %s", policy_route_name(rule->route),
                             policy_show_share(arena, rule->rollout));
}

static void show_item(struct page *page, const struct progress *progress, uint32_t index)
{
    struct arena *arena = page->arena;
    const struct policy *policy = progress->policy;
    const struct ledger_item *item = &latest_of(progress)->items[index];
    const struct policy_ledger *ledger = progress_ledger(policy, index);
    bool seen = item->calls || item->idle_calls;
    page_line(
        page, "%-26s %-8s%6s%12s%10s  %s", text_fit(arena, ledger_item_name(policy, index), 26),
        policy_state_name(ledger_state(policy, index)),
        seen ? format_count(arena, item->sites) : "-",
        seen ? format_count(arena, item->calls) : "-",
        seen ? format_duration(arena, item->stall_ns) : "-", short_route(arena, policy, index));
    if (ledger->reason || ledger->contact)
        page_wrap(page, PAGE_DIM, "    ", 4,
                  arena_print(arena, "%s%s%s%s", ledger->reason ? ledger->reason : "",
                              ledger->reason && ledger->contact ? "; " : "",
                              ledger->contact ? "ask " : "",
                              ledger->contact ? ledger->contact : ""));
}

/* Sites that need work and that nothing in the policy names. */
static void show_rest(struct page *page, const struct progress *progress)
{
    struct arena *arena = page->arena;
    const struct ledger *latest = latest_of(progress);
    unsigned count = 0;
    struct report_sums sums = {0};
    const char *names = "";
    for (unsigned i = 0; i < latest->count; i++) {
        const struct ledger_site *site = &latest->sites[i];
        if (!site->open || site->item != LEDGER_NO_ITEM)
            continue;
        sums.calls += site->sums.calls;
        sums.stall_ns += site->sums.stall_ns;
        if (count++ < SITES_MOST)
            names = arena_print(arena, "%s%s%s", names, *names ? ", " : "", site->site->short_id);
    }
    if (count == 0)
        return;
    page_line(page, "%-26s %-8s%6u%12s%10s", "(sites without an item)", "found", count,
              format_count(arena, sums.calls), format_duration(arena, sums.stall_ns));
    page_wrap(page, PAGE_DIM, "    ", 4,
              arena_print(arena, "%s%s", names, count > SITES_MOST ? ", ..." : ""));
}

static void show_items(struct page *page, const struct progress *progress)
{
    const struct policy *policy = progress->policy;
    page_line(page, "%-26s %-8s%6s%12s%10s  %s", "ITEM", "STATE", "SITES", "CALLS", "STALL",
              "ROUTE");
    for (uint32_t i = 0; i < policy->rule_count + policy->group_count; i++)
        show_item(page, progress, i);
    show_rest(page, progress);
}

static void show_states(struct page *page, const struct progress *progress)
{
    const char *text = "";
    for (unsigned state = POLICY_FOUND; state < POLICY_STATES; state++)
        text = arena_print(page->arena, "%s%s%u %s", text, *text ? "  >  " : "",
                           progress->states[state], policy_state_name((enum policy_state)state));
    page_wrap(page, PAGE_BOLD, "STANDS  ", 8, text);
}

/* ---- what contradicts the ledger ---- */

static void show_alarms(struct page *page, const struct progress *progress)
{
    struct arena *arena = page->arena;
    const struct policy *policy = progress->policy;
    const struct ledger *latest = latest_of(progress);
    for (uint32_t i = 0; i < policy->rule_count + policy->group_count; i++) {
        const struct ledger_item *item = &latest->items[i];
        enum policy_state state = ledger_state(policy, i);
        if (state == POLICY_CLOSED && item->blocked)
            page_wrap(page, PAGE_RED, "CAME BACK  ", 11,
                      arena_print(arena, "\"%s\" is closed, and %s blocked",
                                  ledger_item_name(policy, i),
                                  format_plural(arena, item->blocked, "call", "calls")));
        if (progress_expired(policy, i, progress->today))
            page_wrap(page, PAGE_YELLOW, "EXPIRED  ", 9,
                      arena_print(arena, "\"%s\" on %s", ledger_item_name(policy, i),
                                  progress_ledger(policy, i)->expires));
    }
}

/* ---- over time ---- */

static void show_point(struct page *page, const struct progress *progress, unsigned index,
                       unsigned most)
{
    struct arena *arena = page->arena;
    const struct progress_point *point = &progress->points[index];
    unsigned open = point->ledger.open;
    char bar[BAR_MOST + 1] = "";
    unsigned length = most ? (open * BAR_MOST + most - 1) / most : 0;
    memset(bar, '#', length);
    const char *change =
        index == 0 ? "" : arena_print(arena, "+%u new  -%u gone", point->fresh, point->gone);
    page_line(page, "%-11s%-18s%5u %-*s %7s  %s", day_of(arena, point->ledger.started_ns),
              text_fit(arena, point->path, 17), open, (int)BAR_MOST, bar,
              format_share(arena, point->ledger.stall_ns, point->ledger.loop_ns), change);
}

static void show_time(struct page *page, const struct progress *progress)
{
    unsigned most = 0;
    for (unsigned i = 0; i < progress->count; i++)
        if (progress->points[i].ledger.open > most)
            most = progress->points[i].ledger.open;
    page_line(page, "%s", "");
    page_line(page, "%-11s%-18s%5s %-*s %7s", "WHEN", "RECORDING", "SITES", (int)BAR_MOST,
              "that need work", "STALLED");
    for (unsigned i = 0; i < progress->count; i++)
        show_point(page, progress, i, most);
    if (progress->count == 1)
        page_wrap(page, PAGE_DIM, "", 0,
                  "(One recording tells where things stand; several, of the same load, how they "
                  "go on.)");
}

void progress_show(const struct progress *progress, FILE *out, bool color)
{
    struct page page = {.out = out, .arena = progress->arena, .color = color};
    const struct ledger *latest = latest_of(progress);
    page_line(&page, "%s, beside %s of %s, goal %s", progress->policy->path,
              progress->points[progress->count - 1].path,
              day_of(progress->arena, latest->started_ns), report_goal_name(latest->report.goal));
    page_line(&page, "%s", "");
    show_items(&page, progress);
    page_line(&page, "%s", "");
    show_states(&page, progress);
    show_alarms(&page, progress);
    show_time(&page, progress);
}
