/* SPDX-License-Identifier: MIT
 *
 * See bounce.h. What each call reads and writes is a row of the table below, one entry for each
 * argument that is a pointer; texts (`const char *`) are read up to their end and need none. A
 * pointer that is not described, and is not NULL, keeps the call in place.
 *
 * Source of the sizes: the Linux man-pages of each name.
 */
#include "bounce.h"

#include "calls.h"
#include "raw.h"
#include "real.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { TEXT_MOST = 64 << 10, BUFFER_MOST = 256 << 20, VECTORS_MOST = IOV_MAX };

enum direction {
    IN = 1,        /* read by the call */
    OUT = 2,       /* written when it succeeds */
    OUT_COUNT = 4, /* ... as many bytes as the result says */
    OUT_TEXT = 8,  /* ... a text */
    SHARED = 16,   /* not copied: what other threads change meanwhile */
    VECTORS = 32,  /* an array of struct iovec, and what they point to */
    RECORDS = 64,  /* see RECORD */
    BOTH = 128     /* read, and written whatever becomes of the call */
};

enum unit { BYTES, OF_ARGUMENT, BITS_OF_ARGUMENT, TEXT };

/* `size` bytes, or as many times `size` as the argument `from` says. */
struct buffer {
    uint8_t argument; /* number, from 1; 0: no more */
    uint8_t direction;
    uint8_t unit;
    uint8_t from;
    uint16_t size;
};

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

enum { BUFFERS = 5 };

/* An entry of an account (getpwnam_r and its like): the struct, the buffer for what it points to,
 * and where a pointer to the struct goes. */
#define RECORD(entry, type, buffer, length, found)                                              \
    {                                                                                           \
        SIZED(RECORDS | BOTH, entry, sizeof(type)), COUNTED(RECORDS | BOTH, buffer, length, 1), \
            SIZED(RECORDS | BOTH, found, sizeof(void *))                                        \
    }

static const struct buffer rows[CALL_COUNT][BUFFERS] = {
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
    [CALL_semop] = {COUNTED(IN, 1, 2, sizeof(struct sembuf))},
    [CALL_semtimedop] = {COUNTED(IN, 1, 2, sizeof(struct sembuf)),
                         SIZED(IN, 3, sizeof(struct timespec))},
    [CALL_sem_wait] = {AS_IT_IS(0)},
    [CALL_sem_timedwait] = {AS_IT_IS(0), SIZED(IN, 1, sizeof(struct timespec))},
    [CALL_sem_clockwait] = {AS_IT_IS(0), SIZED(IN, 2, sizeof(struct timespec))},
};

/* ---- memory that may not be there ---- */

static long copy(const struct iovec *here, const struct iovec *there, int number)
{
    return arch_syscall(number, raw_getpid(), (long)here, 1, (long)there, 1, 0);
}

/* Where that system call is forbidden (a container's filter) memory is taken to be there. */
static int is_forbidden(long result)
{
    return result == -EPERM || result == -ENOSYS;
}

int bounce_read(void *to, const void *from, size_t size)
{
    struct iovec here = {to, size}, there = {(void *)from, size};
    long result = size ? copy(&here, &there, SYS_process_vm_readv) : 0;
    if (is_forbidden(result))
        memcpy(to, from, size);
    else if (result != (long)size)
        return EFAULT;
    return 0;
}

int bounce_write(void *to, const void *from, size_t size)
{
    struct iovec here = {(void *)from, size}, there = {to, size};
    long result = size ? copy(&here, &there, SYS_process_vm_writev) : 0;
    if (is_forbidden(result))
        memcpy(to, from, size);
    else if (result != (long)size)
        return EFAULT;
    return 0;
}

/* Length of a text with its end; 0: it is none, or too long. Read page by page. */
static size_t text_size(const char *text)
{
    char piece[256];
    for (size_t size = 0; size < TEXT_MOST;) {
        size_t step = sizeof piece - (uintptr_t)(text + size) % sizeof piece;
        if (bounce_read(piece, text + size, step) != 0)
            return 0;
        for (size_t i = 0; i < step; i++)
            if (!piece[i])
                return size + i + 1;
        size += step;
    }
    return 0;
}

/* ---- one argument ---- */

static void *pointer_in(const struct handoff_call *call, unsigned argument, const void *frame)
{
    void *pointer;
    memcpy(&pointer, (const char *)frame + call->shape->place[argument], sizeof pointer);
    return pointer;
}

static void point(const struct handoff_call *call, unsigned argument, void *frame, void *to)
{
    memcpy((char *)frame + call->shape->place[argument], &to, sizeof to);
}

/* Bytes of what the argument points to; SIZE_MAX: too many. */
static size_t size_of(const struct handoff_call *call, const struct buffer *b)
{
    unsigned long n = b->unit == OF_ARGUMENT || b->unit == BITS_OF_ARGUMENT
                          ? (unsigned long)call->arguments[b->from]
                          : 1;
    switch (b->unit) {
    case BITS_OF_ARGUMENT:
        return n <= FD_SETSIZE ? (n + 63) / 64 * 8 : SIZE_MAX;
    case TEXT: {
        size_t size = text_size((const char *)call->arguments[b->argument - 1]);
        return size ? size : SIZE_MAX;
    }
    default:
        return n <= BUFFER_MOST / (b->size ? b->size : 1) ? n * b->size : SIZE_MAX;
    }
}

static int pack_vectors(struct parcel *parcel, const struct handoff_call *call,
                        const struct buffer *b)
{
    long n = call->arguments[b->from];
    const void *from = pointer_in(call, b->argument - 1u, call->frame);
    if (n < 0 || n > VECTORS_MOST)
        return REASON_ARGUMENTS;
    struct iovec *vectors = parcel_room(parcel, (size_t)n * sizeof *vectors);
    if (!vectors || bounce_read(vectors, from, (size_t)n * sizeof *vectors) != 0)
        return REASON_ARGUMENTS;
    size_t size = 0;
    for (long i = 0; i < n; i++) {
        if (vectors[i].iov_len > BUFFER_MOST - size)
            return REASON_ARGUMENTS;
        size += vectors[i].iov_len;
    }
    char *bytes = parcel_room(parcel, size);
    if (!bytes)
        return REASON_ARGUMENTS;
    for (long i = 0; i < n; i++) {
        if (b->direction & IN && bounce_read(bytes, vectors[i].iov_base, vectors[i].iov_len) != 0)
            return REASON_ARGUMENTS;
        vectors[i].iov_base = bytes;
        bytes += vectors[i].iov_len;
    }
    point(call, b->argument - 1u, parcel->frame, vectors);
    return REASON_NONE;
}

static int pack_buffer(struct parcel *parcel, const struct handoff_call *call,
                       const struct buffer *b)
{
    const void *from = pointer_in(call, b->argument - 1u, call->frame);
    if (!from || b->direction == SHARED)
        return REASON_NONE;
    if (b->direction & VECTORS)
        return pack_vectors(parcel, call, b);
    size_t size = size_of(call, b);
    void *to = size == SIZE_MAX ? NULL : parcel_room(parcel, size);
    if (!to || (b->direction & (IN | BOTH) && bounce_read(to, from, size) != 0))
        return REASON_ARGUMENTS;
    point(call, b->argument - 1u, parcel->frame, to);
    return REASON_NONE;
}

static int pack_text(struct parcel *parcel, const struct handoff_call *call, unsigned argument)
{
    const char *from = pointer_in(call, argument, call->frame);
    if (!from)
        return REASON_NONE;
    size_t size = text_size(from);
    void *to = size ? parcel_room(parcel, size) : NULL;
    if (!to || bounce_read(to, from, size) != 0)
        return REASON_ARGUMENTS;
    point(call, argument, parcel->frame, to);
    return REASON_NONE;
}

static const struct buffer *buffer_of(const struct handoff_call *call, unsigned argument)
{
    const struct buffer *row = rows[call->call];
    for (unsigned i = 0; i < BUFFERS && row[i].argument; i++)
        if (row[i].argument == argument + 1)
            return &row[i];
    return NULL;
}

static int pack_argument(struct parcel *parcel, const struct handoff_call *call, unsigned argument)
{
    const struct buffer *b = buffer_of(call, argument);
    if (b)
        return pack_buffer(parcel, call, b);
    if (call->shape->texts >> argument & 1)
        return pack_text(parcel, call, argument);
    return pointer_in(call, argument, call->frame) ? REASON_ARGUMENTS : REASON_NONE;
}

int bounce_pack(struct parcel *parcel, const struct handoff_call *call)
{
    int reason = REASON_NONE;
    parcel->run = call->run;
    parcel->frame = parcel_room(parcel, call->shape->size);
    if (!parcel->frame)
        return REASON_ARGUMENTS;
    memcpy(parcel->frame, call->frame, call->shape->size);
    for (unsigned i = 0; !reason && i < HANDOFF_ARGUMENTS; i++)
        if (call->shape->pointers >> i & 1)
            reason = pack_argument(parcel, call, i);
    return reason;
}

/* ---- and back ---- */

static long result_of(const struct handoff_call *call, const void *frame)
{
    const char *at = (const char *)frame + call->shape->returned;
    int number;
    long word;
    if (call->shape->returned_size == sizeof number) {
        memcpy(&number, at, sizeof number);
        return number;
    }
    memcpy(&word, at, sizeof word);
    return word;
}

static int is_fine(const struct handoff_call *call, long result)
{
    switch (call_infos[call->call].fail) {
    case FAIL_MINUS_ONE:
        return result != -1;
    case FAIL_NULL_POINTER:
        return result != 0;
    case FAIL_NONZERO_ERROR:
    case FAIL_NONZERO_EAI:
        return result == 0;
    default:
        return 1;
    }
}

static int unpack_vectors(const struct handoff_call *call, const struct buffer *b,
                          const struct iovec *from, size_t count)
{
    const struct iovec *to = pointer_in(call, b->argument - 1u, call->frame);
    for (long i = 0; count && i < call->arguments[b->from]; i++) {
        size_t size = from[i].iov_len < count ? from[i].iov_len : count;
        if (bounce_write(to[i].iov_base, from[i].iov_base, size) != 0)
            return EFAULT;
        count -= size;
    }
    return 0;
}

static int unpack_buffer(const struct parcel *parcel, const struct handoff_call *call,
                         const struct buffer *b)
{
    long result = result_of(call, parcel->frame);
    const void *from = pointer_in(call, b->argument - 1u, parcel->frame);
    void *to = pointer_in(call, b->argument - 1u, call->frame);
    int fine = is_fine(call, result);
    size_t count = fine && result > 0 ? (size_t)result : 0;
    if (!to || b->direction & (SHARED | RECORDS) || from == to)
        return 0;
    if (b->direction == (VECTORS | OUT_COUNT))
        return unpack_vectors(call, b, from, count);
    if (b->direction & BOTH || (b->direction & OUT && fine))
        return bounce_write(to, from, size_of(call, b));
    if (b->direction & OUT_COUNT && count) {
        size_t size = size_of(call, b);
        return bounce_write(to, from, count < size ? count : size);
    }
    if (b->direction & OUT_TEXT && fine && size_of(call, b))
        return bounce_write(to, from, strlen(from) + 1);
    return 0;
}

/* What pointed into a copy points into the caller's memory. */
static void *home(const struct parcel *parcel, const struct handoff_call *call, void *pointer)
{
    for (const struct buffer *b = rows[call->call]; b->argument; b++) {
        char *from = pointer_in(call, b->argument - 1u, parcel->frame);
        char *to = pointer_in(call, b->argument - 1u, call->frame);
        size_t size = b->unit == TEXT ? 1 : size_of(call, b);
        if (from != to && (uintptr_t)pointer - (uintptr_t)from < size)
            return to + ((char *)pointer - from);
        if (b == &rows[call->call][BUFFERS - 1])
            break;
    }
    return pointer;
}

static void bring_home(const struct parcel *parcel, const struct handoff_call *call, void *at)
{
    void *pointer;
    memcpy(&pointer, at, sizeof pointer);
    pointer = home(parcel, call, pointer);
    memcpy(at, &pointer, sizeof pointer);
}

static void bring_members_home(const struct parcel *parcel, const struct handoff_call *call,
                               char **members)
{
    for (; members && *members; members++)
        bring_home(parcel, call, members);
}

/* The pointers in an entry, and in what it points to, are the copies': all of them in the buffer.
 */
static int unpack_record(const struct parcel *parcel, const struct handoff_call *call)
{
    const struct buffer *row = rows[call->call];
    void **found = pointer_in(call, row[2].argument - 1u, parcel->frame);
    int is_group = call->call == CALL_getgrnam_r || call->call == CALL_getgrgid_r;
    if (found && *found && is_group) {
        struct group *entry = *found;
        bring_members_home(parcel, call, entry->gr_mem);
        bring_home(parcel, call, &entry->gr_name);
        bring_home(parcel, call, &entry->gr_passwd);
        bring_home(parcel, call, &entry->gr_mem);
    } else if (found && *found) {
        struct passwd *entry = *found;
        bring_home(parcel, call, &entry->pw_name);
        bring_home(parcel, call, &entry->pw_passwd);
        bring_home(parcel, call, &entry->pw_gecos);
        bring_home(parcel, call, &entry->pw_dir);
        bring_home(parcel, call, &entry->pw_shell);
    }
    if (found)
        bring_home(parcel, call, found);
    int failed = 0;
    for (unsigned i = 0; !failed && i < 3; i++) {
        void *to = pointer_in(call, row[i].argument - 1u, call->frame);
        if (to)
            failed = bounce_write(to, pointer_in(call, row[i].argument - 1u, parcel->frame),
                                  size_of(call, &row[i]));
    }
    return failed;
}

int bounce_unpack(const struct parcel *parcel, const struct handoff_call *call)
{
    const struct buffer *row = rows[call->call];
    int failed = 0;
    memcpy((char *)call->frame + call->shape->returned,
           (const char *)parcel->frame + call->shape->returned, call->shape->returned_size);
    if (call_infos[call->call].fail == FAIL_NULL_POINTER)
        bring_home(parcel, call, (char *)call->frame + call->shape->returned);
    if (row[0].direction & RECORDS)
        return unpack_record(parcel, call);
    for (unsigned i = 0; !failed && i < BUFFERS && row[i].argument; i++)
        failed = unpack_buffer(parcel, call, &row[i]);
    return failed;
}
