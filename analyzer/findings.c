/* SPDX-License-Identifier: MIT
 *
 * See findings.h. A rule writes its sentence and returns true, or returns false.
 */
#include "findings.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool __attribute__((format(printf, 2, 3)))
tell(struct finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding->text, sizeof finding->text, format, arguments);
    va_end(arguments);
    return true;
}

/* "a, b and 2 more" of libraries for which a rule holds; false: none. */
struct names {
    char text[256];
    unsigned count;
};

static void add_name(struct names *names, const char *name)
{
    size_t used = strlen(names->text);
    if (names->count++ < 4 && used + strlen(name) + 2 < sizeof names->text)
        snprintf(names->text + used, sizeof names->text - used, "%s%s", used ? "; " : "", name);
}

static void add_syscalls(struct names *names, const char *who, const struct elf_syscalls *syscalls)
{
    char one[512];
    snprintf(one, sizeof one, "%s %lu%s%s", who, syscalls->count,
             syscalls->functions[0] ? ", in " : "", syscalls->functions);
    if (syscalls->count)
        add_name(names, one);
}

static bool calls_itself(struct finding *finding, const struct examined *examined)
{
    const struct elf_survey *survey = &examined->survey;
    struct names names = {0};
    add_syscalls(&names, "the program", &survey->syscalls);
    for (unsigned i = 0; i < survey->library_count; i++)
        add_syscalls(&names, survey->libraries[i].name, &survey->libraries[i].syscalls);
    return names.count && tell(finding, "system call instructions outside libc, at least: %s%s",
                               names.text, names.count > 4 ? "; and others" : "");
}

static bool is_go(struct finding *finding, const struct examined *examined)
{
    return examined->facts.go && examined->facts.kind == IMAGE_DYNAMIC &&
           tell(finding, "Go makes its system calls itself: only what goes through C is seen");
}

static bool is_rust(struct finding *finding, const struct examined *examined)
{
    return examined->survey.rust &&
           tell(finding, "built from Rust: its standard library calls libc, which is seen");
}

static bool uses_io_uring(struct finding *finding, const struct examined *examined)
{
    const char *library = NULL;
    for (unsigned i = 0; i < examined->survey.library_count; i++)
        if (text_starts(examined->survey.libraries[i].name, "liburing"))
            library = examined->survey.libraries[i].name;
    if (library)
        return tell(finding, "it links %s: operations of io_uring are no calls", library);
    return examined->survey.io_uring &&
           tell(finding, "it contains io_uring's functions: its operations are no calls");
}

static bool cuts_chains(struct finding *finding, const struct examined *examined)
{
    struct names names = {0};
    if (examined->survey.no_unwind)
        add_name(&names, "the program");
    for (unsigned i = 0; i < examined->survey.library_count; i++)
        if (examined->survey.libraries[i].no_unwind && examined->survey.libraries[i].path[0] &&
            !examined->survey.libraries[i].is_libc)
            add_name(&names, examined->survey.libraries[i].name);
    return names.count && tell(finding,
                               "no unwind information (.eh_frame) in %s: chains of callers "
                               "end there",
                               names.text);
}

static bool lacks_names(struct finding *finding, const struct examined *examined)
{
    const struct elf_survey *survey = &examined->survey;
    if (survey->debug != DEBUG_NONE || survey->has_symtab)
        return false;
    return examined->package[0]
               ? tell(finding,
                      "stripped: most functions have no name. Its debug symbols are in Debian's "
                      "package %s-dbgsym, or in one of the same source",
                      examined->package)
               : tell(finding, "stripped: most functions have no name");
}

static bool loads_apart(struct finding *finding, const struct examined *examined)
{
    return examined->survey.loads_apart &&
           tell(finding, "it imports dlmopen: libraries in a namespace of their own have a libc of "
                         "their own, whose calls are not seen");
}

static bool is_preloaded(struct finding *finding, const struct examined *examined)
{
    return examined->preload && *examined->preload &&
           tell(finding,
                "LD_PRELOAD is set to %.200s: it is kept, and shunt comes before it, but "
                "behind a sanitizer",
                examined->preload);
}

static bool is_preloaded_for_all(struct finding *finding, const struct examined *examined)
{
    return examined->preload_for_all &&
           tell(finding, "/etc/ld.so.preload loads something into every program, behind shunt");
}

static bool is_sanitized(struct finding *finding, const struct examined *examined)
{
    static const char *const names[] = {"libasan", "libtsan", "libubsan", "liblsan"};
    for (unsigned i = 0; i < examined->survey.library_count; i++)
        for (size_t j = 0; j < sizeof names / sizeof *names; j++)
            if (text_starts(examined->survey.libraries[i].name, names[j]))
                return tell(finding, "it links %s, whose own versions of calls come before libc's",
                            examined->survey.libraries[i].name);
    return false;
}

static bool interprets(struct finding *finding, const struct examined *examined)
{
    const struct interpreter *one = &examined->interpreter;
    return examined->interprets && tell(finding, "it runs %s%s%s: %s", one->language,
                                        one->version[0] ? " " : "", one->version, one->frames);
}

static bool is_green(struct finding *finding, const struct examined *examined)
{
    return examined->green[0] &&
           tell(finding,
                "its Python can import %s: if the script uses green threads, they are one thread "
                "here, and a blocked call holds up all of them",
                examined->green);
}

static bool is_carrying(struct finding *finding, const struct examined *examined)
{
    return examined->pid && examined->carries &&
           tell(finding, "process %d carries the library", examined->pid);
}

static bool is_running(struct finding *finding, const struct examined *examined)
{
    return examined->pid && !examined->carries &&
           tell(finding,
                "process %d runs without the library, which can only be put into a program when "
                "it starts",
                examined->pid);
}

static const struct rule {
    const char *id;
    enum weight weight;
    bool (*holds)(struct finding *finding, const struct examined *examined);
    const char *todo;
} rules[] = {
    {"carrying", WEIGHT_NOTE, is_carrying, "see where its trace is with: shunt ps"},
    {"running", WEIGHT_NOTE, is_running, "start it anew with: shunt run"},
    {"go", WEIGHT_PART, is_go, "look at the Go part with its own tracer (go tool trace)"},
    {"raw-syscalls", WEIGHT_PART, calls_itself,
     "compare with: strace -f -c; what passes by shows as waiting that was not seen"},
    {"io-uring", WEIGHT_PART, uses_io_uring,
     "its waits are seen where they go through libc; switch it off in the program's settings to "
     "see single operations"},
    {"no-unwind", WEIGHT_PART, cuts_chains, "build it without -fno-asynchronous-unwind-tables"},
    {"stripped", WEIGHT_PART, lacks_names,
     "install its debug symbols, or build it with -g and do not strip it"},
    {"dlmopen", WEIGHT_PART, loads_apart, NULL},
    {"interpreter", WEIGHT_PART, interprets, NULL},
    {"green-threads", WEIGHT_NOTE, is_green, NULL},
    {"rust", WEIGHT_NOTE, is_rust, NULL},
    {"sanitizer", WEIGHT_NOTE, is_sanitized, NULL},
    {"preload", WEIGHT_NOTE, is_preloaded, NULL},
    {"preload-for-all", WEIGHT_NOTE, is_preloaded_for_all, NULL},
};

unsigned findings_fill(struct finding *findings, const struct examined *examined)
{
    unsigned count = 0;
    for (int weight = WEIGHT_PART; weight >= WEIGHT_NOTE; weight--)
        for (size_t i = 0; i < sizeof rules / sizeof *rules && count < FINDINGS_MOST; i++) {
            struct finding *finding = &findings[count];
            *finding = (struct finding){
                .id = rules[i].id, .weight = rules[i].weight, .todo = rules[i].todo};
            if ((int)rules[i].weight == weight && rules[i].holds(finding, examined))
                count++;
        }
    return count;
}
