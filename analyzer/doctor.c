/* SPDX-License-Identifier: MIT
 *
 * See doctor.h.
 */
#include "doctor.h"

#include "debian_package.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENV_DEPTH 5

/* ---- finding it ---- */

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) && access(text, F_OK) < 0;
}

static bool maps_library(int pid)
{
    char path[64], line[PATH_MAX + 128];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, "/libshunt.so") != NULL;
    if (file)
        fclose(file);
    return found;
}

static int find_process(struct examined *examined, struct error *error)
{
    char link[64];
    examined->pid = (int)strtol(examined->command, NULL, 10);
    snprintf(link, sizeof link, "/proc/%d/exe", examined->pid);
    ssize_t length = readlink(link, examined->path, sizeof examined->path - 1);
    if (length < 0)
        return error_set(error, "%s: %s", examined->command,
                         errno == ENOENT ? "no such file, and no process with this number"
                                         : "this process cannot be looked at: it is not yours");
    examined->path[length] = 0;
    if (access(examined->path, F_OK) < 0) /* deleted, or in another mount namespace */
        snprintf(examined->path, sizeof examined->path, "%s", link);
    examined->carries = maps_library(examined->pid);
    return 0;
}

static int find_program(struct examined *examined, struct error *error)
{
    const char *command = examined->command;
    switch (elf_facts_find(command, examined->path, sizeof examined->path)) {
    case -ENOENT:
    case -ENOTDIR:
        return error_set(error, "%s: %s", command,
                         strchr(command, '/') ? "no such file" : "no such command in PATH");
    case -EISDIR:
        return error_set(error, "%s: it is a directory; name a program", command);
    default:
        /* A library, or a program that may not be run: it can still be looked at. */
        return 0;
    }
}

/* The word behind env in "#!/usr/bin/env [-S] python3 ..."; empty: there is none. */
static void word_behind_env(const char *path, char *word, size_t size)
{
    char line[256];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
    if (fd >= 0)
        close(fd);
    line[length > 0 ? length : 0] = 0;
    line[strcspn(line, "\n")] = 0;
    *word = 0;
    char *rest = NULL;
    strtok_r(line, " \t", &rest);
    for (char *one = strtok_r(NULL, " \t", &rest); one; one = strtok_r(NULL, " \t", &rest))
        if (*one != '-' && !strchr(one, '=')) {
            snprintf(word, size, "%s", one);
            return;
        }
}

/* env only passes on: what it starts is of interest, which may be a script again. */
static void follow_env(struct examined *examined)
{
    char word[256], path[PATH_MAX];
    static struct elf_facts facts;
    snprintf(path, sizeof path, "%s", examined->path);
    for (int depth = 0; depth < ENV_DEPTH && examined->facts.scripts; depth++) {
        if (strcmp(text_basename(examined->facts.path), "env") != 0)
            return;
        word_behind_env(path, word, sizeof word);
        if (!*word || elf_facts_find(word, path, sizeof path) != 0 ||
            elf_facts_read(&facts, path) != 0)
            return;
        facts.scripts += examined->facts.scripts;
        examined->facts = facts;
        examined->through_env = true;
    }
}

/* ---- gathering ---- */

static int read_image(struct examined *examined, struct error *error)
{
    struct elf_facts *facts = &examined->facts;
    int result = elf_facts_read(facts, examined->path);
    if (result == -ENOEXEC && elf_facts_is_plain_script(facts->path))
        return error_set(error, "%s: no program: neither an ELF file nor a script with #!",
                         examined->command);
    if (result == 0) {
        follow_env(examined);
        result = elf_survey_read(&examined->survey, facts->path);
    }
    if (result == -ENOEXEC)
        return error_set(error,
                         "%s: no program that can be read: damaged, cut short or of no known kind",
                         examined->command);
    if (result == -ENOENT)
        return error_set(error, "%s: the interpreter in its #! line is missing", examined->command);
    return result ? error_set(error, "%s: %s", facts->path, strerror(-result)) : 0;
}

static bool is_empty(const char *path)
{
    char byte;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, &byte, 1);
    if (fd >= 0)
        close(fd);
    return got <= 0;
}

int doctor_examine(struct examined *examined, const char *command, struct error *error)
{
    *examined = (struct examined){.command = command};
    int result = is_number(command) ? find_process(examined, error) : find_program(examined, error);
    if (result < 0 || read_image(examined, error) < 0)
        return -1;
    const struct elf_facts *facts = &examined->facts;
    examined->interprets =
        interpreters_find(&examined->interpreter, facts->path, &examined->survey);
    if (examined->interprets && facts->scripts)
        interpreters_green(facts->path, &examined->interpreter, examined->green,
                           sizeof examined->green);
    if (examined->survey.debug == DEBUG_NONE && !examined->survey.has_symtab &&
        !debian_package_of(facts->path, examined->package, sizeof examined->package))
        examined->package[0] = 0;
    examined->preload = getenv("LD_PRELOAD");
    examined->preload_for_all = !is_empty("/etc/ld.so.preload");
    return 0;
}

/* ---- judging ---- */

static unsigned imports(const struct elf_survey *survey)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CALL_COUNT; i++)
        count += survey->imported[i] || survey->imported_below[i];
    return count;
}

struct doctor_verdict doctor_judge(const struct examined *examined)
{
    const struct elf_facts *facts = &examined->facts;
    const char *obstacle = elf_facts_obstacle(facts);
    struct doctor_verdict verdict = {.observable = !obstacle && !facts->loader_missing};
    if (obstacle)
        snprintf(verdict.text, sizeof verdict.text, "It cannot be observed: it %s.", obstacle);
    else
        snprintf(verdict.text, sizeof verdict.text, "%s",
                 facts->loader_missing ? "It cannot be run here: its loader is missing."
                 : facts->go ? "It can be observed only where it calls C: a Go program makes its "
                               "system calls itself."
                 : !imports(&examined->survey) && !examined->survey.starts_programs
                     ? "It can be loaded into, but imports nothing that is intercepted: a report "
                       "would be empty."
                     : "It can be observed.");
    if (verdict.observable)
        snprintf(verdict.next, sizeof verdict.next, "shunt run -- %.400s",
                 examined->pid ? facts->path : examined->command);
    else if (facts->kind == IMAGE_LIBRARY)
        snprintf(verdict.next, sizeof verdict.next, "name the program that loads it");
    else
        snprintf(verdict.next, sizeof verdict.next,
                 "build it dynamically linked against glibc, without changed rights; or see it "
                 "from outside: strace -f -c %.300s",
                 examined->command);
    return verdict;
}
