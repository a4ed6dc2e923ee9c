/* SPDX-License-Identifier: MIT
 *
 * `shunt doctor`: what shunt will see of a program, before it is run.
 */
#include "arguments.h"
#include "command.h"
#include "doctor.h"

#include <elf.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS 80
#define INDENT  10

static const char help[] =
    "usage: shunt doctor [--json] COMMAND | PID\n"
    "\n"
    "Tells what shunt will see of COMMAND (a file, or a name in PATH) before it is\n"
    "run, and what will escape it; or of the program that process PID runs. Nothing\n"
    "is started.\n"
    "\n"
    "  --json        for programs (shunt.doctor/1)\n"
    "  --help        this text\n"
    "\n"
    "what it looks at\n"
    "  KIND       is it loaded by glibc's loader? Only then libshunt.so can be put\n"
    "             into it: not into static, musl, 32-bit programs\n"
    "  RIGHTS     setuid, setgid, file capabilities: for these the loader ignores\n"
    "             LD_PRELOAD\n"
    "  CALLS      which intercepted calls it imports; shunt calls lists them all\n"
    "  LIBRARIES  the same for what it links: their calls are seen, and charged to\n"
    "             the caller's line with the library as via\n"
    "  NAMES      will the report show functions and lines, or offsets?\n"
    "  PAST LIBC  system calls that no library on top of libc can see\n"
    "  PARTLY     what will not be seen or not be named, why, and what to do: system\n"
    "             calls of libraries, io_uring, Go, missing unwind information,\n"
    "             stripped binaries, interpreters (which version of Python)\n"
    "  NOTE       what is good to know: green threads, other preloads, sanitizers\n"
    "\n"
    "exit status: 0 it can be observed, 1 it cannot, or it is no program\n"
    "\n"
    "examples\n"
    "  shunt doctor ./server\n"
    "  shunt doctor ./manage.py\n"
    "  shunt doctor $(pidof nginx)\n"
    "  shunt doctor redis-server && shunt run -- redis-server redis.conf\n";

/* ---- wrapped text ---- */

static int column;

static void start_row(const char *label)
{
    column = printf("%-*s", INDENT, label);
}

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
    char text[PATH_MAX + 256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    /* Names come from the file, which may want to drive the terminal. */
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if ((*word == ',' || *word == ';') && !word[1]) {
            column += printf("%s", word);
            continue;
        }
        bool joins = column == INDENT;
        if (column > INDENT && column + 2 + (int)strlen(word) > COLUMNS) {
            column = printf("\n%*s", INDENT, "") - 1;
            joins = true;
        }
        column += printf("%s%s", joins ? "" : " ", word);
    }
}

static void end_row(void)
{
    putchar('\n');
}

/* ---- the rows ---- */

static void row_kind(const struct elf_facts *facts)
{
    static const char *const kinds[] = {[IMAGE_DYNAMIC] = "dynamically linked,",
                                        [IMAGE_STATIC] = "statically linked,",
                                        [IMAGE_STATIC_PIE] = "statically linked at any address,",
                                        [IMAGE_LOADER] = "a loader,",
                                        [IMAGE_LIBRARY] = "a shared library,"};
    static const char *const libcs[] = {
        [LIBC_GLIBC] = "glibc", [LIBC_MUSL] = "musl", [LIBC_OTHER] = "neither glibc nor musl"};
    start_row("KIND");
    say("%s %s", kinds[facts->kind],
        facts->machine == EM_X86_64 && facts->is_64 ? "x86-64"
        : facts->machine == EM_386                  ? "32-bit x86"
                                                    : "another architecture");
    if (facts->loader[0])
        say(", started by %s (%s)%s", facts->loader, libcs[facts->libc],
            facts->loader_missing ? ", which is missing here" : "");
    if (facts->go)
        say(", built by Go");
    end_row();
}

static void row_rights(const struct elf_facts *facts)
{
    start_row("RIGHTS");
    if (!facts->setuid && !facts->setgid && !facts->capabilities)
        say("ordinary");
    else
        say("%s%s%s%s", facts->setuid ? "setuid " : "", facts->setgid ? "setgid " : "",
            facts->capabilities ? "file capabilities" : "",
            facts->secure ? "" : "; run by you they change nothing, run by others they would");
    end_row();
}

static void say_calls(const bool *these, const bool *but)
{
    bool first = true;
    for (unsigned i = 0; i < CALL_COUNT; i++) {
        if (!these[i] || (but && but[i]))
            continue;
        say(first ? "%s" : ", %s", call_infos[i].name);
        first = false;
    }
}

static unsigned count_calls(const bool *these, const bool *but)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CALL_COUNT; i++)
        count += these[i] && !(but && but[i]);
    return count;
}

static void row_calls(const struct elf_survey *survey)
{
    start_row("CALLS");
    unsigned count = count_calls(survey->imported, NULL);
    say("imports %u of the %u intercepted calls itself%s", count, (unsigned)CALL_COUNT,
        count ? ":" : "");
    say_calls(survey->imported, NULL);
    if (survey->starts_programs)
        say("; starts other programs, which are observed too");
    if (count_calls(survey->defined, NULL)) {
        say("; brings its own version of these, which are not seen:");
        say_calls(survey->defined, NULL);
    }
    end_row();
}

static void row_libraries(const struct elf_survey *survey)
{
    start_row("LIBRARIES");
    say("%u%s", survey->library_count, survey->more_libraries ? " and more" : "");
    if (count_calls(survey->imported_below, survey->imported)) {
        say("; they add");
        say_calls(survey->imported_below, survey->imported);
    }
    for (unsigned i = 0; i < survey->library_count; i++)
        if (survey->libraries[i].imports)
            say("; %s imports %u", survey->libraries[i].name, survey->libraries[i].imports);
    for (unsigned i = 0; i < survey->library_count; i++)
        if (!survey->libraries[i].path[0])
            say("; %s was not found", survey->libraries[i].name);
    if (survey->runpath[0])
        say("; %s %s", survey->is_rpath ? "RPATH" : "RUNPATH", survey->runpath);
    if (survey->loads_at_run_time)
        say("; loads more at run time (dlopen), whose calls are seen too");
    end_row();
}

static void row_names(const struct elf_survey *survey)
{
    start_row("NAMES");
    switch (survey->debug) {
    case DEBUG_OWN:
        say("functions and lines, from its own debug information");
        break;
    case DEBUG_BUILD_ID:
    case DEBUG_LINK:
        say("functions and lines, from %s", survey->debug_path);
        break;
    case DEBUG_NONE:
        say(survey->has_symtab
                ? "functions without lines: it has symbols and no debug information"
                : "only exported functions have names: it is stripped; other places are shown as "
                  "file+offset, and their ids do not outlive a rebuild");
        break;
    }
    if (survey->build_id[0])
        say("; build id %s", survey->build_id);
    end_row();
}

static void row_past_libc(const struct elf_facts *facts, const struct elf_survey *survey)
{
    start_row("PAST LIBC");
    const char *between = "";
    if (survey->syscalls.count) {
        say("at least %lu raw system call instruction%s, at most %lu", survey->syscalls.count,
            survey->syscalls.count == 1 ? "" : "s", survey->syscalls.looks);
        between = "; ";
    }
    if (survey->io_uring) {
        say("%sit uses io_uring, whose operations are no calls", between);
        between = "; ";
    }
    if (facts->go) {
        say("%sGo's runtime makes its system calls itself", between);
        between = "; ";
    }
    if (!*between && survey->syscalls.looks)
        say("nothing found; %lu places have the bytes of a system call instruction by chance, as "
            "far as can be told",
            survey->syscalls.looks);
    else if (!*between)
        say("nothing found");
    if (survey->own_syscall)
        say("; it calls syscall(), which is seen");
    end_row();
}

static void rows_findings(const struct examined *examined)
{
    struct finding findings[FINDINGS_MOST];
    unsigned count = findings_fill(findings, examined);
    for (unsigned i = 0; i < count; i++) {
        start_row(findings[i].weight == WEIGHT_PART ? "PARTLY" : "NOTE");
        say("%s.", findings[i].text);
        if (findings[i].todo)
            say("To do: %s.", findings[i].todo);
        end_row();
    }
}

static int row_verdict(const struct examined *examined)
{
    struct doctor_verdict verdict = doctor_judge(examined);
    start_row("VERDICT");
    say("%s", verdict.text);
    end_row();
    start_row("NEXT");
    say("%s", verdict.next);
    end_row();
    return verdict.observable ? EXIT_FINE : EXIT_FAILED;
}

/* ---- the command ---- */

static void print_text(const struct examined *examined)
{
    const struct elf_facts *facts = &examined->facts;
    column = printf("shunt doctor ");
    say("%s", facts->scripts ? examined->path : facts->path);
    end_row();
    if (facts->scripts) {
        start_row("SCRIPT");
        if (examined->through_env)
            say("run by /usr/bin/env and %s, which is looked at here", facts->path);
        else
            say("run by %s, which is looked at here", facts->path);
        end_row();
    }
    row_kind(facts);
    row_rights(facts);
    if (facts->kind == IMAGE_DYNAMIC || facts->kind == IMAGE_LIBRARY) {
        row_calls(&examined->survey);
        row_libraries(&examined->survey);
    }
    row_names(&examined->survey);
    row_past_libc(facts, &examined->survey);
    rows_findings(examined);
}

static int examine(const char *command, bool json)
{
    static struct examined examined;
    struct error error = {""};
    if (doctor_examine(&examined, command, &error) < 0) {
        fprintf(stderr, "shunt doctor: %s\n", error.text);
        return EXIT_FAILED;
    }
    if (json) {
        doctor_json(&examined, stdout);
        return doctor_judge(&examined).observable ? EXIT_FINE : EXIT_FAILED;
    }
    print_text(&examined);
    return row_verdict(&examined);
}

static int run(int argc, char **argv)
{
    bool json = false;
    int parsed = arguments_few("doctor", argc, argv, help, &json);
    if (parsed)
        return parsed < 0 ? EXIT_USAGE : EXIT_FINE;
    if (argc - optind != 1) {
        fputs("shunt doctor: name one program: shunt doctor COMMAND\n", stderr);
        return EXIT_USAGE;
    }
    return examine(argv[optind], json);
}

const struct command command_doctor = {.name = "doctor",
                                       .summary = "what will be seen of a program, before it runs",
                                       .help = help,
                                       .run = run};
