/* SPDX-License-Identifier: MIT
 *
 * `shunt policy diff`: what another policy would change, rule by rule, and for the sites of a
 * recording.
 */
#include "days.h"
#include "format.h"
#include "map.h"
#include "page.h"
#include "policy_command.h"
#include "policy_play.h"
#include "policy_show.h"
#include "reading.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: shunt policy diff [OPTIONS] OLD NEW [DIR | FILE]...\n"
    "\n"
    "Says what changes from one policy to another: its rules, and with a recording of\n"
    "\"shunt run\" which of its sites would take another route, and how many of their\n"
    "calls. What a share of a rollout takes is given as the share.\n"
    "\n" READING_HELP "\n"
    "exit status: 0 nothing changes; 1 something does; 2 the command line was wrong,\n"
    "or a file cannot be read.\n"
    "\n"
    "examples:\n"
    "  shunt policy diff plan.yaml new.yaml shunt.out\n"
    "  git show HEAD:plan.yaml > /tmp/old && shunt policy diff /tmp/old plan.yaml\n";

static const struct option options[] = {READING_OPTIONS, {0}};

enum side { OLD, NEW, SIDES };

struct sides {
    struct reading reading;
    struct policy policy[SIDES];
    struct replay replay[SIDES];
    struct report report[SIDES];
    bool built[SIDES];
};

/* ---- rules ---- */

static const struct policy_rule *find_rule(const struct policy *policy, const char *id)
{
    for (unsigned i = 0; i < policy->rule_count; i++)
        if (strcmp(policy->rules[i].id, id) == 0)
            return &policy->rules[i];
    return NULL;
}

static const char *rule_text(struct arena *arena, const struct policy *policy,
                             const struct policy_rule *rule)
{
    return arena_print(arena, "%s (%s): %s", policy_show_route(arena, policy, rule),
                       policy_state_name(policy_rule_state(rule)),
                       policy_show_match(arena, &rule->match));
}

/* Rules that both have and that read alike, in the same order? */
static bool order_changed(const struct policy *old, const struct policy *new)
{
    unsigned last = 0;
    for (unsigned i = 0; i < new->rule_count; i++) {
        const struct policy_rule *before = find_rule(old, new->rules[i].id);
        unsigned at = before ? (unsigned)(before - old->rules) : last;
        if (at < last)
            return true;
        last = at;
    }
    return false;
}

static unsigned show_rules(struct page *page, const struct policy *old, const struct policy *new)
{
    struct arena *arena = page->arena;
    unsigned changes = 0;
    for (unsigned i = 0; i < new->rule_count; i++) {
        const struct policy_rule *rule = &new->rules[i], *before = find_rule(old, rule->id);
        const char *now = rule_text(arena, new, rule);
        const char *then = before ? rule_text(arena, old, before) : NULL;
        if (then && strcmp(now, then) == 0)
            continue;
        if (then)
            page_wrap(page, PAGE_RED, arena_print(arena, "- %s  ", rule->id), 4, then);
        page_wrap(page, PAGE_GREEN, arena_print(arena, "+ %s  ", rule->id), 4, now);
        changes++;
    }
    for (unsigned i = 0; i < old->rule_count; i++)
        if (!find_rule(new, old->rules[i].id)) {
            page_wrap(page, PAGE_RED, arena_print(arena, "- %s  ", old->rules[i].id), 4,
                      rule_text(arena, old, &old->rules[i]));
            changes++;
        }
    if (order_changed(old, new)) {
        page_line(page, "  rules that both have stand in another order");
        changes++;
    }
    return changes;
}

/* ---- sites ---- */

static const char *answer_text(struct arena *arena, const struct policy *policy,
                               const struct replay_answer *answer)
{
    if (!answer || answer->rule == POLICY_NONE)
        return "in place";
    const struct policy_rule *rule = &policy->rules[answer->rule];
    if (answer->unknown)
        return "in place (cannot be told)";
    if (rule->route == POLICY_INPLACE || rule->rollout == 0)
        return "in place";
    return policy_show_route(arena, policy, rule);
}

/* "pool", or "pool 40%, in place 60%" where its calls get several answers. */
static const char *site_text(struct arena *arena, const struct policy *policy,
                             const struct replay_site *site)
{
    const char *text = NULL;
    for (const struct replay_answer *answer = site ? site->answers : NULL; answer;
         answer = answer->next) {
        if (answer->calls == 0 || (text && strcmp(text, answer_text(arena, policy, answer)) == 0))
            continue;
        const char *one = answer_text(arena, policy, answer);
        if (answer->calls != site->sums.calls)
            one = arena_print(arena, "%s of calls: %s",
                              format_share(arena, answer->calls, site->sums.calls), one);
        text = text ? arena_print(arena, "%s; %s", text, one) : one;
    }
    return text ? text : "in place";
}

static const struct replay_site *counterpart(const struct replay *replay, uint64_t id)
{
    uint32_t index = map_get(&replay->by_id, id);
    return index == MAP_NONE ? NULL : &replay->sites[index];
}

static unsigned show_sites(struct page *page, const struct sides *sides)
{
    struct arena *arena = page->arena;
    const struct replay *new = &sides->replay[NEW];
    unsigned changes = 0, with_calls = 0;
    for (size_t i = 0; i < new->count; i++) {
        const struct replay_site *site = &new->sites[i];
        const struct replay_site *before = counterpart(&sides->replay[OLD], site->id);
        const char *then = site_text(arena, &sides->policy[OLD], before);
        const char *now = site_text(arena, &sides->policy[NEW], site);
        with_calls += site->sums.calls != 0;
        if (site->sums.calls == 0 || strcmp(then, now) == 0)
            continue;
        if (changes++ == 0)
            page_line(page, "%-9s%-27s%-13s%10s %9s %8s", "SITE", "WHERE", "CALL", "CALLS", "TOTAL",
                      "STALL");
        page_line(page, "%-9s%-27s%-13s%10s %9s %8s", site->site->short_id,
                  text_fit(arena, site->site->function, 26), text_fit(arena, site->site->call, 12),
                  format_count(arena, site->sums.calls),
                  format_duration(arena, site->sums.total_ns),
                  format_duration(arena, site->sums.stall_ns));
        page_wrap(page, PAGE_PLAIN, "         ", 9, arena_print(arena, "%s  >  %s", then, now));
    }
    page_line(page, "%u of %s", changes,
              format_plural(arena, with_calls, "site changes", "sites change"));
    return changes;
}

/* Rules that would move a loop's own wait: never what is meant. */
static void warn_idle(struct page *page, const struct sides *sides)
{
    const struct policy *policy = &sides->policy[NEW];
    for (unsigned i = 0; i < policy->rule_count; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        uint64_t idle = sides->replay[NEW].rules[i].idle_calls;
        if (rule->routes && rule->route != POLICY_INPLACE && idle)
            page_wrap(page, PAGE_YELLOW, "CAREFUL ", 8,
                      arena_print(page->arena,
                                  "rule \"%s\" also takes %s that hold nobody up, such as a "
                                  "loop's own wait",
                                  rule->id, format_plural(page->arena, idle, "call", "calls")));
    }
}

/* ---- the command ---- */

static int play(struct sides *sides, const char *const *paths, unsigned count, struct error *error)
{
    for (unsigned side = 0; side < SIDES; side++) {
        if (policy_play(&sides->replay[side], &sides->report[side], &sides->reading.arena,
                        &sides->policy[side], paths, count, &sides->reading.report, error) < 0)
            return -1;
        sides->built[side] = true;
    }
    return 0;
}

static int check(void *own, int words)
{
    const struct sides *sides = own;
    return words >= 2 ? 0
                      : reading_usage(&sides->reading,
                                      "name two policies: shunt policy diff OLD NEW", NULL);
}

static int compare(struct sides *sides, char **words, int count)
{
    struct arena *arena = &sides->reading.arena;
    struct error error = {""};
    struct page page = {.out = stdout, .arena = arena, .color = sides->reading.render.color};
    for (unsigned side = 0; side < SIDES; side++)
        if (policy_command_read(&sides->policy[side], arena, words[side], days_today()) < 0)
            return EXIT_USAGE;
    unsetenv("DEBUGINFOD_URLS"); /* names come from this machine: no server is asked */
    if (count > 2 && play(sides, (const char *const *)words + 2, (unsigned)count - 2, &error) < 0) {
        fprintf(stderr, "shunt policy diff: %s\n", error.text);
        return EXIT_USAGE;
    }
    unsigned changes = show_rules(&page, &sides->policy[OLD], &sides->policy[NEW]);
    if (!changes)
        page_line(&page, "no rule changes");
    if (count > 2) {
        page_line(&page, "%s", "");
        changes += show_sites(&page, sides);
        warn_idle(&page, sides);
    }
    return changes ? EXIT_FAILED : EXIT_FINE;
}

static int compare_and_free(void *own, char **words, int count)
{
    struct sides *sides = own;
    int status = compare(sides, words, count);
    for (unsigned side = 0; side < SIDES; side++)
        if (sides->built[side])
            report_free(&sides->report[side]);
    return status;
}

static const struct reading_command command = {.name = "policy diff",
                                               .help = help,
                                               .options = options,
                                               .check = check,
                                               .run = compare_and_free};

static int run(int argc, char **argv)
{
    struct sides sides = {0};
    return reading_main(&command, &sides.reading, &sides, argc, argv);
}

const struct command policy_command_diff = {.name = "diff", .help = help, .run = run};
