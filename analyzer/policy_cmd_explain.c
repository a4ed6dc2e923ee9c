/* SPDX-License-Identifier: MIT
 *
 * `shunt policy explain`: which rule takes a call, and why the ones before it do not. The call is a
 * site of a recording, or one that is described.
 */
#include "call_words.h"
#include "days.h"
#include "format.h"
#include "page.h"
#include "policy_command.h"
#include "policy_explain.h"
#include "policy_play.h"
#include "policy_show.h"
#include "reading.h"
#include "sites.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: shunt policy explain [OPTIONS] FILE SITE [DIR | FILE]...\n"
    "       shunt policy explain FILE --call NAME [--module M] [--function F] ...\n"
    "\n"
    "Says for each rule, in order, whether it takes the calls of a site and if not\n"
    "what it asks for that they are not; then what becomes of them. The calls are\n"
    "those of a recording (the newest directory shunt.out* here if none is named),\n"
    "judged chain by chain as a process would; or one call that is described:\n"
    "\n"
    "  --call NAME        describe a call: an intercepted one\n"
    "  --module M         ... the file name of its owner's module\n"
    "  --function F       ... its owner\n"
    "  --source F:LINE    ... where the owner calls\n"
    "  --via LIBRARY      ... a library between it and the application\n"
    "  --fd TARGET        ... what it works on, as file:/var/lib/redis/x.aof\n"
    "  --role A,B         ... what its thread is: loop, hub, main, thread\n"
    "  --python-file F    ... the file of its Python owner\n"
    "  --python-function F  ... the Python owner's qualified name\n"
    "  --executable PATH  ... the program\n"
    "  --spawn S          ... what its thread was started to run, MODULE:FUNCTION\n" READING_HELP
    "\n"
    "examples:\n"
    "  shunt policy explain plan.yaml 91c4\n"
    "  shunt policy explain plan.yaml --call fdatasync --fd file:/data/x.aof\n";

struct described {
    const char *call, *module, *function, *source, *via, *target, *python_file, *python_function;
    const char *executable, *spawn;
    uint32_t roles;
};

struct arguments {
    struct reading reading;
    struct described described;
};

enum option_id {
    OPTION_CALL = READING_END,
    OPTION_MODULE,
    OPTION_FUNCTION,
    OPTION_SOURCE,
    OPTION_VIA,
    OPTION_FD,
    OPTION_ROLE,
    OPTION_PYTHON_FILE,
    OPTION_PYTHON_FUNCTION,
    OPTION_EXECUTABLE,
    OPTION_SPAWN
};

static const struct option options[] = {
    {"call", required_argument, NULL, OPTION_CALL},
    {"module", required_argument, NULL, OPTION_MODULE},
    {"function", required_argument, NULL, OPTION_FUNCTION},
    {"source", required_argument, NULL, OPTION_SOURCE},
    {"via", required_argument, NULL, OPTION_VIA},
    {"fd", required_argument, NULL, OPTION_FD},
    {"role", required_argument, NULL, OPTION_ROLE},
    {"python-file", required_argument, NULL, OPTION_PYTHON_FILE},
    {"python-function", required_argument, NULL, OPTION_PYTHON_FUNCTION},
    {"executable", required_argument, NULL, OPTION_EXECUTABLE},
    {"spawn", required_argument, NULL, OPTION_SPAWN},
    READING_OPTIONS,
    {0},
};

/* ---- what each rule says ---- */

/* A rule's answers to the calls that got as far as to it. */
struct verdicts {
    uint64_t asked, yes, unknown;
    const char *why; /* the answer no, or unknown, of most calls */
    uint64_t why_calls;
    bool others; /* there were other reasons */
};

struct explaining {
    struct arena *arena;
    const struct policy *policy;
    const char *prefix; /* of the site; NULL: any */
    const struct report_site *site;
    struct verdicts *rules; /* of the policy */
    uint64_t calls, nobody; /* all; those that no rule takes */
    struct policy_moment moment;
    bool more_targets;
};

static void note_why(struct verdicts *verdicts, const char *why, uint64_t calls)
{
    if (verdicts->why && strcmp(verdicts->why, why) == 0) {
        verdicts->why_calls += calls;
        return;
    }
    verdicts->others |= verdicts->why != NULL;
    if (calls > verdicts->why_calls || !verdicts->why) {
        verdicts->why = why;
        verdicts->why_calls = calls;
    }
}

static void ask_rules(struct explaining *explaining, const struct policy_view *view,
                      const struct policy_call *call, const struct policy_moment *moment,
                      const struct explain_facts *facts, uint64_t calls)
{
    uint32_t block_rule = 0;
    explaining->calls += calls;
    for (unsigned i = 0; i < explaining->policy->rule_count; i++) {
        const struct policy_rule *rule = &explaining->policy->rules[i];
        struct verdicts *verdicts = &explaining->rules[i];
        const char *why;
        if (!rule->routes)
            continue;
        enum explain_answer answer =
            explain_rule(explaining->arena, view, block_rule++, rule, call, moment, facts, &why);
        verdicts->asked += calls;
        if (why)
            note_why(verdicts, why, calls);
        verdicts->yes += answer == EXPLAIN_YES ? calls : 0;
        verdicts->unknown += answer == EXPLAIN_UNKNOWN ? calls : 0;
        if (answer != EXPLAIN_NO)
            return;
    }
    explaining->nobody += calls;
}

static void each_chain(void *context, const struct replay *replay, const struct report_site *site,
                       const struct policy_call *call, const struct policy_moment *moment,
                       uint64_t calls)
{
    struct explaining *explaining = context;
    struct arena *arena = explaining->arena;
    if (!sites_has_prefix(site->id, explaining->prefix))
        return;
    struct explain_facts facts = {
        .call = site->call,
        .module = site->module,
        .function = site->function,
        .source = site->file && site->line ? arena_print(arena, "%s:%d", site->file, site->line)
                                           : site->file};
    struct policy_moment own = *moment;
    own.target = text_clean(arena, moment->target);
    ask_rules(explaining, &replay->view, call, &own, &facts, calls);
}

/* ---- showing ---- */

static void show_answer(struct page *page, const struct explaining *explaining, unsigned index)
{
    struct arena *arena = page->arena;
    const struct policy_rule *rule = &explaining->policy->rules[index];
    const struct verdicts *verdicts = &explaining->rules[index];
    const char *word = "no", *text = verdicts->why;
    if (!rule->routes) {
        word = "-";
        text = "keeps the ledger only: takes no calls";
    } else if (verdicts->asked == 0) {
        word = "-";
        text = "not asked: rules before it take the calls";
    } else if (verdicts->yes) {
        word = "YES";
        text = arena_print(arena, "%s%s: %s",
                           verdicts->yes == explaining->calls
                               ? ""
                               : arena_print(arena, "%s of %s calls, ",
                                             format_count(arena, verdicts->yes),
                                             format_count(arena, explaining->calls)),
                           policy_show_route(arena, explaining->policy, rule),
                           policy_show_match(arena, &rule->match));
    } else if (verdicts->unknown) {
        word = "?";
    }
    const char *label =
        arena_print(arena, "%3u %-20s %-4s", index + 1, text_fit(arena, rule->id, 20), word);
    page_wrap(page, verdicts->yes ? PAGE_BOLD : PAGE_PLAIN, label, 30,
              arena_print(arena, " %s%s", text ? text : "",
                          verdicts->others && !verdicts->yes ? " (most of its calls)" : ""));
}

static const char *outcome(struct arena *arena, const struct explaining *explaining, unsigned index)
{
    const struct policy_rule *rule = &explaining->policy->rules[index];
    const struct verdicts *verdicts = &explaining->rules[index];
    const char *share =
        verdicts->yes + verdicts->unknown == explaining->calls
            ? "all"
            : format_share(arena, verdicts->yes + verdicts->unknown, explaining->calls);
    if (verdicts->yes && rule->rollout == 0)
        return arena_print(arena, "%s in place: \"%s\" stands at 0%%", share, rule->id);
    if (!verdicts->yes)
        return arena_print(arena, "%s in place: whether \"%s\" takes them cannot be told", share,
                           rule->id);
    return arena_print(arena, "%s %s, by \"%s\" (%s:%d)", share,
                       policy_show_route(arena, explaining->policy, rule), rule->id,
                       text_basename(explaining->policy->path), rule->at.line);
}

static void show(struct page *page, const struct explaining *explaining)
{
    for (unsigned i = 0; i < explaining->policy->rule_count; i++)
        show_answer(page, explaining, i);
    for (unsigned i = 0; i < explaining->policy->rule_count; i++)
        if (explaining->rules[i].yes || explaining->rules[i].unknown)
            page_wrap(page, PAGE_BOLD, "SO  ", 4, outcome(page->arena, explaining, i));
    if (explaining->nobody)
        page_wrap(
            page, PAGE_BOLD, "SO  ", 4,
            arena_print(page->arena, "%s in place: no rule takes %s",
                        explaining->nobody == explaining->calls
                            ? "all"
                            : format_share(page->arena, explaining->nobody, explaining->calls),
                        explaining->calls == 1 ? "it" : "them"));
}

/* ---- a site of a recording ---- */

static void show_site(struct page *page, const struct replay_site *found)
{
    const struct report_site *site = found->site;
    struct arena *arena = page->arena;
    page_wrap(page, PAGE_BOLD, "", 4,
              arena_print(arena, "site %s  %s in %s of %s%s%s", site->short_id, site->call,
                          site->function, site->shown_module, site->pattern ? " > " : "",
                          site->pattern ? site->pattern : ""));
    page_wrap(page, PAGE_PLAIN, "    ", 4,
              arena_print(arena, "%s, %s in them, %s of it stalled a loop",
                          format_plural(arena, found->sums.calls, "call", "calls"),
                          format_duration(arena, found->sums.total_ns),
                          format_duration(arena, found->sums.stall_ns)));
    if (found->sums.calls == 0)
        page_line(page, "    (only waits that hold nobody up)");
}

static int explain_site(struct arguments *arguments, struct policy *policy, const char *prefix,
                        const char *const *paths, unsigned count, struct error *error)
{
    struct arena *arena = &arguments->reading.arena;
    struct explaining explaining = {.arena = arena,
                                    .policy = policy,
                                    .prefix = prefix,
                                    .rules =
                                        ARENA_ARRAY(arena, struct verdicts, policy->rule_count)};
    struct replay replay = {.each_chain = each_chain, .context = &explaining};
    struct report report;
    if (policy_play(&replay, &report, arena, policy, paths, count, &arguments->reading.report,
                    error) < 0)
        return -1;
    const struct replay_site *found = policy_play_site(&replay, prefix, error);
    if (found) {
        struct page page = {
            .out = stdout, .arena = arena, .color = arguments->reading.render.color};
        show_site(&page, found);
        show(&page, &explaining);
    }
    report_free(&report);
    return found ? 0 : -1;
}

/* ---- a call that is described ---- */

/* As a rule's pattern would have it. */
static struct policy_spawn spawn_of(struct arena *arena, const char *text)
{
    struct policy_spawn spawn = {.function = ""};
    if (text)
        policy_frame_split(arena, text, &spawn.module, &spawn.function);
    return spawn;
}

static int explain_call(struct arguments *arguments, struct policy *policy, struct error *error)
{
    const struct described *described = &arguments->described;
    struct arena *arena = &arguments->reading.arena;
    unsigned first = 0, last = 0;
    const char *via = described->via ? described->via : "no library";
    const char *module = described->module ? described->module
                         : described->via  ? described->via
                                           : "the program";
    struct symbol_frame frame = {
        .function = described->function ? described->function : "a function",
        .file = described->source ? policy_source_split(arena, described->source, &first, &last)
                                  : NULL};
    frame.line = (int)first;
    struct policy_code_range range = {.size = 16, .frames = &frame, .count = 1};
    const struct policy_code modules[] = {
        {.name = module, .build_id = {1}, .build_id_size = 20, .ranges = &range, .range_count = 1},
        {.name = via, .build_id = {2}, .build_id_size = 20},
        {.name = "the program", .build_id = {3}, .build_id_size = 20}};
    struct policy_compiled compiled;
    struct policy_view view;
    if (policy_compile(&compiled, arena, policy, modules, 3, error) < 0)
        return -1;
    policy_blob_open(&view, compiled.block, compiled.size);
    struct policy_loaded loaded[3];
    for (unsigned i = 0; i < 3; i++) {
        loaded[i] = (struct policy_loaded){.name = modules[i].name};
        policy_loaded_find(&view, &loaded[i], modules[i].build_id, 20);
    }
    bool in_library = described->via || (described->module && strstr(described->module, ".so"));
    loaded[0].kind |= in_library ? 0 : POLICY_IS_MAIN;
    loaded[2].kind |= POLICY_IS_MAIN;
    const struct policy_frame frames[] = {{&loaded[0], 4}, {&loaded[1], 4}, {&loaded[2], 4}};
    struct policy_call call = {.call = policy_call_index(&view, described->call),
                               .frames = frames,
                               .frame_count = in_library ? (described->via ? 3 : 1) : 1,
                               .cut = true,
                               .executable = described->executable ? described->executable : "",
                               .python_file = described->python_file,
                               .python_function = described->python_function,
                               .spawn = spawn_of(arena, described->spawn)};
    struct explaining explaining = {.arena = arena,
                                    .policy = policy,
                                    .rules =
                                        ARENA_ARRAY(arena, struct verdicts, policy->rule_count)};
    struct explain_facts facts = {.call = described->call,
                                  .module = module,
                                  .function = frame.function,
                                  .source = described->source};
    struct policy_moment moment = {.roles = described->roles, .target = described->target};
    struct page page = {.out = stdout, .arena = arena, .color = arguments->reading.render.color};
    ask_rules(&explaining, &view, &call, &moment, &facts, 1);
    show(&page, &explaining);
    return 0;
}

/* ---- the command line ---- */

static int parse_roles(struct arguments *arguments, char *list)
{
    char *rest = NULL;
    for (char *word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        unsigned role = 0;
        while (role < POLICY_ROLES && strcmp(policy_role_name((enum policy_role)role), word) != 0)
            role++;
        if (role == POLICY_ROLES)
            return reading_usage(&arguments->reading, "--role takes loop, hub, main or thread, not",
                                 word);
        arguments->described.roles |= 1u << role;
        if (role == POLICY_ROLE_HUB)
            arguments->described.roles |= 1u << POLICY_ROLE_LOOP;
    }
    return 0;
}

static int take(void *own, int option, char *value)
{
    struct arguments *arguments = own;
    struct described *described = &arguments->described;
    const char **const texts[] = {
        [OPTION_CALL - READING_END] = &described->call,
        [OPTION_MODULE - READING_END] = &described->module,
        [OPTION_FUNCTION - READING_END] = &described->function,
        [OPTION_SOURCE - READING_END] = &described->source,
        [OPTION_VIA - READING_END] = &described->via,
        [OPTION_FD - READING_END] = &described->target,
        [OPTION_PYTHON_FILE - READING_END] = &described->python_file,
        [OPTION_PYTHON_FUNCTION - READING_END] = &described->python_function,
        [OPTION_EXECUTABLE - READING_END] = &described->executable,
        [OPTION_SPAWN - READING_END] = &described->spawn,
    };
    if (option == OPTION_ROLE)
        return parse_roles(arguments, value);
    *texts[option - READING_END] = value;
    return 0;
}

static int check_described(struct arguments *arguments)
{
    struct described *described = &arguments->described;
    if (described->python_file && !described->python_function)
        described->python_function = "a function";
    if (described->python_function && !described->python_file)
        described->python_file = "a file";
    if (!described->call)
        return 0;
    enum call_id id = call_id_of(described->call);
    if (id == CALL_COUNT)
        return reading_usage(&arguments->reading,
                             "--call takes one that \"shunt calls\" lists, not", described->call);
    described->call = call_infos[id].name;
    return 0;
}

static int check(void *own, int words)
{
    struct arguments *arguments = own;
    if (check_described(arguments) < 0)
        return -1;
    if (words < (arguments->described.call ? 1 : 2))
        return reading_usage(&arguments->reading,
                             "name a policy and a site, or a policy and --call", NULL);
    return 0;
}

static int explain(void *own, char **words, int count)
{
    struct arguments *arguments = own;
    struct reading *reading = &arguments->reading;
    struct error error = {""};
    struct policy policy;
    int result = policy_command_read(&policy, &reading->arena, words[0], days_today());
    if (result < 0)
        return EXIT_FAILED;
    if (arguments->described.call) {
        result = explain_call(arguments, &policy, &error);
    } else {
        int recordings = count - 2;
        const char *const *paths = reading_paths(reading, words + 2, &recordings, &error);
        result =
            paths ? explain_site(arguments, &policy, words[1], paths, (unsigned)recordings, &error)
                  : -1;
    }
    if (result < 0)
        fprintf(stderr, "shunt policy explain: %s\n", error.text);
    return result < 0 ? EXIT_FAILED : EXIT_FINE;
}

static const struct reading_command command = {.name = "policy explain",
                                               .help = help,
                                               .options = options,
                                               .take = take,
                                               .check = check,
                                               .run = explain};

static int run(int argc, char **argv)
{
    struct arguments arguments = {0};
    return reading_main(&command, &arguments.reading, &arguments, argc, argv);
}

const struct command policy_command_explain = {.name = "explain", .help = help, .run = run};
