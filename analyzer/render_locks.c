/* SPDX-License-Identifier: MIT
 *
 * The part of a page that speaks of locks: who waited for whom, and who slept on a lock that
 * others wanted.
 */
#include "render_parts.h"

#include "format.h"
#include "render_table.h"

#include <string.h>

#define WAITS_MOST 5u
#define HELD_MOST  3u

static const char *place(struct page *page, const struct report_lock *lock)
{
    struct arena *a = page->arena;
    if (!lock->taken_by)
        return "somebody unknown";
    const char *function = table_function(page, lock->taken_by, lock->shown_module);
    const char *slash = lock->file ? strrchr(lock->file, '/') : NULL;
    return lock->file
               ? arena_print(a, "%s (%s:%d)", function, slash ? slash + 1 : lock->file, lock->line)
               : function;
}

/* Only what most of the waiting met. */
static const char *activity(struct page *page, const struct report_lock *lock)
{
    struct arena *a = page->arena;
    const struct report_lock_activity *most = lock->activity;
    if (!lock->activity_count || most->unknown)
        return "";
    const char *began = most->ns < lock->ns ? arena_print(a, "when %s of it began",
                                                          format_share(a, most->ns, lock->ns))
                                            : "when it began";
    if (!most->call)
        return arena_print(a, ", computing or in a call that is not seen %s", began);
    return arena_print(a, ", in %s%s %s", most->call,
                       most->site ? arena_print(a, " (%s)", most->site->short_id) : "", began);
}

void parts_lock(struct page *page, const struct report_lock *lock, const char *label)
{
    struct arena *a = page->arena;
    const char *name = table_function(page, lock->site->function, lock->site->shown_module);
    if (lock->waited)
        page_wrap(page, PAGE_PLAIN, label, 5,
                  arena_print(
                      a, "%s waited %s in %s, at most %s, for a lock held by %s%s", name,
                      format_duration(a, lock->ns), format_plural(a, lock->count, "wait", "waits"),
                      format_duration(a, lock->max_ns), place(page, lock), activity(page, lock)));
    else
        page_wrap(page, PAGE_PLAIN, label, 5,
                  arena_print(a, "%s blocked %s in %s of %s while it held a lock taken by %s", name,
                              format_duration(a, lock->ns),
                              format_plural(a, lock->count, "call", "calls"), lock->site->call,
                              place(page, lock)));
}

/* Several locks of one function, held at once, repeat the same calls. */
static bool told_before(const struct report_locks *locks, unsigned index)
{
    const struct report_lock *lock = &locks->items[index];
    for (unsigned i = locks->wait_count; lock->outer && i < locks->count; i++) {
        const struct report_lock *other = &locks->items[i];
        if (!other->outer && other->site == lock->site &&
            strcmp(other->taken_by ? other->taken_by : "", lock->taken_by) == 0)
            return true;
    }
    return false;
}

static unsigned held(struct page *page, const struct report_locks *locks)
{
    unsigned shown = 0, left = 0;
    for (unsigned i = locks->wait_count; i < locks->count; i++) {
        const struct report_lock *lock = &locks->items[i];
        if (!lock->wanted || (lock->site->facts && lock->site->facts->blocks == BLOCKS_LOCK))
            left += !lock->outer;
        else if (!told_before(locks, i) && shown++ < HELD_MOST)
            parts_lock(page, lock, arena_print(page->arena, "%-5s", lock->site->short_id));
    }
    return left;
}

static const char *free_locks(struct page *page, const struct report_locks *locks)
{
    return arena_print(page->arena, "%s were free when taken: counted, not timed",
                       format_count(page->arena, locks->free));
}

void parts_locks(struct page *page, const struct report_process *process)
{
    struct arena *a = page->arena;
    const struct report_locks *locks = &process->locks;
    uint64_t longest = 0;
    for (unsigned i = 0; i < locks->wait_count; i++)
        longest = locks->items[i].max_ns > longest ? locks->items[i].max_ns : longest;
    if (longest < process->threshold_ns) {
        if (locks->free)
            page_wrap(page, PAGE_PLAIN, "Locks  ", 4,
                      arena_print(a, "%s. %s", free_locks(page, locks),
                                  locks->waits
                                      ? arena_print(a, "%s for others, none as long as %s.",
                                                    format_plural(a, locks->waits, "wait", "waits"),
                                                    format_duration(a, process->threshold_ns))
                                      : "Nobody waited for one."));
        return;
    }
    page_wrap(page, PAGE_BOLD, "LOCKS", 2,
              arena_print(a, "  %s for %s in all; %s",
                          format_plural(a, locks->waits, "wait", "waits"),
                          format_duration(a, locks->wait_ns), free_locks(page, locks)));
    unsigned shown = 0;
    for (; shown < locks->wait_count && shown < WAITS_MOST; shown++) {
        const struct report_lock *lock = &locks->items[shown];
        if (lock->ns < process->threshold_ns || lock->ns < locks->wait_ns / 100)
            break;
        parts_lock(page, lock, arena_print(a, "%-5s", lock->site->short_id));
    }
    if (locks->wait_count > shown)
        page_line(page, "     %s of waiter and holder with less (--json lists all)",
                  format_plural(a, locks->wait_count - shown, "more pair", "more pairs"));
    unsigned left = held(page, locks);
    if (left)
        page_line(page, "     %s blocked while holding a lock that nobody was seen to wait for",
                  format_plural(a, left, "site", "sites"));
    fputc('\n', page->out);
}
