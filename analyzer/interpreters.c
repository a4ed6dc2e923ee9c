/* SPDX-License-Identifier: MIT
 *
 * See interpreters.h.
 */
#include "interpreters.h"

#include "text.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PYTHON_FIRST 8 /* 3.x, between which the layout of frames is known */
#define PYTHON_LAST  13

#define SHOWS_C(language) \
    language " frames are not named: a site shows the C function of the runtime or library"

/* Either exports the symbol itself or links the library. Frames NULL: see python_frames. */
static const struct language {
    const char *name, *symbol, *library, *frames;
} languages[] = {
    {"Python", "Py_BytesMain", "libpython", NULL},
    {"Java", "JNI_CreateJavaVM", "libjvm.so", SHOWS_C("Java")},
    {"Java", "JLI_Launch", "libjli.so", SHOWS_C("Java")},
    {"JavaScript (Node.js)", "napi_create_function", "libnode.so", SHOWS_C("JavaScript")},
    {"Perl", "perl_run", "libperl.so", SHOWS_C("Perl")},
    {"Ruby", "ruby_run_node", "libruby", SHOWS_C("Ruby")},
    {"PHP", "php_request_startup", "libphp", SHOWS_C("PHP")},
};

/* What a symbol of the file is: 0 absent, 1 defined; a number that it names goes to *value. */
static int find_symbol(Elf *elf, const char *wanted, uint64_t *address)
{
    GElf_Shdr header;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_DYNSYM)
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        GElf_Sym symbol;
        for (int i = 0; data && gelf_getsym(data, i, &symbol); i++) {
            const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
            if (name && symbol.st_shndx != SHN_UNDEF && strcmp(name, wanted) == 0) {
                *address = symbol.st_value;
                return 1;
            }
        }
    }
    return 0;
}

/* The word at an address, as the file has it. */
static uint32_t word_at(Elf *elf, uint64_t address)
{
    GElf_Shdr header;
    uint32_t word = 0;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_PROGBITS ||
            address < header.sh_addr || address - header.sh_addr + sizeof word > header.sh_size)
            continue;
        Elf_Data *data = elf_getdata(section, NULL);
        if (data && data->d_buf && address - header.sh_addr + sizeof word <= data->d_size)
            memcpy(&word, (const char *)data->d_buf + (address - header.sh_addr), sizeof word);
    }
    return word;
}

static const char *library_like(const struct elf_survey *survey, const char *prefix)
{
    for (unsigned i = 0; i < survey->library_count; i++)
        if (text_starts(survey->libraries[i].name, prefix))
            return survey->libraries[i].name;
    return NULL;
}

/* "3.11" of "libpython3.11.so.1.0", "python3.11" or "/usr/bin/python3.11". */
static void version_in_name(const char *name, char *version, size_t size)
{
    const char *at = strstr(text_basename(name), "python");
    size_t length = at ? strspn(at + 6, "0123456789.") : 0;
    while (length && at[6 + length - 1] == '.')
        length--;
    if (length && length < size && memchr(at + 6, '.', length))
        snprintf(version, size, "%.*s", (int)length, at + 6);
}

/* Since 3.11 the binary says it (Py_Version, as PY_VERSION_HEX); before, names do. */
static void python_version(struct interpreter *found, Elf *elf, const char *path,
                           const struct elf_survey *survey)
{
    uint64_t address;
    uint32_t hex = find_symbol(elf, "Py_Version", &address) ? word_at(elf, address) : 0;
    const char *library = library_like(survey, "libpython");
    char real[PATH_MAX];
    if (hex >> 24 == 3)
        snprintf(found->version, sizeof found->version, "%u.%u.%u", hex >> 24, hex >> 16 & 255,
                 hex >> 8 & 255);
    else if (library)
        version_in_name(library, found->version, sizeof found->version);
    else
        version_in_name(realpath(path, real) ? real : path, found->version, sizeof found->version);
}

static const char *python_frames(const char *version)
{
    int minor = 0;
    if (sscanf(version, "3.%d", &minor) == 1 && minor >= PYTHON_FIRST && minor <= PYTHON_LAST)
        return "the frames of this version can be named: a site shows the Python function and line";
    return "the frames of this version cannot be named: a site shows the C function of the "
           "interpreter or extension module";
}

static bool find_in(struct interpreter *found, Elf *elf, const char *path,
                    const struct elf_survey *survey)
{
    uint64_t address;
    for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
        const struct language *language = &languages[i];
        if (!find_symbol(elf, language->symbol, &address) &&
            !library_like(survey, language->library))
            continue;
        *found = (struct interpreter){.language = language->name, .frames = language->frames};
        if (!found->frames) {
            python_version(found, elf, path, survey);
            found->frames = python_frames(found->version);
        }
        return true;
    }
    return false;
}

bool interpreters_find(struct interpreter *found, const char *path, const struct elf_survey *survey)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    bool is = elf && elf_kind(elf) == ELF_K_ELF && find_in(found, elf, path, survey);
    elf_end(elf);
    close(fd);
    return is;
}

/* ---- green threads ---- */

static bool has_module(const char *directory, const char *module)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s/__init__.py", directory, module);
    return length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0;
}

static void add_modules(const char *directory, char *names, size_t size)
{
    static const char *const modules[] = {"eventlet", "gevent", "greenlet"};
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        size_t used = strlen(names);
        if (has_module(directory, modules[i]) && !strstr(names, modules[i]))
            snprintf(names + used, size - used, "%s%s", used ? ", " : "", modules[i]);
    }
}

void interpreters_green(const char *path, const struct interpreter *python, char *names,
                        size_t size)
{
    static const char *const places[] = {"%s/lib/python%d.%d/site-packages",
                                         "%s/lib/python%d.%d/dist-packages"};
    int major, minor;
    char prefix[PATH_MAX], directory[PATH_MAX + 64];
    names[0] = 0;
    if (sscanf(python->version, "%d.%d", &major, &minor) != 2)
        return;
    /* a virtual environment is the directory above its bin/python, a link */
    snprintf(prefix, sizeof prefix, "%s", path);
    char *bin = strstr(prefix, "/bin/");
    if (bin)
        *bin = 0;
    const char *const roots[] = {bin ? prefix : "/usr", "/usr", "/usr/local"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        for (size_t j = 0; j < sizeof places / sizeof *places; j++) {
            snprintf(directory, sizeof directory, places[j], roots[i], major, minor);
            add_modules(directory, names, size);
        }
    add_modules("/usr/lib/python3/dist-packages", names, size);
    char list[4096];
    const char *given = getenv("PYTHONPATH");
    snprintf(list, sizeof list, "%s", given ? given : "");
    char *rest = NULL;
    for (char *one = strtok_r(list, ":", &rest); one; one = strtok_r(NULL, ":", &rest))
        add_modules(one, names, size);
}
