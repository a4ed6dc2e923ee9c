/* SPDX-License-Identifier: MIT
 *
 * Looks through an executable and its libraries with libelf.
 */
#include "elf_survey.h"

#include "library_search.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEBUG_ROOT "/usr/lib/debug"
#define CODE_LEAST 512 /* bytes; a library of data has less */

/* What one object says. */
struct object {
    struct elf_survey *survey;
    const char *path;
    struct elf_library *library; /* NULL: the executable itself */
    char runpath[1024];
    bool is_rpath;
};

static int call_of(const char *name)
{
    for (int i = 0; i < CALL_COUNT; i++)
        if (!strcmp(call_infos[i].name, name))
            return i;
    for (unsigned i = 0; i < call_alias_count; i++)
        if (!strcmp(call_aliases[i].twin, name))
            return call_aliases[i].id;
    return -1;
}

static void directory_of(const char *path, char *out, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(out, size, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

static bool is_libc(const char *name)
{
    static const char *const parts[] = {"libc.so",  "libm.so",    "libpthread.so",
                                        "libdl.so", "librt.so",   "libresolv.so",
                                        "ld-linux", "libutil.so", "libnss_"};
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strncmp(name, parts[i], strlen(parts[i])))
            return true;
    return false;
}

/* ---- symbols ---- */

static void note_import(struct object *object, const char *name)
{
    struct elf_survey *survey = object->survey;
    int call = call_of(name);
    if (object->library) {
        if (call >= 0 && !object->library->is_libc) {
            object->library->imports++;
            survey->imported_below[call] = true;
        }
        return;
    }
    if (call >= 0)
        survey->imported[call] = true;
    survey->starts_programs |= !strncmp(name, "exec", strlen("exec")) ||
                               !strncmp(name, "posix_spawn", strlen("posix_spawn"));
    survey->loads_at_run_time |= !strcmp(name, "dlopen");
    survey->loads_apart |= !strcmp(name, "dlmopen");
    survey->own_syscall |= !strcmp(name, "syscall");
}

static void read_symbols(struct object *object, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    if (!data || !header->sh_entsize)
        return;
    GElf_Sym symbol;
    for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
        const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
        if (!name || !*name)
            continue;
        if (!strncmp(name, "io_uring_", strlen("io_uring_")) && !object->library)
            object->survey->io_uring = true;
        if (header->sh_type != SHT_DYNSYM)
            continue;
        if (symbol.st_shndx == SHN_UNDEF) {
            note_import(object, name);
        } else if (!object->library && GELF_ST_TYPE(symbol.st_info) == STT_FUNC) {
            int call = call_of(name);
            if (call >= 0)
                object->survey->defined[call] = true;
        }
    }
}

/* ---- libraries ---- */

static bool is_known(const struct elf_survey *survey, const char *name)
{
    for (unsigned i = 0; i < survey->library_count; i++)
        if (!strcmp(survey->libraries[i].name, name))
            return true;
    return false;
}

static void add_library(struct object *object, const char *name)
{
    struct elf_survey *survey = object->survey;
    if (is_known(survey, name))
        return;
    if (survey->library_count == SURVEY_LIBRARIES) {
        survey->more_libraries = true;
        return;
    }
    struct elf_library *library = &survey->libraries[survey->library_count++];
    char origin[PATH_MAX];
    directory_of(object->path, origin, sizeof origin);
    snprintf(library->name, sizeof library->name, "%s", name);
    library->is_libc = is_libc(name);
    if (!library_search(name, object->runpath, origin, library->path, sizeof library->path))
        library->path[0] = '\0';
}

static void read_dynamic(struct object *object, Elf *elf, Elf_Scn *section, const GElf_Shdr *header)
{
    Elf_Data *data = elf_getdata(section, NULL);
    GElf_Dyn entry;
    if (!data || !header->sh_entsize)
        return;
    for (int i = 0; gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
        const char *text = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
        /* A RUNPATH makes the loader ignore an RPATH beside it. */
        if (!text || (entry.d_tag != DT_RUNPATH && (entry.d_tag != DT_RPATH || object->runpath[0])))
            continue;
        snprintf(object->runpath, sizeof object->runpath, "%s", text);
        object->is_rpath = entry.d_tag == DT_RPATH;
    }
    for (int i = 0; gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++) {
        const char *name = elf_strptr(elf, header->sh_link, entry.d_un.d_val);
        if (name && entry.d_tag == DT_NEEDED)
            add_library(object, name);
    }
}

/* ---- code and names ---- */

/* .comment is a row of terminated strings, one a compiler. */
static bool names_rustc(Elf_Scn *section)
{
    Elf_Data *data = elf_getdata(section, NULL);
    return data && data->d_buf && memmem(data->d_buf, data->d_size, "rustc ", 6);
}

static bool find_by_build_id(struct elf_survey *survey, Elf *elf)
{
    const void *bytes;
    ssize_t size = dwelf_elf_gnu_build_id(elf, &bytes);
    if (size <= 1 || size > 32)
        return false;
    for (ssize_t i = 0; i < size; i++)
        sprintf(survey->build_id + 2 * i, "%02x", ((const unsigned char *)bytes)[i]);
    snprintf(survey->debug_path, sizeof survey->debug_path, DEBUG_ROOT "/.build-id/%.2s/%s.debug",
             survey->build_id, survey->build_id + 2);
    return access(survey->debug_path, R_OK) == 0;
}

static bool find_by_link(struct elf_survey *survey, Elf *elf, const char *path)
{
    GElf_Word checksum;
    const char *name = dwelf_elf_gnu_debuglink(elf, &checksum);
    if (!name || strchr(name, '/'))
        return false;
    static const char *const places[] = {"%s/%s", "%s/.debug/%s", DEBUG_ROOT "%s/%s"};
    char directory[PATH_MAX];
    directory_of(path, directory, sizeof directory);
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(survey->debug_path, sizeof survey->debug_path, places[i], directory, name);
        if (access(survey->debug_path, R_OK) == 0)
            return true;
    }
    return false;
}

static void find_debug(struct elf_survey *survey, Elf *elf, const char *path)
{
    bool own = survey->debug == DEBUG_OWN;
    enum debug_source separate = find_by_build_id(survey, elf)     ? DEBUG_BUILD_ID
                                 : find_by_link(survey, elf, path) ? DEBUG_LINK
                                                                   : DEBUG_NONE;
    survey->debug = own ? DEBUG_OWN : separate;
    if (survey->debug != separate || separate == DEBUG_NONE)
        survey->debug_path[0] = '\0';
}

/* ---- one object ---- */

static void read_sections(struct object *object, Elf *elf)
{
    size_t names;
    bool has_unwind = false, has_code = false;
    if (elf_getshdrstrndx(elf, &names) < 0)
        return;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        bool is_symtab = header.sh_type == SHT_SYMTAB;
        if (header.sh_type == SHT_DYNSYM || (is_symtab && !object->library))
            read_symbols(object, elf, section, &header);
        if (header.sh_type == SHT_DYNAMIC)
            read_dynamic(object, elf, section, &header);
        has_code |= header.sh_flags & SHF_EXECINSTR && header.sh_size > CODE_LEAST;
        has_unwind |= name && !strcmp(name, ".eh_frame") && header.sh_size > sizeof(uint64_t);
        if (object->library)
            continue;
        object->survey->has_symtab |= is_symtab;
        object->survey->rust |= name && !strcmp(name, ".comment") && names_rustc(section);
        if (name && (!strcmp(name, ".debug_info") || !strcmp(name, ".zdebug_info")))
            object->survey->debug = DEBUG_OWN;
    }
    if (object->library)
        object->library->no_unwind = has_code && !has_unwind;
    else
        object->survey->no_unwind = has_code && !has_unwind;
}

static int read_object(struct object *object)
{
    int fd = open(object->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    int error = elf && elf_kind(elf) == ELF_K_ELF ? 0 : -ENOEXEC;
    if (!error) {
        read_sections(object, elf);
        if (!object->library)
            elf_syscalls_find(&object->survey->syscalls, elf);
        else if (!object->library->is_libc)
            elf_syscalls_find(&object->library->syscalls, elf);
        if (!object->library)
            find_debug(object->survey, elf, object->path);
    }
    elf_end(elf);
    close(fd);
    return error;
}

int elf_survey_read(struct elf_survey *survey, const char *path)
{
    *survey = (struct elf_survey){0};
    elf_version(EV_CURRENT);
    struct object main = {.survey = survey, .path = path};
    int error = read_object(&main);
    if (error)
        return error;
    snprintf(survey->runpath, sizeof survey->runpath, "%s", main.runpath);
    survey->is_rpath = main.is_rpath;
    /* The list grows while it is walked: breadth first. */
    for (unsigned i = 0; i < survey->library_count; i++) {
        struct object library = {
            .survey = survey, .path = survey->libraries[i].path, .library = &survey->libraries[i]};
        if (*library.path)
            read_object(&library);
    }
    return 0;
}
