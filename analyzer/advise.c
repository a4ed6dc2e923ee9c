/* SPDX-License-Identifier: MIT
 *
 * See advise.h. The rules are data (advise_rules.c); here is how they are matched, and the reasons
 * and gains that are computed from what was measured.
 */
#include "advise.h"

#include "advise_rules.h"
#include "format.h"
#include "noise.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define SMALL_SHARE     0.01     /* of a loop's stall */
#define SHORT_SHARE     0.50     /* blocked calls are less than this of the site's stall */
#define SHORT_NS        10000000 /* no call on a descriptor that cannot block lasts so long */
#define HAND_OFF_NS     5000     /* to a worker and back, about; see docs */
#define TURNS_CONFIDENT 10
#define TURNS_SOME      3

/* What a site's advice is derived from. */
struct facts {
    struct arena *arena;
    const struct report_process *process;
    struct report_site *site;
    const struct report_use *use;   /* the one with the most stall; NULL: on no loop */
    const struct report_loop *loop; /* its */
    enum advise_place place;
    const char *target; /* most blocked one; NULL unknown */
};

static const struct report_use *worst_use(const struct report_site *site)
{
    const struct report_use *worst = NULL;
    for (const struct report_use *use = site->uses; use; use = use->next)
        if (!use->noise && use->thread->loop && (!worst || use->stall_ns > worst->stall_ns))
            worst = use;
    return worst;
}

static bool on_file(const struct facts *facts)
{
    return facts->target && text_starts(facts->target, "file:");
}

/* Work rather than waiting: most of its time is in short calls, or it is the kernel's own work and
 * the CPU's: no call that took long was free to wait for a peer. */
static bool hardly_waits(const struct facts *facts)
{
    const struct report_use *use = facts->use;
    if ((double)use->blocked_ns < SHORT_SHARE * (double)use->stall_ns ||
        facts->site->facts->blocks == BLOCKS_NEVER)
        return true;
    return facts->site->facts->blocks == BLOCKS_DATA && use->no_timeout == 0 && !on_file(facts) &&
           use->max_ns < SHORT_NS;
}

static enum advise_place place_of(const struct facts *facts)
{
    if (!facts->use)
        return PLACE_THREAD;
    if (facts->use->stall_ns == 0)
        return PLACE_NO_STALL;
    if ((double)facts->use->stall_ns < SMALL_SHARE * (double)facts->loop->stall_ns)
        return PLACE_SMALL;
    if (facts->loop->calm)
        return PLACE_CALM;
    if (facts->site->facts && hardly_waits(facts))
        return PLACE_SHORT;
    return PLACE_STALL;
}

static const struct advise_rule *match(const struct facts *facts)
{
    for (unsigned i = 0; i < advise_rule_count; i++) {
        const struct advise_rule *rule = &advise_rules[i];
        if (rule->place == facts->place &&
            (rule->blocks == BLOCKS_ANY || rule->blocks == facts->site->facts->blocks) &&
            (!rule->target || (facts->target && text_starts(facts->target, rule->target))))
            return rule;
    }
    return NULL;
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static const struct advise_setting *known_setting(const struct facts *facts)
{
    const struct report_site *site = facts->site;
    for (unsigned i = 0; i < advise_setting_count; i++) {
        const struct advise_setting *row = &advise_settings[i];
        if (strcmp(row->program, facts->process->name) != 0 || strcmp(row->call, site->call) != 0)
            continue;
        bool named = row->function && strcmp(row->function, site->function) == 0;
        bool aimed = row->target && (!row->function || !site->stable) && facts->target &&
                     text_starts(facts->target, "file:") && ends_in(facts->target, row->target);
        if (named || aimed)
            return row;
    }
    return NULL;
}

/* ---- reasons ---- */

static void because(struct facts *facts, const char *reason)
{
    struct report_advice *advice = &facts->site->advice;
    if (advice->reason_count < REPORT_REASONS)
        advice->reasons[advice->reason_count++] = reason;
}

static void reasons_on_loop(struct facts *facts)
{
    struct arena *a = facts->arena;
    const struct report_use *use = facts->use;
    const struct report_loop *loop = facts->loop;
    because(facts, arena_print(a, "in %s of %s stalled turns, %s of their time",
                               format_count(a, use->stalled_turns), format_count(a, loop->stalls),
                               format_share(a, use->stall_ns, loop->stall_ns)));
    if (loop->harmful && facts->place == PLACE_STALL)
        because(facts, arena_print(a, "after %s of the stalls other work was already waiting",
                                   format_share(a, loop->harmful, loop->stalls)));
}

static void reasons_of_limits(struct facts *facts)
{
    struct report_site *site = facts->site;
    if (site->no_timeout && site->facts->blocks != BLOCKS_DISK &&
        site->facts->blocks != BLOCKS_CHILD &&
        !(facts->target && (text_starts(facts->target, "file:"))))
        because(facts, arena_print(facts->arena,
                                   "NO TIMEOUT on %s of %s blocked calls: a peer that never "
                                   "answers holds the %s for good",
                                   format_count(facts->arena, site->no_timeout),
                                   format_count(facts->arena, site->blocked),
                                   site->on_loop ? "loop" : "thread"));
    if (!site->stable && site->advice.verdict != VERDICT_FINE)
        because(facts, arena_print(facts->arena, "its name will not outlive a rebuild: %s",
                                   site->unstable));
    if (site->histogram_shared)
        because(facts, "p50 and p99 also count calls of other sites (through one wrapper)");
}

/* ---- routes ---- */

static struct report_route *add_route(struct facts *facts, const char *name)
{
    struct report_advice *advice = &facts->site->advice;
    struct report_route *route = &advice->routes[advice->route_count++];
    route->name = name;
    return route;
}

static void route_pool(struct facts *facts)
{
    struct report_route *pool = add_route(facts, "pool");
    struct arena *a = facts->arena;
    if (facts->site->facts->move == MOVE_NEVER) {
        pool->text = "never: the call is bound to its own thread";
        return;
    }
    /* without a green runtime the loop's thread itself waits for the worker */
    pool->gain_known = true;
    pool->text = arena_print(a, "the loop still waits; ~%s of hand-off more. Not offered",
                             format_duration(a, facts->use->calls * HAND_OFF_NS));
}

static void routes(struct facts *facts, const struct advise_rule *rule,
                   const struct advise_setting *setting)
{
    route_pool(facts);
    add_route(facts, "green")->text = "no green runtime in this process";
    const char *how = setting && setting->source ? setting->source : rule->source;
    if (how) {
        struct report_route *source = add_route(facts, "source");
        source->applies = source->gain_known = true;
        source->gain_ns = facts->use->stall_ns;
        source->text = how;
    }
    if (setting) {
        struct report_route *config = add_route(facts, "config");
        config->applies = config->gain_known = config->estimated = true;
        config->gain_ns = facts->use->stall_ns;
        config->text = arena_print(facts->arena, "%s; %s", setting->setting, setting->cost);
    }
}

/* ---- one site ---- */

static enum confidence confidence_of(const struct facts *facts,
                                     const struct advise_setting *setting)
{
    if (facts->place != PLACE_STALL)
        return facts->site->calls >= TURNS_CONFIDENT ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
    if (facts->use->stalled_turns < TURNS_SOME)
        return CONFIDENCE_LOW;
    if (setting)
        return CONFIDENCE_HIGH;
    return facts->site->stable && facts->use->stalled_turns >= TURNS_CONFIDENT ? CONFIDENCE_HIGH
                                                                               : CONFIDENCE_MEDIUM;
}

static bool noise_only(const struct report_site *site)
{
    return site->calls == 0 && site->idle_calls > 0;
}

static void advise(struct facts *facts)
{
    struct report_advice *advice = &facts->site->advice;
    if (noise_only(facts->site)) {
        advice->verdict = VERDICT_FINE;
        advice->confidence = CONFIDENCE_HIGH;
        advice->headline = noise_headline(facts->site->noise);
        return;
    }
    if (!facts->site->facts) {
        advice->verdict = VERDICT_UNKNOWN;
        advice->headline = "The trace does not tell what this call is.";
        return;
    }
    const struct advise_rule *rule = match(facts);
    const struct advise_setting *setting =
        facts->place == PLACE_STALL ? known_setting(facts) : NULL;
    advice->verdict = rule ? rule->verdict : VERDICT_UNKNOWN;
    advice->headline = rule ? rule->headline : "No rule speaks of this call.";
    advice->confidence = confidence_of(facts, setting);
    if (facts->use && facts->use->stall_ns)
        reasons_on_loop(facts);
    if (setting)
        because(facts, setting->why);
    reasons_of_limits(facts);
    if (facts->place == PLACE_STALL && rule)
        routes(facts, rule, setting);
}

void advise_process(struct arena *arena, struct report_process *process)
{
    for (unsigned i = 0; i < process->site_count; i++) {
        struct report_site *site = process->sites[i];
        struct facts facts = {
            .arena = arena, .process = process, .site = site, .use = worst_use(site)};
        facts.loop = facts.use ? facts.use->thread->loop : NULL;
        facts.target = site->target_count ? site->targets[0].text : NULL;
        facts.place = place_of(&facts);
        advise(&facts);
    }
}
