/* SPDX-License-Identifier: MIT
 *
 * See policy_file.h.
 */
#include "policy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct policy_at whole = {0, 0};

static int check(const struct stat *status, struct policy_notes *notes)
{
    if (!S_ISREG(status->st_mode))
        return policy_error(notes, whole, "it is no regular file; name one of rules");
    if (status->st_uid != geteuid() && status->st_uid != 0)
        return policy_error(notes, whole,
                            "it belongs to user %u: a policy decides how programs run, so it must "
                            "be yours or root's",
                            status->st_uid);
    if (status->st_mode & S_IWOTH)
        return policy_error(notes, whole,
                            "everybody may write it: a policy decides how programs "
                            "run; chmod o-w");
    if (status->st_size > (off_t)POLICY_FILE_MOST)
        return policy_error(notes, whole, "it is larger than %u MB", POLICY_FILE_MOST >> 20);
    return 0;
}

static int read_all(int fd, char *text, size_t size, size_t *got, struct policy_notes *notes)
{
    for (*got = 0; *got < size;) {
        ssize_t count = read(fd, text + *got, size - *got);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return policy_error(notes, whole, "it cannot be read: %s", strerror(errno));
        if (count == 0)
            break;
        *got += (size_t)count;
    }
    return 0;
}

int policy_file_read(struct arena *arena, const char *path, const char **text, size_t *size,
                     struct policy_notes *notes)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return policy_error(notes, whole, "it cannot be opened: %s%s", strerror(errno),
                            errno == ENOENT ? "; \"shunt policy init\" makes one" : "");
    int result = fstat(fd, &status) < 0
                     ? policy_error(notes, whole, "it cannot be read: %s", strerror(errno))
                     : check(&status, notes);
    if (result == 0) {
        char *bytes = arena_alloc(arena, (size_t)status.st_size + 1);
        result = read_all(fd, bytes, (size_t)status.st_size, size, notes);
        *text = bytes;
    }
    close(fd);
    return result;
}
