/* SPDX-License-Identifier: MIT
 *
 * `shunt doctor`: what shunt will see of a program, before it is run.
 */
#include "command.h"
#include "elf_facts.h"
#include "elf_survey.h"

#include <elf.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS 80
#define INDENT  10

static const char help[] =
    "usage: shunt doctor COMMAND\n"
    "\n"
    "Tells what shunt will see of COMMAND (a file, or a name in PATH) before it is\n"
    "run, and what will escape it. Nothing is started.\n"
    "\n"
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
    "\n"
    "exit status: 0 it can be observed, 1 it cannot, or it is no program\n"
    "\n"
    "examples\n"
    "  shunt doctor ./server\n"
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
    if (survey->raw_syscalls) {
        say("at most %lu raw system call instruction%s (bytes that look like one)",
            survey->raw_syscalls, survey->raw_syscalls == 1 ? "" : "s");
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
    if (!*between)
        say("nothing found");
    if (survey->own_syscall)
        say("; it calls syscall(), which is seen");
    end_row();
}

static int row_verdict(const char *command, const struct elf_facts *facts,
                       const struct elf_survey *survey)
{
    const char *obstacle = elf_facts_obstacle(facts);
    start_row("VERDICT");
    if (obstacle) {
        say("It cannot be observed: it %s.", obstacle);
    } else if (facts->loader_missing) {
        obstacle = "";
        say("It cannot be run here: its loader is missing.");
    } else if (facts->go) {
        say("It can be observed only where it calls C: a Go program makes its system calls "
            "itself.");
    } else if (!count_calls(survey->imported, NULL) && !count_calls(survey->imported_below, NULL) &&
               !survey->starts_programs) {
        say("It can be loaded into, but imports nothing that is intercepted: a report would be "
            "empty.");
    } else {
        say("It can be observed.");
    }
    end_row();
    start_row("NEXT");
    if (obstacle && facts->kind != IMAGE_LIBRARY)
        say("build it dynamically linked against glibc, without changed rights; or see it from "
            "outside: strace -f -c %s",
            command);
    else if (obstacle)
        say("name the program that loads it");
    else
        say("shunt run -- %s", command);
    end_row();
    return obstacle ? EXIT_FAILED : EXIT_FINE;
}

/* ---- the command ---- */

static int complain(const char *command, const char *why)
{
    fprintf(stderr, "shunt doctor: %s: %s\n", command, why);
    return EXIT_FAILED;
}

static int find(const char *command, char *path, size_t size)
{
    switch (elf_facts_find(command, path, size)) {
    case 0:
        return 0;
    case -ENOENT:
    case -ENOTDIR:
        return complain(command, strchr(command, '/') ? "no such file" : "no such command in PATH");
    case -EISDIR:
        return complain(command, "it is a directory; name a program");
    default:
        /* A library, or a program that may not be run: it can still be looked at. */
        return 0;
    }
}

static int examine(const char *command)
{
    static struct elf_facts facts;
    static struct elf_survey survey;
    char path[PATH_MAX];
    int status = find(command, path, sizeof path);
    if (status)
        return status;
    int error = elf_facts_read(&facts, path);
    bool plain = error == -ENOEXEC && elf_facts_is_plain_script(facts.path);
    if (plain)
        return complain(command, "no program: neither an ELF file nor a script with #!");
    if (!error)
        error = elf_survey_read(&survey, facts.path);
    if (error == -ENOEXEC)
        return complain(command,
                        "no program that can be read: damaged, cut short or of no known kind");
    if (error == -ENOENT)
        return complain(command, "the interpreter in its #! line is missing");
    if (error)
        return complain(facts.path, strerror(-error));

    printf("shunt doctor  %s\n", facts.scripts ? path : facts.path);
    if (facts.scripts) {
        start_row("SCRIPT");
        say("run by %s, which is looked at here", facts.path);
        end_row();
    }
    row_kind(&facts);
    row_rights(&facts);
    if (facts.kind == IMAGE_DYNAMIC || facts.kind == IMAGE_LIBRARY) {
        row_calls(&survey);
        row_libraries(&survey);
    }
    row_names(&survey);
    row_past_libc(&facts, &survey);
    return row_verdict(command, &facts, &survey);
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option != 'h')
            return EXIT_USAGE;
        fputs(help, stdout);
        return EXIT_FINE;
    }
    if (argc - optind != 1) {
        fputs("shunt doctor: name one program: shunt doctor COMMAND\n", stderr);
        return EXIT_USAGE;
    }
    return examine(argv[optind]);
}

const struct command command_doctor = {.name = "doctor",
                                       .summary = "what will be seen of a program, before it runs",
                                       .help = help,
                                       .run = run};
