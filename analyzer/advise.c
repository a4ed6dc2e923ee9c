/* SPDX-License-Identifier: MIT
 *
 * See advise.h. The rules are data (advise_rules.c); here is how they are matched, and the reasons
 * and gains that are computed from what was measured.
 */
#include "advise.h"

#include "advise_rules.h"
#include "format.h"
#include "green_list.h"
#include "noise.h"
#include "rhythm.h"
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
    const struct report_use *hub;   /* NULL: it has a loop, or its thread is no hub */
    const struct report_loop *loop; /* its */
    enum advise_place place;
    const char *target; /* most blocked one; NULL unknown */
    enum goal goal;
    const struct advise_runtime *runtime; /* of the loop, or of the process; NULL */
};

static const struct report_use *worst_use(const struct report_site *site)
{
    const struct report_use *worst = NULL;
    for (const struct report_use *use = site->uses; use; use = use->next)
        if (!use->noise && use->thread->loop && (!worst || use->stall_ns > worst->stall_ns))
            worst = use;
    return worst;
}

static const struct report_use *hub_use(const struct report_site *site)
{
    const struct report_use *worst = NULL;
    for (const struct report_use *use = site->uses; use; use = use->next)
        if (!use->noise && use->thread->hub && !use->thread->loop &&
            (!worst || use->blocked_ns > worst->blocked_ns))
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
        (facts->site->facts->blocks == BLOCKS_NEVER && !advise_forks(facts->site->call)))
        return true;
    return facts->site->facts->blocks == BLOCKS_DATA && use->no_timeout == 0 && !on_file(facts) &&
           use->max_ns < SHORT_NS;
}

/* Waits without blocking that are worth a word. */
static bool yields(const struct facts *facts)
{
    const struct report_pending *pending = &facts->site->pending;
    return (facts->use || facts->hub) && facts->site->pending_kind == PENDING_YIELDS &&
           pending->ns + pending->unfinished_ns >= facts->process->threshold_ns;
}

bool advise_is_runtimes(const struct report_site *site)
{
    return (site->python && site->layer == PYTHON_GREEN) || site->library_wait == LIBRARY_WAKE;
}

/* Of a hub without turns all that is known is how long its thread was blocked. */
static bool blocks_hub(const struct facts *facts)
{
    return facts->site->facts && facts->site->facts->blocks != BLOCKS_NEVER &&
           (double)facts->hub->blocked_ns > SMALL_SHARE * (double)facts->process->wall_ns;
}

static enum advise_place place_by_stall(const struct facts *facts)
{
    if (facts->hub && blocks_hub(facts))
        return PLACE_HUB;
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

static enum advise_place place_of(const struct facts *facts)
{
    enum advise_place place = place_by_stall(facts);
    bool holds_up = place == PLACE_STALL || place == PLACE_HUB;
    if (advise_is_runtimes(facts->site) && (!holds_up || facts->goal == GOAL_THREADS))
        return PLACE_RUNTIME;
    return !holds_up && yields(facts) ? PLACE_PENDING : place;
}

/* Blocked calls to a peer that had no limit of their own. */
static bool is_unbounded(const struct facts *facts)
{
    const struct report_site *site = facts->site;
    bool waits = site->facts->blocks == BLOCKS_DATA || site->facts->blocks == BLOCKS_READY;
    return waits && site->no_timeout && facts->target &&
           (text_starts(facts->target, "tcp:") || text_starts(facts->target, "udp:"));
}

static bool fits_place(const struct advise_rule *rule, const struct facts *facts)
{
    return rule->place == PLACE_ANY || rule->place == facts->place ||
           (rule->place == PLACE_STALL && facts->place == PLACE_HUB);
}

static bool speaks_of(const struct advise_rule *rule, const struct facts *facts)
{
    static const enum goal goals[] = {[FOR_UNBLOCK] = GOAL_UNBLOCK, [FOR_THREADS] = GOAL_THREADS};
    return (rule->goal == FOR_ANY || goals[rule->goal] == facts->goal) &&
           (rule->on == ON_ANY || (facts->runtime && facts->runtime->on == rule->on)) &&
           fits_place(rule, facts) && (!rule->forks || advise_forks(facts->site->call)) &&
           (!rule->unbounded || is_unbounded(facts)) &&
           (rule->blocks == BLOCKS_ANY || rule->blocks == facts->site->facts->blocks) &&
           (!rule->waits || rule->waits == facts->site->library_wait) &&
           (!rule->target || (facts->target && text_starts(facts->target, rule->target)));
}

static const struct advise_rule *match(const struct facts *facts)
{
    for (unsigned i = 0; i < advise_rule_count; i++)
        if (speaks_of(&advise_rules[i], facts))
            return &advise_rules[i];
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

/* What it costs goes with memory, and there is more than what was measured. */
static void reasons_of_fork(struct facts *facts)
{
    struct arena *a = facts->arena;
    because(facts, arena_print(a,
                               "%s, at most %s: the time grows with resident memory; the copies "
                               "at first writes after it come on top",
                               format_plural(a, facts->site->calls, "fork", "forks"),
                               format_duration(a, facts->site->max_ns)));
}

static void reasons_on_hub(struct facts *facts)
{
    struct arena *a = facts->arena;
    because(facts, arena_print(a, "blocked %s of the hub's thread %s, of the %s it ran",
                               format_plural(a, facts->hub->blocked, "call", "calls"),
                               format_duration(a, facts->hub->blocked_ns),
                               format_duration(a, facts->process->wall_ns)));
}

static void reasons_of_pending(struct facts *facts)
{
    struct arena *a = facts->arena;
    const struct report_pending *pending = &facts->site->pending;
    bool exact = pending->peak_least == pending->peak_most;
    because(facts,
            arena_print(a, "waited %s %s in all without blocking, at most %s, %s%s at a time",
                        format_plural(a, pending->count, "time,", "times,"),
                        format_duration(a, pending->ns), format_duration(a, pending->max_ns),
                        exact ? "" : "up to ", format_count(a, pending->peak_most)));
    if (pending->unfinished)
        because(facts, arena_print(a, "%s never succeeded: closed, failed or given up",
                                   format_plural(a, pending->unfinished, "wait", "waits")));
}

static void reasons_of_rhythm(struct facts *facts)
{
    const char *text = rhythm_of(facts->arena, facts->site);
    if (text)
        because(facts, text);
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

/* What the loop, or the hub's thread, spends in it. */
static const struct report_use *cost(const struct facts *facts)
{
    return facts->use ? facts->use : facts->hub;
}

static uint64_t gain_ns(const struct facts *facts)
{
    return facts->use ? facts->use->stall_ns : facts->hub->blocked_ns;
}

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
                             format_duration(a, cost(facts)->calls * HAND_OFF_NS));
}

static const char *replaced(struct arena *arena, const char *text, const char *what,
                            const char *with)
{
    const char *at = strstr(text, what);
    return at ? arena_print(arena, "%.*s%s%s", (int)(at - text), text, with, at + strlen(what))
              : text;
}

/* The rule's words, with what the runtime offers. */
static const char *work(const struct facts *facts, const char *source)
{
    if (!source || !facts->runtime)
        return source;
    source = replaced(facts->arena, source, "{offload}", facts->runtime->offload);
    return replaced(facts->arena, source, "{sleep}", facts->runtime->sleep);
}

/* How a green runtime waits for it, and whether that was tried with this library. */
static const char *green_costs(const struct facts *facts, const char *how)
{
    const struct green_row *row = green_list_of_site(facts->site);
    const char *library = green_list_library(facts->site);
    if (row)
        return arena_print(facts->arena, "%s, while others run; %s: on the tested list", how,
                           row->shown);
    return arena_print(facts->arena,
                       "%s, while others run; not on the tested list: %s. \"shunt policy check\" "
                       "says what is not known of it",
                       how, library ? library : "this call");
}

/* What it would gain is the time that others could have used. */
static void route_green(struct facts *facts, const struct advise_rule *rule)
{
    struct report_route *green = add_route(facts, "green");
    bool possible = rule->green && facts->site->facts->move != MOVE_NEVER;
    green->text = !facts->runtime || facts->runtime->on != ON_GREEN
                      ? "no green runtime in this process"
                  : possible ? green_costs(facts, rule->green)
                             : "no way to wait for it beside others";
    green->applies = green->gain_known = green->estimated = possible && rule->on == ON_GREEN;
    green->gain_ns = green->gain_known ? gain_ns(facts) : 0;
    green->worker = rule->worker;
}

static void routes(struct facts *facts, const struct advise_rule *rule,
                   const struct advise_setting *setting)
{
    route_pool(facts);
    route_green(facts, rule);
    const char *how = setting && setting->source ? setting->source : work(facts, rule->source);
    if (how) {
        struct report_route *source = add_route(facts, "source");
        source->applies = source->gain_known = true;
        source->gain_ns = gain_ns(facts);
        source->text = how;
    }
    if (setting) {
        struct report_route *config = add_route(facts, "config");
        config->applies = config->gain_known = config->estimated = true;
        config->gain_ns = gain_ns(facts);
        config->text = arena_print(facts->arena, "%s; %s", setting->setting, setting->cost);
    }
}

/* ---- one site ---- */

static enum confidence confidence_of(const struct facts *facts,
                                     const struct advise_setting *setting)
{
    if (facts->place == PLACE_HUB)
        return CONFIDENCE_MEDIUM;
    if (facts->place != PLACE_STALL)
        return facts->site->calls >= TURNS_CONFIDENT ? CONFIDENCE_HIGH : CONFIDENCE_MEDIUM;
    /* What fork does is known: one is no less sure than many. */
    if (facts->use->stalled_turns < TURNS_SOME)
        return advise_forks(facts->site->call) ? CONFIDENCE_MEDIUM : CONFIDENCE_LOW;
    if (setting)
        return CONFIDENCE_HIGH;
    return facts->site->stable && facts->use->stalled_turns >= TURNS_CONFIDENT ? CONFIDENCE_HIGH
                                                                               : CONFIDENCE_MEDIUM;
}

static bool noise_only(const struct report_site *site)
{
    return site->calls == 0 && site->idle_calls > 0;
}

/* The work lies in code that is not the team's own. */
static bool is_elsewhere(const struct report_site *site)
{
    return site->python ? site->layer != PYTHON_APPLICATION : !site->in_main_module;
}

static void advise(struct facts *facts)
{
    struct report_advice *advice = &facts->site->advice;
    if (noise_only(facts->site)) {
        advice->verdict = VERDICT_FINE;
        advice->confidence = CONFIDENCE_HIGH;
        advice->headline = noise_headline(facts->site->noise);
        reasons_of_rhythm(facts);
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
    if (facts->place == PLACE_HUB)
        reasons_on_hub(facts);
    if (setting)
        because(facts, setting->why);
    if (rule && rule->forks)
        reasons_of_fork(facts);
    if (facts->place == PLACE_PENDING)
        reasons_of_pending(facts);
    reasons_of_rhythm(facts);
    reasons_of_limits(facts);
    if (!rule)
        return;
    advice->work = work(facts, rule->source);
    advice->effort = advice->work ? rule->effort + is_elsewhere(facts->site) : 0;
    bool holds_up = facts->place == PLACE_STALL || facts->place == PLACE_HUB;
    if (holds_up && facts->goal == GOAL_UNBLOCK)
        routes(facts, rule, setting);
}

void advise_process(struct arena *arena, enum goal goal, struct report_process *process)
{
    for (unsigned i = 0; i < process->site_count; i++) {
        struct report_site *site = process->sites[i];
        struct facts facts = {
            .arena = arena, .process = process, .site = site, .use = worst_use(site), .goal = goal};
        facts.hub = facts.use ? NULL : hub_use(site);
        facts.loop = facts.use ? facts.use->thread->loop : NULL;
        facts.target = site->target_count ? site->targets[0].text : NULL;
        facts.runtime = advise_runtime_of(facts.loop ? facts.loop->runtime : process->runtime);
        facts.place = place_of(&facts);
        advise(&facts);
    }
}
