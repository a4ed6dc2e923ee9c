/* SPDX-License-Identifier: MIT
 *
 * See bounce_rows.h. Source of the sizes: the Linux man-pages of each name.
 */
#include "bounce_rows.h"

#include "real.h"

#include <limits.h>

#define SIZED(way, a, bytes)          \
    {                                 \
        (a) + 1, way, BYTES, 0, bytes \
    }
#define COUNTED(way, a, n, bytes)           \
    {                                       \
        (a) + 1, way, OF_ARGUMENT, n, bytes \
    }
#define READ_TEXT_OF(a)           \
    {                             \
        (a) + 1, BOTH, TEXT, 0, 0 \
    }
#define AS_IT_IS(a)                  \
    {                                \
        (a) + 1, SHARED, BYTES, 0, 0 \
    }
#define SET_OF(a, n)                          \
    {                                         \
        (a) + 1, BOTH, BITS_OF_ARGUMENT, n, 0 \
    }
#define READS_VECTORS(a, n)                             \
    {                                                   \
        (a) + 1, VECTORS | OUT_COUNT, OF_ARGUMENT, n, 0 \
    }
#define WRITES_VECTORS(a, n)                     \
    {                                            \
        (a) + 1, VECTORS | IN, OF_ARGUMENT, n, 0 \
    }

#define MESSAGE_OF(way, a, n)       \
    {                               \
        (a) + 1, way, MESSAGE, n, 0 \
    }

/* An entry of an account (getpwnam_r and its like): the struct, the buffer for what it points to,
 * and where a pointer to the struct goes. */
#define RECORD(entry, type, buffer, length, found)                                              \
    {                                                                                           \
        SIZED(RECORDS | BOTH, entry, sizeof(type)), COUNTED(RECORDS | BOTH, buffer, length, 1), \
            SIZED(RECORDS | BOTH, found, sizeof(void *))                                        \
    }

const struct bounce_buffer bounce_rows[CALL_COUNT][BUFFERS] = {
    [CALL_read] = {COUNTED(OUT_COUNT, 1, 2, 1)},
    [CALL___read_chk] = {COUNTED(OUT_COUNT, 1, 2, 1)},
    [CALL_pread] = {COUNTED(OUT_COUNT, 1, 2, 1)},
    [CALL___pread_chk] = {COUNTED(OUT_COUNT, 1, 2, 1)},
    [CALL_readv] = {READS_VECTORS(1, 2)},
    [CALL_preadv] = {READS_VECTORS(1, 2)},
    [CALL_preadv2] = {READS_VECTORS(1, 2)},
    [CALL_write] = {COUNTED(IN, 1, 2, 1)},
    [CALL_pwrite] = {COUNTED(IN, 1, 2, 1)},
    [CALL_writev] = {WRITES_VECTORS(1, 2)},
    [CALL_pwritev] = {WRITES_VECTORS(1, 2)},
    [CALL_pwritev2] = {WRITES_VECTORS(1, 2)},
    [CALL_sendfile] = {SIZED(BOTH, 2, sizeof(off_t))},
    [CALL_copy_file_range] = {SIZED(BOTH, 1, sizeof(off64_t)), SIZED(BOTH, 3, sizeof(off64_t))},
    [CALL_splice] = {SIZED(BOTH, 1, sizeof(off64_t)), SIZED(BOTH, 3, sizeof(off64_t))},
    [CALL_msync] = {AS_IT_IS(0)},
    [CALL_fcntl] = {SIZED(BOTH, 2, sizeof(struct flock))},

    [CALL_stat] = {SIZED(OUT, 1, sizeof(struct stat))},
    [CALL_lstat] = {SIZED(OUT, 1, sizeof(struct stat))},
    [CALL_fstat] = {SIZED(OUT, 1, sizeof(struct stat))},
    [CALL_fstatat] = {SIZED(OUT, 2, sizeof(struct stat))},
    [CALL___xstat] = {SIZED(OUT, 2, sizeof(struct stat))},
    [CALL___lxstat] = {SIZED(OUT, 2, sizeof(struct stat))},
    [CALL___fxstat] = {SIZED(OUT, 2, sizeof(struct stat))},
    [CALL___fxstatat] = {SIZED(OUT, 3, sizeof(struct stat))},
    [CALL_statx] = {SIZED(OUT, 4, sizeof(struct statx))},
    [CALL_statfs] = {SIZED(OUT, 1, sizeof(struct statfs))},
    [CALL_fstatfs] = {SIZED(OUT, 1, sizeof(struct statfs))},
    [CALL_statvfs] = {SIZED(OUT, 1, sizeof(struct statvfs))},
    [CALL_fstatvfs] = {SIZED(OUT, 1, sizeof(struct statvfs))},

    [CALL_readlink] = {COUNTED(OUT_COUNT, 1, 2, 1)},
    [CALL___readlink_chk] = {COUNTED(OUT_COUNT, 1, 2, 1)},
    [CALL_readlinkat] = {COUNTED(OUT_COUNT, 2, 3, 1)},
    [CALL___readlinkat_chk] = {COUNTED(OUT_COUNT, 2, 3, 1)},
    [CALL_realpath] = {SIZED(OUT_TEXT, 1, PATH_MAX)},
    [CALL_getcwd] = {COUNTED(OUT_TEXT, 0, 1, 1)},
    [CALL___getcwd_chk] = {COUNTED(OUT_TEXT, 0, 1, 1)},
    [CALL_mkstemp] = {READ_TEXT_OF(0)},
    [CALL_mkostemp] = {READ_TEXT_OF(0)},
    [CALL_mkstemps] = {READ_TEXT_OF(0)},
    [CALL_mkostemps] = {READ_TEXT_OF(0)},
    [CALL_mkdtemp] = {READ_TEXT_OF(0)},
    [CALL___xmknod] = {SIZED(IN, 3, sizeof(dev_t))},
    [CALL___xmknodat] = {SIZED(IN, 4, sizeof(dev_t))},
    [CALL_utime] = {SIZED(IN, 1, sizeof(struct utimbuf))},
    [CALL_utimes] = {SIZED(IN, 1, 2 * sizeof(struct timeval))},
    [CALL_lutimes] = {SIZED(IN, 1, 2 * sizeof(struct timeval))},
    [CALL_futimes] = {SIZED(IN, 1, 2 * sizeof(struct timeval))},
    [CALL_futimesat] = {SIZED(IN, 2, 2 * sizeof(struct timeval))},
    [CALL_utimensat] = {SIZED(IN, 2, 2 * sizeof(struct timespec))},
    [CALL_futimens] = {SIZED(IN, 1, 2 * sizeof(struct timespec))},

    [CALL_getxattr] = {COUNTED(OUT_COUNT, 2, 3, 1)},
    [CALL_lgetxattr] = {COUNTED(OUT_COUNT, 2, 3, 1)},
    [CALL_fgetxattr] = {COUNTED(OUT_COUNT, 2, 3, 1)},
    [CALL_setxattr] = {COUNTED(IN, 2, 3, 1)},
    [CALL_lsetxattr] = {COUNTED(IN, 2, 3, 1)},
    [CALL_fsetxattr] = {COUNTED(IN, 2, 3, 1)},
    [CALL_listxattr] = {COUNTED(OUT_COUNT, 1, 2, 1)},
    [CALL_llistxattr] = {COUNTED(OUT_COUNT, 1, 2, 1)},
    [CALL_flistxattr] = {COUNTED(OUT_COUNT, 1, 2, 1)},

    [CALL_connect] = {COUNTED(IN, 1, 2, 1)},
    [CALL_poll] = {COUNTED(BOTH, 0, 1, sizeof(struct pollfd))},
    [CALL___poll_chk] = {COUNTED(BOTH, 0, 1, sizeof(struct pollfd))},
    [CALL_select] = {SET_OF(1, 0), SET_OF(2, 0), SET_OF(3, 0),
                     SIZED(BOTH, 4, sizeof(struct timeval))},

    [CALL_getaddrinfo] = {SIZED(IN, 2, sizeof(struct addrinfo)), SIZED(OUT, 3, sizeof(void *))},
    [CALL_getnameinfo] = {COUNTED(IN, 0, 1, 1), COUNTED(OUT_TEXT, 2, 3, 1),
                          COUNTED(OUT_TEXT, 4, 5, 1)},
    [CALL_getpwnam_r] = RECORD(1, struct passwd, 2, 3, 4),
    [CALL_getpwuid_r] = RECORD(1, struct passwd, 2, 3, 4),
    [CALL_getgrnam_r] = RECORD(1, struct group, 2, 3, 4),
    [CALL_getgrgid_r] = RECORD(1, struct group, 2, 3, 4),

    [CALL_wait] = {SIZED(OUT, 0, sizeof(int))},
    [CALL_waitpid] = {SIZED(OUT, 1, sizeof(int))},
    [CALL_wait3] = {SIZED(OUT, 0, sizeof(int)), SIZED(OUT, 2, sizeof(struct rusage))},
    [CALL_wait4] = {SIZED(OUT, 1, sizeof(int)), SIZED(OUT, 3, sizeof(struct rusage))},
    [CALL_waitid] = {SIZED(OUT, 2, sizeof(siginfo_t))},

    [CALL_mq_receive] = {COUNTED(OUT_COUNT, 1, 2, 1), SIZED(OUT, 3, sizeof(unsigned))},
    [CALL_mq_timedreceive] = {COUNTED(OUT_COUNT, 1, 2, 1), SIZED(OUT, 3, sizeof(unsigned)),
                              SIZED(IN, 4, sizeof(struct timespec))},
    [CALL_mq_send] = {COUNTED(IN, 1, 2, 1)},
    [CALL_mq_timedsend] = {COUNTED(IN, 1, 2, 1), SIZED(IN, 4, sizeof(struct timespec))},
    [CALL_msgsnd] = {MESSAGE_OF(IN, 1, 2)},
    [CALL_msgrcv] = {MESSAGE_OF(OUT_COUNT, 1, 2)},
    [CALL_semop] = {COUNTED(IN, 1, 2, sizeof(struct sembuf))},
    [CALL_semtimedop] = {COUNTED(IN, 1, 2, sizeof(struct sembuf)),
                         SIZED(IN, 3, sizeof(struct timespec))},
    [CALL_sem_wait] = {AS_IT_IS(0)},
    [CALL_sem_timedwait] = {AS_IT_IS(0), SIZED(IN, 1, sizeof(struct timespec))},
    [CALL_sem_clockwait] = {AS_IT_IS(0), SIZED(IN, 2, sizeof(struct timespec))},
};
