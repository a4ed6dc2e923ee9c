/* SPDX-License-Identifier: MIT
 *
 * `shunt policy check`: what is wrong with a policy, and what its rules do.
 */
#include "arguments.h"
#include "days.h"
#include "format.h"
#include "green_list.h"
#include "page.h"
#include "policy_command.h"
#include "policy_resolve.h"
#include "policy_show.h"

#include <getopt.h>
#include <string.h>

static const char help[] =
    "usage: shunt policy check [OPTIONS] FILE [WHERE]...\n"
    "\n"
    "Reads a policy and says everything that is wrong with it, a line each, as\n"
    "FILE:LINE:COLUMN: TEXT; and if nothing is, what each rule does. With WHERE (a\n"
    "program, a library, or a recording of \"shunt run\") also which of its names are\n"
    "not there: such a rule would take nothing.\n"
    "\n"
    "  --quiet      only what is wrong\n"
    "  --help       this text\n"
    "\n"
    "exit status: 0 it can be used (there may be warnings); 1 it cannot; 2 the\n"
    "command line was wrong.\n"
    "\n"
    "examples:\n"
    "  shunt policy check plan.yaml\n"
    "  shunt policy check plan.yaml redis-server      are its functions there?\n"
    "  shunt policy check --quiet plan.yaml && git commit plan.yaml\n";

enum option_id { OPTION_QUIET = 256 };

static const struct option options[] = {
    {"quiet", no_argument, NULL, OPTION_QUIET}, {"help", no_argument, NULL, 'h'}, {0}};

static const char untested[] =
    "NOT ON THE TESTED LIST (docs/policy.md). Not known of its library: does it keep state by "
    "thread, which green threads would share; do its callers hand work to each other by "
    "conditions; does it hold a lock that is taken with the interpreter lock, too. Begin with a "
    "small rollout, and compare results";

static void show_rule(struct page *page, const struct policy *policy, unsigned index)
{
    struct arena *arena = page->arena;
    const struct policy_rule *rule = &policy->rules[index];
    const char *state = policy_state_name(policy_rule_state(rule));
    page_wrap(
        page, PAGE_PLAIN, arena_print(arena, "%3u ", index + 1), 6,
        arena_print(arena, "%s: %s (%s)", rule->id, policy_show_route(arena, policy, rule), state));
    page_wrap(page, PAGE_DIM, "      ", 6, policy_show_match(arena, &rule->match));
    if (rule->routes && rule->route == POLICY_GREEN && !green_list_covers(&rule->match))
        page_wrap(page, PAGE_PLAIN, "      ", 6, untested);
}

static void show(const struct policy *policy, struct arena *arena)
{
    struct page page = {.out = stdout, .arena = arena};
    page_line(&page, "%s: %s, %s, goal %s", policy->path,
              format_plural(arena, policy->rule_count, "rule", "rules"),
              format_plural(arena, policy->group_count, "group", "groups"),
              policy->threads ? "threads" : "unblock");
    for (unsigned i = 0; i < policy->rule_count; i++)
        show_rule(&page, policy, i);
    if (policy->rule_count)
        page_line(&page, "  - everything else: in place");
}

/* What its names come to in the modules of `where`. */
static int resolve(const struct policy *policy, struct arena *arena, char *const *where,
                   unsigned count)
{
    struct policy_notes notes = {.arena = arena};
    struct policy_modules modules;
    struct policy_compiled compiled;
    struct error error;
    int result = policy_command_compile(&compiled, &modules, policy, arena, where, count, &error);
    if (result < 0)
        fprintf(stderr, "shunt policy check: %s\n", error.text);
    else
        policy_resolve_check(policy, &compiled, &modules, &notes);
    policy_modules_end(&modules);
    policy_notes_order(&notes);
    policy_command_print(policy->path, &notes);
    return result;
}

static int check(const char *path, char *const *where, unsigned count, bool quiet)
{
    struct arena arena = {0};
    struct policy policy;
    int result = policy_command_read(&policy, &arena, path, days_today());
    if (result == 0 && count)
        result = resolve(&policy, &arena, where, count);
    if (result == 0 && !quiet)
        show(&policy, &arena);
    arena_release(&arena);
    return result == 0 ? EXIT_FINE : EXIT_FAILED;
}

static int run(int argc, char **argv)
{
    bool quiet = false;
    optind = 0;
    for (int option; (option = arguments_next("policy check", argc, argv, "h", options)) != -1;) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_FINE;
        }
        if (option != OPTION_QUIET)
            return EXIT_USAGE;
        quiet = true;
    }
    if (argc == optind) {
        fputs("shunt policy check: name a policy file; see \"shunt policy check --help\"\n",
              stderr);
        return EXIT_USAGE;
    }
    return check(argv[optind], argv + optind + 1, (unsigned)(argc - optind - 1), quiet);
}

const struct command policy_command_check = {.name = "check", .help = help, .run = run};
