/* SPDX-License-Identifier: MIT
 *
 * See policy_init.h. Every rule begins at 0 %, so that the file can be used as it is; what it would
 * gain and cost is said in comments, in the report's own words.
 */
#include "policy_init.h"

#include "days.h"
#include "format.h"
#include "green_list.h"
#include "map.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define COMMENT_WIDTH 76

struct writing {
    struct arena *arena;
    FILE *out;
    const struct report *report;
    const struct render_options *options;
    struct map ids;   /* names of rules */
    struct map sites; /* that have a rule already */
    unsigned rules, fine, cooperative, more, pool, green, ledger;
};

/* ---- text ---- */

__attribute__((format(printf, 3, 4))) static void
comment(struct writing *writing, const char *first, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t width = COMMENT_WIDTH - strlen(first);
    const char *rest = text_clean(writing->arena, text), *mark = first;
    char next[32];
    snprintf(next, sizeof next, "%.*s#%*s", (int)strcspn(first, "#"), first,
             (int)(strlen(first) - strcspn(first, "#") - 1), "");
    while (*rest) {
        size_t length = strlen(rest), take = length;
        if (text_width(rest) > width) {
            take = strlen(text_head(writing->arena, rest, width));
            while (take && rest[take] != ' ')
                take--;
            take = take ? take : strlen(text_head(writing->arena, rest, width));
        }
        fprintf(writing->out, "%s%.*s\n", mark, (int)take, rest);
        rest += take;
        rest += strspn(rest, " ");
        mark = next;
    }
}

/* A double-quoted scalar of YAML; control characters are gone already. */
static const char *quoted(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, 2 * strlen(text) + 3), *to = out;
    *to++ = '"';
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            *to++ = '\\';
        *to++ = *text;
    }
    *to++ = '"';
    return out;
}

/* "flushAppendOnlyFile-fdatasync", made unique. */
static const char *rule_id(struct writing *writing, const struct report_site *site)
{
    const char *function =
        site->stable ? site->function : arena_print(writing->arena, "site-%s", site->short_id);
    char *id = arena_print(writing->arena, "%.80s-%s", function, site->call);
    for (char *at = id; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", *at))
            *at = '-';
    if (strchr("._-", *id))
        id = arena_print(writing->arena, "x%s", id);
    for (unsigned n = 2; map_get(&writing->ids, text_key(id)) != MAP_NONE; n++)
        id = arena_print(writing->arena, "%.100s-%u", id, n);
    map_put(&writing->ids, text_key(id), 1);
    return id;
}

/* ---- a rule ---- */

static void write_place(struct writing *writing, const struct report_site *site)
{
    struct arena *a = writing->arena;
    const char *line = site->line ? arena_print(a, ":%d", site->line) : "";
    const char *of = site->python ? "" : arena_print(a, " of %s", site->shown_module);
    comment(writing, arena_print(a, "  # %u. ", ++writing->rules), "%s in %s%s%s%s%s%s%s",
            site->call, site->function, of, site->file ? ", " : "", site->file ? site->file : "",
            site->file ? line : "", site->via ? ", via " : "", site->via ? site->via : "");
}

static void write_figures(struct writing *writing, const struct report_site *site,
                          const struct report_process *process)
{
    struct arena *a = writing->arena;
    comment(writing, "  #    ", "%s, %s%s%s; p50 %s, p99 %s, max %s%s%s",
            format_plural(a, site->calls, "call", "calls"), format_duration(a, site->total_ns),
            site->stall_ns && process->stall_ns ? ", of the loops' stall " : "",
            site->stall_ns && process->stall_ns ? format_share(a, site->stall_ns, process->stall_ns)
                                                : "",
            format_duration(a, site->p50_ns), format_duration(a, site->p99_ns),
            format_duration(a, site->max_ns), site->pattern ? "; on " : "",
            site->pattern ? site->pattern : "");
}

static void write_advice(struct writing *writing, const struct report_site *site)
{
    const struct report_advice *advice = &site->advice;
    comment(writing, "  #    ", "verdict %s: %s", report_verdict_name(advice->verdict),
            advice->headline);
    for (unsigned i = 0; i < advice->reason_count; i++)
        comment(writing, "  #      ", "%s", advice->reasons[i]);
    for (unsigned i = 0; i < advice->route_count; i++) {
        const struct report_route *route = &advice->routes[i];
        if (route->text &&
            (route->applies || route->gain_known || strcmp(route->name, "green") != 0))
            comment(writing, "  #      ", "%s: %s", route->name, route->text);
    }
}

static void write_match(struct writing *writing, const struct report_site *site)
{
    struct arena *a = writing->arena;
    char id[17];
    snprintf(id, sizeof id, "%016" PRIx64, site->id);
    fprintf(writing->out, "    match:\n      site: \"%.8s\"\n      call: %s\n", id,
            quoted(a, site->call));
    fprintf(writing->out, "      %s: %s\n      %s: %s\n", site->python ? "python_file" : "module",
            quoted(a, site->module), site->python ? "python_function" : "function",
            quoted(a, site->function));
}

static bool green_gains(const struct report_advice *advice)
{
    for (unsigned i = 0; i < advice->route_count; i++)
        if (strcmp(advice->routes[i].name, "green") == 0)
            return advice->routes[i].gain_known;
    return false;
}

/* Why there is no route to propose; NULL: there is one. */
static const char *no_route(const struct writing *writing, const struct report_site *site)
{
    if (site->facts && site->facts->move == MOVE_NEVER)
        return "the call is bound to its own thread; only the source can change";
    if (writing->report->goal == GOAL_THREADS)
        return "on threads of its own the call may block; what is to do is in the source";
    if (!site->facts || site->advice.verdict == VERDICT_UNKNOWN)
        return "too little is known of it";
    if (green_gains(&site->advice) && !green_list_of_site(site))
        return "green was not tried with this library. To try it all the same: route: green, with "
               "a small rollout";
    return NULL;
}

static void write_route(struct writing *writing, const struct report_site *site)
{
    const char *why = no_route(writing, site);
    if (why) {
        writing->ledger++;
        comment(writing, "    # ", "no route: %s", why);
    } else {
        bool green = green_gains(&site->advice);
        const struct green_row *row = green ? green_list_of_site(site) : NULL;
        if (row && row->via)
            fprintf(writing->out, "      via: %s\n", quoted(writing->arena, row->via));
        *(green ? &writing->green : &writing->pool) += 1;
        fprintf(writing->out, "    route: %s\n    rollout: 0%%\n", green ? "green" : "pool");
    }
    fputs("    state: found\n", writing->out);
}

static void write_rule(struct writing *writing, const struct report_site *site,
                       const struct report_process *process)
{
    fputs("\n", writing->out);
    write_place(writing, site);
    write_figures(writing, site, process);
    write_advice(writing, site);
    if (!site->stable)
        comment(writing, "  #    ",
                "ITS NAME WILL NOT OUTLIVE A REBUILD, and then this rule takes "
                "nothing: %s",
                site->unstable);
    fprintf(writing->out, "  - id: %s\n", rule_id(writing, site));
    write_match(writing, site);
    write_route(writing, site);
}

static void consider(struct writing *writing, const struct report_site *site,
                     const struct report_process *process)
{
    if (map_get(&writing->sites, site->id) != MAP_NONE || site->calls == 0)
        return;
    map_put(&writing->sites, site->id, 1);
    enum verdict verdict = site->advice.verdict;
    bool threads = writing->report->goal == GOAL_THREADS;
    writing->fine += verdict == VERDICT_FINE;
    writing->cooperative += verdict == VERDICT_COOPERATIVE && !threads;
    if (verdict == VERDICT_FINE || (verdict == VERDICT_COOPERATIVE && !threads))
        return;
    if (writing->rules < writing->options->top)
        write_rule(writing, site, process);
    else
        writing->more++;
}

/* ---- the file ---- */

static void write_head(struct writing *writing)
{
    const struct report *report = writing->report;
    const struct report_process *first = report->process_count ? report->processes[0] : NULL;
    char day[DAYS_TEXT] = "";
    if (first)
        days_print(days_of_ns(first->started_realtime_ns), day);
    comment(writing, "# ", "Made by \"shunt policy init\" from %s: %s%s%s, %s.", report->source,
            first ? first->name : "no process", *day ? ", " : "", day,
            first ? format_duration(writing->arena, first->wall_ns) : "");
    fputs("#\n", writing->out);
    if (report->goal == GOAL_THREADS)
        comment(writing, "# ",
                "A FIRST RUN WITH THIS POLICY CHANGES NOTHING: its rules keep the ledger and take "
                "no calls. Set their states as the work goes on.");
    else
        comment(writing, "# ",
                "A FIRST RUN WITH THIS POLICY CHANGES NOTHING: every rule stands at 0%%. To begin, "
                "raise one rollout (say to 25%%), check, run, and compare; to go back, set it to "
                "0%% again.");
    fputs("#\n"
          "#   shunt policy check FILE [PROGRAM]     is it right, are its names there\n"
          "#   shunt policy explain FILE SITE        which rule takes a site's calls\n"
          "#   shunt progress RECORDING --policy FILE\n"
          "\n"
          "version: 1\n",
          writing->out);
    fprintf(writing->out, "goal: %s\n", report_goal_name(report->goal));
}

static void write_wrappers(struct writing *writing)
{
    if (writing->report->wrapper_count == 0)
        return;
    fputs("wrappers: # as given to the report: they decide what the owners are\n", writing->out);
    for (size_t i = 0; i < writing->report->wrapper_count; i++)
        fprintf(writing->out, "  - %s\n",
                quoted(writing->arena, writing->report->wrappers[i].text));
}

static void write_tail(struct writing *writing)
{
    struct arena *a = writing->arena;
    fputs("\n", writing->out);
    comment(writing, "# ", "At 0%%: %s to the pool, %s to green. In the ledger only: %s.",
            format_plural(a, writing->pool, "rule", "rules"),
            format_plural(a, writing->green, "rule", "rules"),
            format_plural(a, writing->ledger, "rule", "rules"));
    if (writing->pool)
        comment(writing, "# ",
                "The pool frees no loop: its thread waits for the worker. It shows that a call can "
                "move, and bounds time (deadline) and number (bulkhead).");
    if (writing->more)
        comment(writing, "# ", "Left out: %u more sites that are not fine; --top N writes more.",
                writing->more);
    if (writing->fine)
        comment(writing, "# ", "Nothing to do for %s.",
                format_plural(a, writing->fine, "site that is fine", "sites that are fine"));
    if (writing->cooperative)
        comment(writing, "# ", "Nothing to do for %s.",
                format_plural(a, writing->cooperative, "site that yields already",
                              "sites that yield already"));
}

int policy_init_render(struct report *report, const struct render_options *options, FILE *out,
                       struct error *error)
{
    struct writing writing = {.arena = &report->arena,
                              .out = out,
                              .report = report,
                              .options = options,
                              .ids.arena = &report->arena,
                              .sites.arena = &report->arena};
    (void)error;
    write_head(&writing);
    write_wrappers(&writing);
    fputs("rules:\n", out);
    for (unsigned i = 0; i < report->process_count; i++)
        for (unsigned j = 0; j < report->processes[i]->site_count; j++)
            consider(&writing, report->processes[i]->sites[j], report->processes[i]);
    if (writing.rules == 0)
        fputs("  []\n", out);
    write_tail(&writing);
    return 0;
}
