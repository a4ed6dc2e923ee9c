/* SPDX-License-Identifier: MIT
 *
 * Sites that one side alone has: did the call go, or is it the id that cannot be compared? And does
 * another function make it now, off the loop that it held up?
 */
#include "diff_parts.h"
#include "targets.h"

#include <string.h>

#define COMMON_LEAST \
    3u /* characters that two targets must share to be taken for one kind of thing */

static const struct diff_figures *only_side(const struct diff_site *site, enum diff_when *when)
{
    *when = site->side[DIFF_BEFORE].sum.calls ? DIFF_BEFORE : DIFF_AFTER;
    return &site->side[*when];
}

/* ---- unstable ids ---- */

/* "redis-server!f6825e71f1473+0x13c0c1": the part that tells the build. */
static size_t build_length(const struct report_site *site)
{
    const char *mark = strchr(site->function, '!');
    const char *offset = mark ? strstr(mark, "+0x") : NULL;
    return offset ? (size_t)(offset - site->function) : 0;
}

enum other_side { OTHER_HAS_BUILD, OTHER_HAS_MODULE, OTHER_LACKS_MODULE };

static enum other_side look_for_build(const struct diff *diff, const struct report_site *site,
                                      enum diff_when other)
{
    size_t length = build_length(site);
    enum other_side found = OTHER_LACKS_MODULE;
    for (size_t i = 0; i < diff->site_count; i++) {
        const struct report_site *there = diff->sites[i]->side[other].site;
        if (!there || strcmp(there->module, site->module) != 0)
            continue;
        if (build_length(there) == length && memcmp(there->function, site->function, length) == 0)
            return OTHER_HAS_BUILD;
        found = OTHER_HAS_MODULE;
    }
    return found;
}

static void check_id(struct diff *diff, struct diff_site *site)
{
    enum diff_when when;
    const struct report_site *here = only_side(site, &when)->site;
    if (!here->unstable)
        return;
    if (build_length(here) == 0) { /* no place in a file: generated code, chains not recorded */
        site->class = DIFF_UNMATCHED;
        site->why = here->unstable;
        return;
    }
    if (look_for_build(diff, here, !when) != OTHER_HAS_MODULE)
        return;
    site->class = DIFF_UNMATCHED;
    site->why = arena_print(&diff->arena,
                            "%s has no name for this place, and is another build on the other side",
                            here->shown_module);
}

/* ---- moved ---- */

/* Do both go to the same kind of thing? What is not known of either is no reason against it. */
static bool same_target(struct diff *diff, const char *a, const char *b)
{
    if (!a || !b)
        return !a && !b;
    const char *merged = targets_merge(&diff->arena, a, b);
    const char *colon = strchr(merged, ':');
    size_t common = 0;
    for (const char *c = colon ? colon + 1 : merged; *c; c++)
        common += *c != '*' && *c != '/' && *c != ':';
    return common >= COMMON_LEAST;
}

bool diff_share_name(const char *names, const char *others)
{
    while (*names) {
        size_t length = strcspn(names, ",");
        for (const char *other = others; *other;) {
            size_t other_length = strcspn(other, ",");
            if (length == other_length && memcmp(names, other, length) == 0)
                return true;
            other += other_length + strspn(other + other_length, ", ");
        }
        names += length + strspn(names + length, ", ");
    }
    return false;
}

static bool mostly_on_loop(const struct diff_figures *figures)
{
    return figures->sum.loop_calls * 2 > figures->sum.calls;
}

/* One thread that passes for a loop on one side alone? */
static bool same_thread(const struct diff_figures *a, const struct diff_figures *b)
{
    return diff_share_name(a->loop_threads, b->threads) ||
           diff_share_name(b->loop_threads, a->threads);
}

/* The heaviest site of the other side alone that makes the same call on the other kind of thread.
 */
static struct diff_site *counterpart(struct diff *diff, const struct diff_site *site,
                                     enum diff_when when)
{
    const struct diff_figures *here = &site->side[when];
    struct diff_site *best = NULL;
    for (size_t i = 0; i < diff->site_count; i++) {
        struct diff_site *other = diff->sites[i];
        const struct diff_figures *there = &other->side[!when];
        if (other->role != site->role || other->other || other->class == DIFF_UNMATCHED ||
            !there->site || other->side[when].site ||
            strcmp(there->site->call, here->site->call) != 0 ||
            mostly_on_loop(there) == mostly_on_loop(here) || same_thread(there, here) ||
            !same_target(diff, here->site->pattern, there->site->pattern))
            continue;
        if (!best || there->sum.total_ns > best->side[!when].sum.total_ns)
            best = other;
    }
    return best;
}

static void pair(struct diff *diff, struct diff_site *site)
{
    enum diff_when when;
    const struct diff_figures *here = only_side(site, &when);
    if (when != DIFF_BEFORE || site->class == DIFF_UNMATCHED || here->sum.blocked == 0 ||
        !here->site)
        return;
    struct diff_site *other = counterpart(diff, site, when);
    if (!other)
        return;
    site->other = other;
    other->other = site;
    site->left_loop = other->left_loop = mostly_on_loop(here);
    site->came_to_loop = other->came_to_loop = !site->left_loop;
}

void diff_match(struct diff *diff)
{
    for (size_t i = 0; i < diff->site_count; i++)
        diff->sites[i]->class = DIFF_SAME;
    for (size_t i = 0; i < diff->site_count; i++)
        if (!diff_on_both(diff->sites[i]))
            check_id(diff, diff->sites[i]);
    for (size_t i = 0; i < diff->site_count; i++)
        if (!diff_on_both(diff->sites[i]))
            pair(diff, diff->sites[i]);
}
