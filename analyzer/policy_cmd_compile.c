/* SPDX-License-Identifier: MIT
 *
 * `shunt policy compile`: the form of a policy that a process maps, for the modules it will meet.
 */
#include "arguments.h"
#include "days.h"
#include "format.h"
#include "page.h"
#include "policy_command.h"
#include "policy_resolve.h"
#include "policy_use.h"
#include "preload/policy_blob.h"

#include <getopt.h>
#include <string.h>

static const char help[] =
    "usage: shunt policy compile [OPTIONS] FILE WHERE...\n"
    "\n"
    "Compiles a policy for the modules that it will meet: names of functions and\n"
    "source files become ranges of code, told by build id. WHERE is a program (with\n"
    "the libraries that it needs), a library, or a recording of \"shunt run\" (with\n"
    "all that its processes loaded). Calls from other modules are matched by the\n"
    "modules' names alone; where a rule asks for more they run in place.\n"
    "\n"
    "  -o, --output FILE  where to (FILE.shuntpolicy beside the policy)\n"
    "  --help             this text\n"
    "\n"
    "exit status: 0 it is compiled; 1 it cannot be; 2 the command line was wrong.\n"
    "\n"
    "examples:\n"
    "  shunt policy compile plan.yaml redis-server\n"
    "  shunt policy compile -o /run/app/policy plan.yaml shunt.out\n";

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'}, {"help", no_argument, NULL, 'h'}, {0}};

static void show(const struct policy_compiled *compiled, struct arena *arena, const char *path)
{
    struct policy_view view;
    struct page page = {.out = stdout, .arena = arena};
    if (policy_blob_open(&view, compiled->block, compiled->size) != POLICY_FINE)
        return;
    page_line(&page, "%s: %s, %s, %s of code, %s", path,
              format_plural(arena, view.count[POLICY_RULES], "rule", "rules"),
              format_plural(arena, view.count[POLICY_MODULES], "module", "modules"),
              format_plural(arena, view.count[POLICY_RANGES], "range", "ranges"),
              format_bytes(arena, compiled->size));
    for (uint32_t i = 0; i < view.count[POLICY_MODULES]; i++) {
        const struct policy_module *module = &view.modules[i];
        if (module->ranges.count)
            page_line(&page, "  %-30s %s%s", policy_text(&view, module->name),
                      format_plural(arena, module->ranges.count, "range", "ranges"),
                      module->flags & POLICY_MODULE_NAMELESS ? ", stripped" : "");
    }
}

static int compile(const char *path, const char *output, char *const *where, unsigned count)
{
    struct arena arena = {0};
    struct policy policy;
    struct policy_modules modules = {0};
    struct policy_compiled compiled;
    struct policy_notes notes = {.arena = &arena};
    struct error error = {""};
    int result = policy_command_read(&policy, &arena, path, days_today());
    if (result == 0) {
        result = policy_command_compile(&compiled, &modules, &policy, &arena, where, count, &error);
        if (!output)
            output = arena_print(&arena, "%s.shuntpolicy", path);
    }
    if (result == 0) {
        policy_resolve_check(&policy, &compiled, &modules, &notes);
        policy_command_print(path, &notes);
        int written = policy_use_write(&compiled, output);
        if (written < 0)
            result = error_set(&error, "%s: %s", output, strerror(-written));
        else
            show(&compiled, &arena, output);
    }
    if (*error.text)
        fprintf(stderr, "shunt policy compile: %s\n", error.text);
    policy_modules_end(&modules);
    arena_release(&arena);
    return result == 0 ? EXIT_FINE : EXIT_FAILED;
}

static int run(int argc, char **argv)
{
    const char *output = NULL;
    optind = 0;
    for (int option;
         (option = arguments_next("policy compile", argc, argv, "ho:", options)) != -1;) {
        if (option == 'h') {
            fputs(help, stdout);
            return EXIT_FINE;
        }
        if (option != 'o')
            return EXIT_USAGE;
        output = optarg;
    }
    if (argc - optind < 2) {
        fputs("shunt policy compile: name a policy and what it is for (a program, a library or a "
              "recording); see \"shunt policy compile --help\"\n",
              stderr);
        return EXIT_USAGE;
    }
    return compile(argv[optind], output, argv + optind + 1, (unsigned)(argc - optind - 1));
}

const struct command policy_command_compiler = {.name = "compile", .help = help, .run = run};
