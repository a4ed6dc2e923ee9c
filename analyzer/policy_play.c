/* SPDX-License-Identifier: MIT
 *
 * See policy_play.h.
 */
#include "policy_play.h"

#include "sites.h"

/* Wrappers of the command line and of the policy decide what the owners are. */
static void join_wrappers(struct arena *arena, struct policy *policy,
                          const struct report_options *options)
{
    const struct wrappers *given = options->wrappers;
    for (size_t i = 0; given && i < given->count; i++) {
        policy->wrappers.items = arena_grow(arena, policy->wrappers.items, sizeof *given->items,
                                            policy->wrappers.count, &policy->wrappers.capacity);
        policy->wrappers.items[policy->wrappers.count++] = given->items[i];
    }
}

int policy_play(struct replay *replay, struct report *report, struct arena *arena,
                struct policy *policy, const char *const *paths, unsigned count,
                const struct report_options *options, struct error *error)
{
    struct policy_modules modules;
    struct policy_compiled compiled;
    struct report_options own = *options;
    void (*each_chain)(void *, const struct replay *, const struct report_site *,
                       const struct policy_call *, const struct policy_moment *, uint64_t) =
        replay->each_chain;
    void *context = replay->context;
    int result = 0;
    join_wrappers(arena, policy, options);
    policy_modules_begin(&modules, arena);
    for (unsigned i = 0; result == 0 && i < count; i++)
        result = policy_modules_add(&modules, policy, paths[i], error);
    if (result == 0)
        result = policy_compile(&compiled, arena, policy, modules.items, modules.count, error);
    if (result == 0)
        result = replay_begin(replay, arena, policy, &compiled, error);
    policy_modules_end(&modules);
    if (result < 0)
        return -1;
    replay->each_chain = each_chain;
    replay->context = context;
    own.all = !own.pid;
    own.wrappers = &policy->wrappers;
    own.each_source = replay_source;
    own.context = replay;
    if (report_build(report, paths, count, &own, error) < 0)
        return -1;
    replay_finish(replay);
    return 0;
}

const struct replay_site *policy_play_site(const struct replay *replay, const char *prefix,
                                           struct error *error)
{
    const struct replay_site *found = NULL;
    for (size_t i = 0; i < replay->count; i++) {
        if (!sites_has_prefix(replay->sites[i].id, prefix))
            continue;
        if (found) {
            error_set(error, "%s: several sites begin so, %s and %s; give more digits", prefix,
                      found->site->short_id, replay->sites[i].site->short_id);
            return NULL;
        }
        found = &replay->sites[i];
    }
    if (!found)
        error_set(error, "%s: no site begins so; \"shunt report\" lists them", prefix);
    return found;
}
