/* SPDX-License-Identifier: MIT
 *
 * See tree.h.
 */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static FTS *open_tree(const char *top)
{
    char *const paths[] = {(char *)top, NULL};
    return fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
}

/* ---- copying ---- */

/* sendfile, for it works between any two file systems. */
static int copy_bytes(int from, int to)
{
    ssize_t length;
    do
        length = sendfile(to, from, NULL, 1u << 30);
    while (length > 0 || (length < 0 && errno == EINTR));
    return (int)length;
}

static int copy_file(const char *from, const char *to)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int result = out < 0 ? -1 : copy_bytes(in, out);
    int error = errno;
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) < 0 && result == 0)
        return -1;
    errno = error;
    return result;
}

static int copy_link(const char *from, const char *to)
{
    char target[PATH_MAX];
    ssize_t length = readlink(from, target, sizeof target - 1);
    if (length < 0)
        return -1;
    target[length] = '\0';
    return symlink(target, to);
}

/* Owner before mode: a change of owner clears set-user-id. Times last. */
static int copy_attributes(const struct stat *info, const char *to)
{
    const struct timespec times[] = {info->st_atim, info->st_mtim};
    if (geteuid() == 0 && lchown(to, info->st_uid, info->st_gid) < 0)
        return -1;
    if (!S_ISLNK(info->st_mode) && chmod(to, info->st_mode & 07777) < 0)
        return -1;
    return utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW);
}

static int copy_entry(const FTSENT *entry, const char *to)
{
    switch (entry->fts_info) {
    case FTS_D: /* its own mode may forbid what is to come: FTS_DP sets it */
        return mkdir(to, 0700);
    case FTS_DP:
        return copy_attributes(entry->fts_statp, to);
    case FTS_F:
        return copy_file(entry->fts_accpath, to) || copy_attributes(entry->fts_statp, to) ? -1 : 0;
    case FTS_SL:
    case FTS_SLNONE:
        return copy_link(entry->fts_accpath, to) || copy_attributes(entry->fts_statp, to) ? -1 : 0;
    case FTS_DEFAULT:
        if (!S_ISFIFO(entry->fts_statp->st_mode))
            return 0;
        return mkfifo(to, 0600) || copy_attributes(entry->fts_statp, to) ? -1 : 0;
    default: /* FTS_DNR, FTS_ERR, FTS_NS */
        errno = entry->fts_errno;
        return -1;
    }
}

int tree_copy(const char *from, const char *to, struct error *error)
{
    char path[PATH_MAX];
    size_t length = strlen(from);
    FTS *tree = open_tree(from);
    int result = 0;
    if (!tree)
        return error_set(error, "%s cannot be copied: %s", from, strerror(errno));
    for (FTSENT *entry; result == 0 && (entry = fts_read(tree));) {
        if (snprintf(path, sizeof path, "%s%s", to, entry->fts_path + length) >= (int)sizeof path)
            result = error_set(error, "%s: the name is too long to be copied", entry->fts_path);
        else if (copy_entry(entry, path) < 0)
            result = error_set(error, "%s cannot be copied: %s", entry->fts_path, strerror(errno));
    }
    fts_close(tree);
    return result;
}

/* ---- removing ---- */

void tree_remove(const char *path)
{
    FTS *tree = open_tree(path);
    for (FTSENT *entry; tree && (entry = fts_read(tree));) {
        if (entry->fts_info == FTS_D)
            chmod(entry->fts_accpath, 0700);
        else if (entry->fts_info == FTS_DP)
            rmdir(entry->fts_accpath);
        else
            unlink(entry->fts_accpath);
    }
    if (tree)
        fts_close(tree);
}

/* ---- walking ---- */

int tree_walk(const char *top, tree_visit *visit, void *data, struct error *error)
{
    size_t length = strlen(top);
    FTS *tree = open_tree(top);
    int result = 0;
    if (!tree)
        return error_set(error, "%s cannot be read: %s", top, strerror(errno));
    for (FTSENT *entry; result == 0 && (entry = fts_read(tree));) {
        if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
            result = error_set(error, "%s cannot be read: %s", entry->fts_path,
                               strerror(entry->fts_errno));
        else if (entry->fts_level > 0 && entry->fts_info != FTS_DP && entry->fts_info != FTS_DNR)
            visit(data, entry->fts_path + length + 1, entry->fts_accpath, entry->fts_statp);
    }
    fts_close(tree);
    return result;
}
