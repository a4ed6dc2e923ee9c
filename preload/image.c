/* SPDX-License-Identifier: MIT
 *
 * See image.h.
 */
#include "image.h"

#include "raw.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HEAD = 256, /* as much of a script as the kernel reads (linux/binfmts.h) */
    PATH_SIZE = 4096,
    SCRIPTS_MOST = 4,
    NEEDED_MOST = 16,
    DYNAMIC_MOST = 256
};

struct image {
    char head[HEAD + 1];
    long size;
    int fd;
    struct stat st;
};

static long image_read(const struct image *image, void *buffer, size_t size, uint64_t at)
{
    return arch_syscall(SYS_pread64, image->fd, (long)buffer, (long)size, (long)at, 0, 0);
}

static int image_open(struct image *image, int at, const char *path)
{
    image->st = (struct stat){0};
    image->fd =
        (int)arch_syscall(SYS_openat, at, (long)path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0, 0, 0);
    if (image->fd < 0)
        return 0;
    image->size = raw_fstat(image->fd, &image->st) == 0 && S_ISREG(image->st.st_mode)
                      ? raw_read(image->fd, image->head, HEAD)
                      : -1;
    if (image->size > 0)
        image->head[image->size] = 0;
    return 1;
}

/* The table of fds is full, or we may not read it: exec asks for neither. */
static enum image_verdict image_unopened(int at, const char *path)
{
    return arch_syscall(SYS_faccessat, at, (long)path, X_OK, 0, 0, 0) == 0 ? IMAGE_UNREADABLE
                                                                           : IMAGE_NOT_FOUND;
}

static int is_our_loader(const char *path)
{
    const char *slash = strrchr(path, '/');
    return !strcmp(slash ? slash + 1 : path, "ld-linux-x86-64.so.2");
}

/* Capabilities of a file are new to others than root only. */
static int is_privileged(const struct image *image)
{
    static const char capabilities[] = "security.capability";
    return image->st.st_mode & (S_ISUID | S_ISGID) ||
           (arch_syscall(SYS_getuid, 0, 0, 0, 0, 0, 0) != 0 &&
            arch_syscall(SYS_fgetxattr, image->fd, (long)capabilities, 0, 0, 0, 0) > 0);
}

/* ---- the program's headers ---- */

/* The i-th program header; 0: there is none. */
static int segment_at(const struct image *image, unsigned i, Elf64_Phdr *phdr)
{
    const Elf64_Ehdr *ehdr = (const void *)image->head;
    return i < ehdr->e_phnum &&
           image_read(image, phdr, sizeof *phdr, ehdr->e_phoff + i * sizeof *phdr) == sizeof *phdr;
}

static uint64_t file_offset(const struct image *image, uint64_t address)
{
    Elf64_Phdr phdr = {0};
    for (unsigned i = 0; segment_at(image, i, &phdr); i++)
        if (phdr.p_type == PT_LOAD && address - phdr.p_vaddr < phdr.p_filesz)
            return address - phdr.p_vaddr + phdr.p_offset;
    return 0;
}

static int is_runtime(const char *name)
{
    static const char *const names[] = {"libasan.so", "libtsan.so", "libhwasan.so", "liblsan.so"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(name, names[i], strlen(names[i])))
            return 1;
    return 0;
}

/* A sanitizer's runtime among the needed libraries: it refuses to run if any other library is
 * before it. */
static void find_first(const struct image *image, uint64_t dynamic, char *first, size_t size)
{
    uint64_t needed[NEEDED_MOST] = {0};
    uint64_t names = 0;
    unsigned count = 0;
    Elf64_Dyn entry = {0};
    for (unsigned i = 0; i < DYNAMIC_MOST && !names; i++) {
        if (image_read(image, &entry, sizeof entry, dynamic + i * sizeof entry) != sizeof entry ||
            entry.d_tag == DT_NULL)
            break;
        if (entry.d_tag == DT_NEEDED && count < NEEDED_MOST)
            needed[count++] = entry.d_un.d_val;
        if (entry.d_tag == DT_STRTAB)
            names = file_offset(image, entry.d_un.d_ptr);
    }
    for (unsigned i = 0; names && i < count; i++) {
        long n = image_read(image, first, size - 1, names + needed[i]);
        first[n > 0 ? n : 0] = 0;
        if (is_runtime(first))
            return;
    }
    first[0] = 0;
}

static enum image_verdict check_loader(const struct image *image, const Elf64_Phdr *phdr)
{
    char loader[256];
    size_t size = phdr->p_filesz < sizeof loader - 1 ? phdr->p_filesz : sizeof loader - 1;
    long n = image_read(image, loader, size, phdr->p_offset);
    loader[n > 0 ? n : 0] = 0;
    return is_our_loader(loader) ? IMAGE_TAKES_US : IMAGE_OTHER_LOADER;
}

static void check_elf(const struct image *image, struct image_facts *facts)
{
    const Elf64_Ehdr *ehdr = (const void *)image->head;
    Elf64_Phdr phdr = {0};
    uint64_t dynamic = 0;
    facts->verdict = IMAGE_OTHER_LOADER;
    if (image->size < (long)sizeof *ehdr || ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
        ehdr->e_machine != EM_X86_64)
        return;
    facts->verdict = IMAGE_STATIC;
    for (unsigned i = 0; segment_at(image, i, &phdr); i++) {
        if (phdr.p_type == PT_INTERP)
            facts->verdict = check_loader(image, &phdr);
        if (phdr.p_type == PT_DYNAMIC)
            dynamic = phdr.p_offset;
    }
    if (dynamic && facts->verdict == IMAGE_TAKES_US)
        find_first(image, dynamic, facts->first, sizeof facts->first);
}

/* The interpreter of a script, cut out of its first line in place. */
static const char *interpreter(char *head)
{
    char *path = head + 2 + strspn(head + 2, " \t");
    path[strcspn(path, " \t\r\n")] = 0;
    return path;
}

static struct image_facts image_judge(const struct image *image)
{
    struct image_facts facts = {.verdict = IMAGE_NOT_FOUND};
    if (image->size <= 0)
        return facts;
    if (is_privileged(image))
        facts.verdict = IMAGE_PRIVILEGED;
    else if (image->size >= SELFMAG && !memcmp(image->head, ELFMAG, SELFMAG))
        check_elf(image, &facts);
    else
        facts.verdict = IMAGE_TAKES_US; /* execvp hands such text to the shell */
    return facts;
}

struct image_facts image_check(int at, const char *path)
{
    struct image image;
    char next[HEAD];
    for (int depth = 0; depth <= SCRIPTS_MOST; depth++) {
        if (!image_open(&image, at, path))
            return (struct image_facts){.verdict = image_unopened(at, path)};
        int script = image.size > 2 && !memcmp(image.head, "#!", 2);
        struct image_facts facts = {.verdict = IMAGE_NOT_FOUND};
        if (!script)
            facts = image_judge(&image);
        raw_close(image.fd);
        if (!script)
            return facts;
        strcpy(next, interpreter(image.head));
        path = next;
        at = AT_FDCWD;
    }
    return (struct image_facts){.verdict = IMAGE_NOT_FOUND};
}

struct image_facts image_check_search(const char *name)
{
    char path[PATH_SIZE];
    const char *list = getenv("PATH");
    size_t length = strlen(name);
    if (strchr(name, '/'))
        return image_check(AT_FDCWD, name);
    if (!list)
        list = "/bin:/usr/bin";
    for (;; list++) {
        size_t dir = strcspn(list, ":");
        if (dir + length + 2 <= sizeof path) {
            memcpy(path, list, dir);
            path[dir] = '/';
            strcpy(path + dir + (dir > 0), name);
            if (arch_syscall(SYS_faccessat, AT_FDCWD, (long)path, X_OK, 0, 0, 0) == 0)
                return image_check(AT_FDCWD, path);
        }
        list += dir;
        if (!*list)
            return (struct image_facts){.verdict = IMAGE_NOT_FOUND};
    }
}

const char *image_reason(enum image_verdict verdict)
{
    switch (verdict) {
    case IMAGE_STATIC:
        return "it is statically linked";
    case IMAGE_OTHER_LOADER:
        return "it has another loader than this glibc's";
    case IMAGE_PRIVILEGED:
        return "it is setuid or setgid, or has capabilities";
    default:
        return "its image could not be read";
    }
}
