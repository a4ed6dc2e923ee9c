/* SPDX-License-Identifier: MIT
 *
 * See render_rollouts.h.
 */
#include "render_rollouts.h"

#include "format.h"
#include "json_values.h"
#include "rollouts.h"

struct quantiles {
    bool known;
    uint64_t p50_ns, p99_ns;
};

static uint64_t quantile_ns(const struct report_rollout_part *part, double q, double ns_per_tick)
{
    uint64_t max = (uint64_t)((double)part->max_ns / ns_per_tick);
    return (uint64_t)(histogram_quantile(&part->histogram, q, max) * ns_per_tick + 0.5);
}

static struct quantiles quantiles(const struct report_rollout *rollout,
                                  const struct report_rollout_part *part, double ns_per_tick)
{
    if (rollout->histogram_shared || part->histogram.count == 0)
        return (struct quantiles){0};
    return (struct quantiles){true, quantile_ns(part, 0.50, ns_per_tick),
                              quantile_ns(part, 0.99, ns_per_tick)};
}

/* ---- text ---- */

static void row(struct page *page, const struct report_rollout *rollout, const char *name,
                const struct report_rollout_part *part, double ns_per_tick)
{
    struct arena *a = page->arena;
    struct quantiles q = quantiles(rollout, part, ns_per_tick);
    if (part->calls == 0)
        return;
    page_line(page, "     %-19s %10s %7s %8s %8s %8s %8s", name, format_count(a, part->calls),
              format_count(a, part->errors), format_duration(a, part->ns / part->calls),
              q.known ? format_duration(a, q.p50_ns) : "-",
              q.known ? format_duration(a, q.p99_ns) : "-", format_duration(a, part->max_ns));
}

void rollouts_show(struct page *page, const struct report_rollout *rollout, double ns_per_tick)
{
    if (!rollouts_compare(rollout))
        return;
    struct report_rollout_part *share = ARENA_NEW(page->arena, struct report_rollout_part);
    rollouts_share(rollout, share);
    page_line(page, "     %-19s %10s %7s %8s %8s %8s %8s", "ROLLOUT", "CALLS", "ERRORS", "MEAN",
              "P50", "P99", "MAX");
    row(page, rollout, "in the share", share, ns_per_tick);
    if (rollout->part[ROLLOUT_STAYED].calls) {
        row(page, rollout, "  by the route", &rollout->part[ROLLOUT_MOVED], ns_per_tick);
        row(page, rollout, "  in place", &rollout->part[ROLLOUT_STAYED], ns_per_tick);
    }
    row(page, rollout, "outside it", &rollout->part[ROLLOUT_OUTSIDE], ns_per_tick);
}

/* ---- JSON ---- */

static json_t *part_json(const struct report_rollout *rollout,
                         const struct report_rollout_part *part, double ns_per_tick)
{
    struct quantiles q = quantiles(rollout, part, ns_per_tick);
    json_t *object = json_object();
    json_object_set_new(object, "calls", json_count(part->calls));
    json_object_set_new(object, "errors", json_count(part->errors));
    json_object_set_new(object, "total_ns", json_count(part->ns));
    json_object_set_new(object, "p50_ns", json_count_if(q.known, q.p50_ns));
    json_object_set_new(object, "p99_ns", json_count_if(q.known, q.p99_ns));
    json_object_set_new(object, "max_ns", json_count(part->max_ns));
    return object;
}

void rollouts_json(json_t *object, const struct report_rollout *rollout, double ns_per_tick)
{
    if (!rollout)
        return;
    struct report_rollout_part share;
    json_t *all = json_object();
    rollouts_share(rollout, &share);
    json_object_set_new(all, "share", part_json(rollout, &share, ns_per_tick));
    json_object_set_new(all, "moved",
                        part_json(rollout, &rollout->part[ROLLOUT_MOVED], ns_per_tick));
    json_object_set_new(all, "stayed",
                        part_json(rollout, &rollout->part[ROLLOUT_STAYED], ns_per_tick));
    json_object_set_new(all, "outside",
                        part_json(rollout, &rollout->part[ROLLOUT_OUTSIDE], ns_per_tick));
    json_object_set_new(object, "rollout", all);
}
