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

enum { HEAD = 4096, PATH_SIZE = 4096, SCRIPTS_MOST = 4 };

struct image {
    char head[HEAD + 1];
    long size;
    int fd;
    struct stat st;
};

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

static int is_our_loader(const char *path)
{
    const char *slash = strrchr(path, '/');
    return !strcmp(slash ? slash + 1 : path, "ld-linux-x86-64.so.2");
}

static enum image_verdict check_elf(const struct image *image)
{
    const Elf64_Ehdr *ehdr = (const void *)image->head;
    if (image->size < (long)sizeof *ehdr || ehdr->e_ident[EI_CLASS] != ELFCLASS64 ||
        ehdr->e_machine != EM_X86_64)
        return IMAGE_OTHER_LOADER;
    for (unsigned i = 0; i < ehdr->e_phnum; i++) {
        Elf64_Phdr phdr = {0};
        char loader[256];
        long at = (long)(ehdr->e_phoff + i * sizeof phdr);
        if (arch_syscall(SYS_pread64, image->fd, (long)&phdr, sizeof phdr, at, 0, 0) !=
            (long)sizeof phdr)
            break;
        if (phdr.p_type != PT_INTERP)
            continue;
        size_t size = phdr.p_filesz < sizeof loader - 1 ? phdr.p_filesz : sizeof loader - 1;
        long n = arch_syscall(SYS_pread64, image->fd, (long)loader, (long)size, (long)phdr.p_offset,
                              0, 0);
        loader[n > 0 ? n : 0] = 0;
        return is_our_loader(loader) ? IMAGE_TAKES_US : IMAGE_OTHER_LOADER;
    }
    return IMAGE_STATIC;
}

/* The interpreter of a script, cut out of its first line in place. */
static const char *interpreter(char *head)
{
    char *path = head + 2 + strspn(head + 2, " \t");
    path[strcspn(path, " \t\r\n")] = 0;
    return path;
}

enum image_verdict image_check(int at, const char *path)
{
    struct image image;
    char next[HEAD];
    for (int depth = 0; depth <= SCRIPTS_MOST; depth++) {
        if (!image_open(&image, at, path))
            return IMAGE_NOT_FOUND;
        int script = image.size > 2 && !memcmp(image.head, "#!", 2);
        enum image_verdict verdict = IMAGE_NOT_FOUND;
        if (!script && image.size > 0 && image.st.st_mode & (S_ISUID | S_ISGID))
            verdict = IMAGE_PRIVILEGED;
        else if (!script && image.size >= SELFMAG && !memcmp(image.head, ELFMAG, SELFMAG))
            verdict = check_elf(&image);
        else if (!script && image.size > 0)
            verdict = IMAGE_TAKES_US; /* execvp hands such text to the shell */
        raw_close(image.fd);
        if (!script)
            return verdict;
        strcpy(next, interpreter(image.head));
        path = next;
        at = AT_FDCWD;
    }
    return IMAGE_NOT_FOUND;
}

enum image_verdict image_check_search(const char *name)
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
            return IMAGE_NOT_FOUND;
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
        return "it is setuid or setgid";
    default:
        return "its image could not be read";
    }
}
