/* SPDX-License-Identifier: MIT
 *
 * Reads the facts of an executable that decide whether LD_PRELOAD reaches it.
 */
#include "elf_facts.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SCRIPT_DEPTH 5   /* the kernel's own limit */
#define SCRIPT_LINE  256 /* BINPRM_BUF_SIZE */

static int check_executable(const char *path)
{
    struct stat file;
    if (stat(path, &file) < 0)
        return -errno;
    if (S_ISDIR(file.st_mode))
        return -EISDIR;
    /* For root access(2) alone would pass a file without any x bit on some file systems. */
    if (!S_ISREG(file.st_mode) || !(file.st_mode & 0111) || access(path, X_OK) < 0)
        return -EACCES;
    return 0;
}

int elf_facts_find(const char *command, char *path, size_t size)
{
    if (!*command)
        return -ENOENT;
    if (strchr(command, '/')) {
        if (snprintf(path, size, "%s", command) >= (int)size)
            return -ENAMETOOLONG;
        return check_executable(path);
    }
    const char *at = getenv("PATH");
    if (!at)
        at = "/bin:/usr/bin";
    int result = -ENOENT;
    for (;;) {
        size_t length = strcspn(at, ":");
        /* An empty entry is the working directory. */
        const char *separator = length ? "/" : "./";
        if (snprintf(path, size, "%.*s%s%s", (int)length, at, separator, command) < (int)size) {
            int error = check_executable(path);
            if (!error)
                return 0;
            if (error == -EACCES)
                result = error;
        }
        if (!at[length])
            break;
        at += length + 1;
    }
    snprintf(path, size, "%s", command);
    return result;
}

/* If the file begins with #!, replaces `path` by its interpreter: 1. Else 0, or negative errno. */
static int follow_script(char *path, int fd)
{
    char line[SCRIPT_LINE + 1];
    ssize_t length = pread(fd, line, SCRIPT_LINE, 0);
    if (length < 0)
        return -errno;
    line[length] = '\0';
    if (strncmp(line, "#!", 2) != 0)
        return 0;
    char *name = line + 2 + strspn(line + 2, " \t");
    name[strcspn(name, " \t\r\n")] = '\0';
    if (!*name)
        return -ENOEXEC;
    snprintf(path, PATH_MAX, "%s", name);
    return 1;
}

/* Will execve change our ids or capabilities? As the kernel's bprm_fill_uid and
 * cap_bprm_creds_from_file decide it. */
static void read_rights(struct elf_facts *facts, int fd)
{
    struct stat file;
    struct statvfs mount;
    if (fstat(fd, &file) < 0 || fstatvfs(fd, &mount) < 0)
        return;
    facts->setuid = file.st_mode & S_ISUID;
    facts->setgid = (file.st_mode & S_ISGID) && (file.st_mode & S_IXGRP);
    facts->capabilities = fgetxattr(fd, "security.capability", NULL, 0) > 0;
    if (mount.f_flag & ST_NOSUID || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return;
    facts->secure = (facts->setuid && file.st_uid != getuid()) ||
                    (facts->setgid && file.st_gid != getgid()) ||
                    (facts->capabilities && getuid() != 0);
}

static void read_loader(struct elf_facts *facts, int fd, const GElf_Phdr *segment)
{
    size_t size = segment->p_filesz < sizeof facts->loader ? segment->p_filesz : 0;
    if (!size || pread(fd, facts->loader, size, (off_t)segment->p_offset) != (ssize_t)size) {
        facts->loader[0] = '\0';
        return;
    }
    facts->loader[size - 1] = '\0';
    const char *slash = strrchr(facts->loader, '/');
    const char *base = slash ? slash + 1 : facts->loader;
    if (!strncmp(base, "ld-linux", strlen("ld-linux")))
        facts->libc = LIBC_GLIBC;
    else if (!strncmp(base, "ld-musl", strlen("ld-musl")))
        facts->libc = LIBC_MUSL;
    facts->loader_missing = access(facts->loader, F_OK) < 0;
}

/* The names under this tag of the dynamic section, one after the other; NULL: no more. `at` is
 * where to go on, 0 at first. */
static const char *dynamic_name(Elf *elf, Elf_Scn *dynamic, int64_t tag, int *at)
{
    GElf_Shdr header;
    GElf_Dyn entry;
    Elf_Data *data = elf_getdata(dynamic, NULL);
    if (!data || !gelf_getshdr(dynamic, &header))
        return NULL;
    while (gelf_getdyn(data, (*at)++, &entry) && entry.d_tag != DT_NULL)
        if (entry.d_tag == tag)
            return elf_strptr(elf, header.sh_link, entry.d_un.d_val);
    return NULL;
}

static bool is_glibc_loader(Elf *elf, Elf_Scn *dynamic)
{
    int at = 0;
    const char *name = dynamic_name(elf, dynamic, DT_SONAME, &at);
    return name && !strncmp(name, "ld-linux", strlen("ld-linux"));
}

/* Runtimes of sanitizers (gcc's; clang's is linked statically) look whether they come first. */
static void read_first(struct elf_facts *facts, Elf *elf, Elf_Scn *dynamic)
{
    static const char *const runtimes[] = {"libasan.so", "libtsan.so", "libhwasan.so",
                                           "liblsan.so"};
    const char *name;
    for (int at = 0; (name = dynamic_name(elf, dynamic, DT_NEEDED, &at));)
        for (unsigned i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
            if (!facts->first[0] && !strncmp(name, runtimes[i], strlen(runtimes[i])))
                snprintf(facts->first, sizeof facts->first, "%s", name);
}

struct sections {
    Elf_Scn *dynamic;
    bool go;
};

static struct sections read_sections(Elf *elf)
{
    struct sections found = {0};
    size_t names;
    if (elf_getshdrstrndx(elf, &names) < 0)
        return found;
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;
        if (!gelf_getshdr(section, &header))
            continue;
        const char *name = elf_strptr(elf, names, header.sh_name);
        if (header.sh_type == SHT_DYNAMIC)
            found.dynamic = section;
        if (name && (!strcmp(name, ".go.buildinfo") || !strcmp(name, ".note.go.buildid")))
            found.go = true;
    }
    return found;
}

static int read_image(struct elf_facts *facts, Elf *elf, int fd)
{
    GElf_Ehdr header;
    size_t segments;
    if (elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &header) ||
        (header.e_type != ET_EXEC && header.e_type != ET_DYN) || elf_getphdrnum(elf, &segments) < 0)
        return -ENOEXEC;
    facts->machine = header.e_machine;
    facts->is_64 = header.e_ident[EI_CLASS] == ELFCLASS64;
    facts->libc = LIBC_OTHER;

    bool interpreted = false;
    for (size_t i = 0; i < segments; i++) {
        GElf_Phdr segment;
        if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_INTERP) {
            interpreted = true;
            read_loader(facts, fd, &segment);
        }
    }
    struct sections sections = read_sections(elf);
    facts->go = sections.go;
    if (sections.dynamic)
        read_first(facts, elf, sections.dynamic);
    if (interpreted)
        facts->kind = IMAGE_DYNAMIC;
    else if (header.e_type == ET_EXEC)
        facts->kind = IMAGE_STATIC;
    else if (sections.dynamic && is_glibc_loader(elf, sections.dynamic))
        facts->kind = IMAGE_LOADER;
    else
        facts->kind = header.e_entry ? IMAGE_STATIC_PIE : IMAGE_LIBRARY;
    return 0;
}

int elf_facts_read(struct elf_facts *facts, const char *path)
{
    *facts = (struct elf_facts){0};
    snprintf(facts->path, sizeof facts->path, "%s", path);
    elf_version(EV_CURRENT);
    for (;;) {
        int fd = open(facts->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0)
            return -errno;
        int script = follow_script(facts->path, fd);
        if (script == 0) {
            read_rights(facts, fd);
            Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
            script = elf ? read_image(facts, elf, fd) : -ENOEXEC;
            elf_end(elf);
        }
        close(fd);
        if (script <= 0)
            return script;
        if (++facts->scripts > SCRIPT_DEPTH)
            return -ELOOP;
    }
}

/* As bash decides it: no NUL in the first line. */
bool elf_facts_is_plain_script(const char *path)
{
    char line[SCRIPT_LINE];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t length = read(fd, line, sizeof line);
    close(fd);
    if (length < 0 || (length >= SELFMAG && !memcmp(line, ELFMAG, SELFMAG)))
        return false;
    const char *end = memchr(line, '\n', (size_t)length);
    size_t first = end ? (size_t)(end - line) : (size_t)length;
    return !memchr(line, '\0', first);
}

const char *elf_facts_obstacle(const struct elf_facts *facts)
{
    if (facts->machine != EM_X86_64)
        return facts->machine == EM_386 ? "is a 32-bit program and libshunt.so is 64-bit"
                                        : "is built for another architecture";
    if (!facts->is_64)
        return "uses the x32 ABI and libshunt.so does not";
    if (facts->kind == IMAGE_STATIC || facts->kind == IMAGE_STATIC_PIE)
        return facts->go ? "is a static Go program, which makes its system calls itself"
                         : "is statically linked, so no loader can put libshunt.so into it";
    if (facts->kind == IMAGE_LIBRARY)
        return "is a shared library and no program";
    if (facts->kind == IMAGE_DYNAMIC && facts->libc == LIBC_MUSL)
        return "uses the musl C library and libshunt.so needs glibc";
    if (facts->kind == IMAGE_DYNAMIC && facts->libc != LIBC_GLIBC)
        return "is started by a loader that is not glibc's";
    if (facts->secure)
        return "runs with other rights (setuid, setgid or file capabilities), and for such "
               "programs "
               "the loader ignores LD_PRELOAD";
    return NULL;
}
