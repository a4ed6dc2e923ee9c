/* SPDX-License-Identifier: MIT
 *
 * See conditions.h. What has to be known before a call may move is a column of the table below, one
 * question for each kind of call. Questions about a descriptor are asked of the kernel at every
 * call: a number may be another file by now. A rule of thumb for those that only save a trip: when
 * in doubt travel; for the others: when in doubt stay.
 */
#include "conditions.h"

#include "bounce.h"
#include "calls.h"
#include "raw.h"
#include "real.h"
#include "taint.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/major.h>
#include <locale.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

enum kind {
    FREE, /* for a CARE row: may not move */
    READS,
    WRITES,
    READS_FLAGS, /* ... and the fourth argument has MSG_ flags, or the third */
    WRITES_FLAGS,
    READS_MESSAGE,
    WRITES_MESSAGE,
    AT_OFFSET,
    MOVES_DATA, /* between two descriptors */
    CONNECTS,
    POLLS,
    WAITS_EPOLL,
    SELECTS,
    SLEEPS, /* usleep */
    SLEEPS_RELATIVE,
    SLEEPS_ON_CLOCK,
    LOCKS_FILE,
    CONTROLS_FILE,
    WAITS_FOR_CHILD,
    WAITS_FOR_CHILD_ID,
    WAITS_FOR_CHILD_4,
    QUEUES, /* System V: flags are the last argument */
    RECEIVES_QUEUE,
    SEMAPHORE,
    STREAM_READS, /* + the number of the argument that is the stream */
    STREAM_READS_1,
    STREAM_READS_2,
    STREAM_READS_3,
    STREAM_READS_4,
    STREAM_WRITES,
    STREAM_WRITES_1,
    STREAM_WRITES_2,
    STREAM_WRITES_3,
    STREAM_SEEKS,
    STREAM_FLUSHES,
    RESOLVES,
    ALLOWED /* a CARE row without a question */
};

static const uint8_t kinds[CALL_COUNT] = {
    [CALL_read] = READS,
    [CALL_readv] = READS,
    [CALL___read_chk] = READS,
    [CALL_preadv2] = AT_OFFSET,
    [CALL_pread] = AT_OFFSET,
    [CALL_preadv] = AT_OFFSET,
    [CALL___pread_chk] = AT_OFFSET,
    [CALL_pwrite] = AT_OFFSET,
    [CALL_pwritev] = AT_OFFSET,
    [CALL_pwritev2] = AT_OFFSET,
    [CALL_write] = WRITES,
    [CALL_writev] = WRITES,
    [CALL_vmsplice] = WRITES,
    [CALL_eventfd_read] = READS,
    [CALL_eventfd_write] = WRITES,
    [CALL_accept] = READS,
    [CALL_accept4] = READS,
    [CALL_recv] = READS_FLAGS,
    [CALL_recvfrom] = READS_FLAGS,
    [CALL___recv_chk] = READS,
    [CALL___recvfrom_chk] = READS,
    [CALL_recvmmsg] = READS_FLAGS,
    [CALL_send] = WRITES_FLAGS,
    [CALL_sendto] = WRITES_FLAGS,
    [CALL_sendmmsg] = WRITES_FLAGS,
    [CALL_recvmsg] = READS_MESSAGE,
    [CALL_sendmsg] = WRITES_MESSAGE,
    [CALL_mq_receive] = READS,
    [CALL_mq_timedreceive] = READS,
    [CALL_mq_send] = WRITES,
    [CALL_mq_timedsend] = WRITES,
    [CALL_sendfile] = MOVES_DATA,
    [CALL_splice] = MOVES_DATA,
    [CALL_tee] = MOVES_DATA,
    [CALL_copy_file_range] = MOVES_DATA,
    [CALL_connect] = CONNECTS,
    [CALL_poll] = POLLS,
    [CALL___poll_chk] = POLLS,
    [CALL_epoll_wait] = WAITS_EPOLL,
    [CALL_select] = SELECTS,
    [CALL_usleep] = SLEEPS,
    [CALL_nanosleep] = SLEEPS_RELATIVE,
    [CALL_clock_nanosleep] = SLEEPS_ON_CLOCK,
    [CALL_flock] = LOCKS_FILE,
    [CALL_fcntl] = CONTROLS_FILE,
    [CALL_waitpid] = WAITS_FOR_CHILD,
    [CALL_waitid] = WAITS_FOR_CHILD_ID,
    [CALL_wait3] = WAITS_FOR_CHILD_4,
    [CALL_wait4] = WAITS_FOR_CHILD,
    [CALL_msgsnd] = QUEUES,
    [CALL_msgrcv] = RECEIVES_QUEUE,
    [CALL_sem_wait] = SEMAPHORE,
    [CALL_sem_timedwait] = SEMAPHORE,
    [CALL_sem_clockwait] = SEMAPHORE,
    [CALL_fgetc] = STREAM_READS,
    [CALL_getw] = STREAM_READS,
    [CALL_fgetwc] = STREAM_READS,
    [CALL_fgets] = STREAM_READS_2,
    [CALL_getline] = STREAM_READS_2,
    [CALL_fgetws] = STREAM_READS_2,
    [CALL_fread] = STREAM_READS_3,
    [CALL_getdelim] = STREAM_READS_3,
    [CALL___fgets_chk] = STREAM_READS_3,
    [CALL___fgetws_chk] = STREAM_READS_3,
    [CALL___fread_chk] = STREAM_READS_4,
    [CALL_fflush] = STREAM_FLUSHES,
    [CALL_fputs] = STREAM_WRITES_1,
    [CALL_fputc] = STREAM_WRITES_1,
    [CALL_putc] = STREAM_WRITES_1,
    [CALL_putw] = STREAM_WRITES_1,
    [CALL_fputws] = STREAM_WRITES_1,
    [CALL_fputwc] = STREAM_WRITES_1,
    [CALL_fwrite] = STREAM_WRITES_3,
    [CALL_fseek] = STREAM_SEEKS,
    [CALL_fseeko] = STREAM_SEEKS,
    [CALL_getaddrinfo] = RESOLVES,
    [CALL_getnameinfo] = RESOLVES,
    [CALL_close] = ALLOWED,
    [CALL_opendir] = ALLOWED,
    [CALL_getpwnam_r] = ALLOWED,
    [CALL_getpwuid_r] = ALLOWED,
    [CALL_getgrnam_r] = ALLOWED,
    [CALL_getgrgid_r] = ALLOWED,
};

/* ---- descriptors ---- */

/* Asks once a call. 0: it cannot be told, and the call itself will tell. */
static int look_at(int fd, struct stat *st)
{
    return st->st_mode != 0 || raw_fstat(fd, st) == 0;
}

/* Devices that are memory (/dev/zero, /dev/urandom) have a number of their own: no terminal has it.
 * The kernel's Documentation/admin-guide/devices.txt. */
static int is_terminal(int fd, const struct stat *st)
{
    char scratch[64];
    return S_ISCHR(st->st_mode) && major(st->st_rdev) != MEM_MAJOR &&
           arch_syscall(SYS_ioctl, fd, TCGETS, (long)scratch, 0, 0, 0) == 0;
}

/* /proc and /sys lie on no device: the kernel numbers such file systems below UNNAMED_MAJOR. */
static int is_kernel_file(int fd, const struct stat *st)
{
    struct statfs fs = {0};
    return S_ISREG(st->st_mode) && major(st->st_dev) == UNNAMED_MAJOR &&
           arch_syscall(SYS_fstatfs, fd, (long)&fs, 0, 0, 0, 0) == 0 &&
           (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}

/* A terminal stops a reader in the background, by its own signal mask and handlers; a file of /proc
 * is about who reads it; a signalfd takes the signals of who reads it. */
static int keeps_as_seen(int fd, struct stat *st)
{
    if (!look_at(fd, st))
        return REASON_NONE;
    if (is_terminal(fd, st))
        return REASON_TERMINAL;
    mode_t mode = st->st_mode;
    if (S_ISFIFO(mode) || S_ISSOCK(mode) || S_ISCHR(mode) || S_ISBLK(mode))
        return REASON_NONE;
    if (__atomic_load_n(&taint_signalfd, __ATOMIC_RELAXED) && !S_ISREG(mode))
        return REASON_THREAD_FILE;
    return is_kernel_file(fd, st) ? REASON_THREAD_FILE : REASON_NONE;
}

static int keeps_to_thread(int fd)
{
    struct stat st = {0};
    return keeps_as_seen(fd, &st);
}

static int is_nonblocking(int fd)
{
    return (arch_syscall(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0) & O_NONBLOCK) != 0;
}

/* Made here, a call that is cancelled just when the kernel has taken its data loses them, in libc's
 * own code. A worker's does not: where threads are cancelled no trip is saved. */
static int may_lose_data(void)
{
    return __atomic_load_n(&taint_cancel, __ATOMIC_RELAXED) != 0;
}

/* A regular file is always ready, and may still have to wait for the disk. */
static int would_wait(int fd, short events, struct stat *st)
{
    enum { BOTH = POLLIN | POLLOUT };
    struct pollfd set = {.fd = fd, .events = BOTH};
    if (arch_syscall(SYS_poll, (long)&set, 1, 0, 0, 0, 0) < 0)
        return REASON_NONE;
    if (set.revents == BOTH && look_at(fd, st) && (S_ISREG(st->st_mode) || S_ISBLK(st->st_mode)))
        return REASON_NONE;
    if (set.revents & (events | POLLERR | POLLNVAL) || (events == POLLIN && set.revents & POLLHUP))
        return may_lose_data() && !is_nonblocking(fd) ? REASON_NONE : REASON_READY;
    return is_nonblocking(fd) ? REASON_NONBLOCKING : REASON_NONE;
}

static int reads(int fd)
{
    struct stat st = {0};
    int reason = would_wait(fd, POLLIN, &st);
    return reason ? reason : keeps_as_seen(fd, &st);
}

/* A descriptor that is ready takes some bytes, not any number of them. */
static int writes(int fd, size_t size)
{
    struct stat st = {0};
    int reason = would_wait(fd, POLLOUT, &st);
    if (reason == REASON_READY && size > PIPE_BUF)
        reason = is_nonblocking(fd) ? REASON_NONBLOCKING : REASON_NONE;
    return reason ? reason : keeps_as_seen(fd, &st);
}

/* ---- streams ---- */

/* glibc's lock of a stream (stdio-lock.h). */
struct stream_lock {
    int lock;
    int count;
    void *owner;
};

static int is_mine(const FILE *stream)
{
    const struct stream_lock *lock = (const void *)stream->_lock;
    return lock && lock->owner == (void *)pthread_self();
}

/* Reading may first flush stdout, whose lock then is taken, too. A stream without a descriptor is
 * made of functions of the program's. */
static int stream_is_bound(FILE *stream)
{
    if (!stream || stream->_fileno < 0 || is_mine(stream) || is_mine(stdout))
        return REASON_STREAM;
    return uselocale((locale_t)0) != LC_GLOBAL_LOCALE ? REASON_LOCALE : REASON_NONE;
}

static int stream_keeps(FILE *stream)
{
    int reason = stream_is_bound(stream);
    return reason ? reason : keeps_to_thread(stream->_fileno);
}

static int stream_reads(FILE *stream)
{
    if (stream && stream->_IO_read_ptr < stream->_IO_read_end)
        return REASON_READY;
    int reason = stream_is_bound(stream);
    return reason ? reason : reads(stream->_fileno);
}

static int stream_writes(FILE *stream)
{
    if (stream && stream->_IO_write_ptr < stream->_IO_write_end)
        return REASON_READY;
    return stream_keeps(stream);
}

static int stream_flushes(FILE *stream)
{
    if (stream && stream->_IO_write_ptr == stream->_IO_write_base)
        return REASON_READY;
    return stream_keeps(stream);
}

/* ---- waits ---- */

static int polls(const struct handoff_call *call, int timeout)
{
    const long *a = call->arguments;
    if (timeout == 0)
        return REASON_NONBLOCKING;
    if (__atomic_load_n(&taint_signalfd, __ATOMIC_RELAXED))
        return REASON_THREAD_FILE;
    /* Level-triggered or not, an answer to a wait without time is thrown away here only if it is
     * none. */
    if (call->call != CALL_epoll_wait && arch_syscall(SYS_poll, a[0], a[1], 0, 0, 0, 0) != 0)
        return REASON_READY;
    return REASON_NONE;
}

/* Tried with copies of the sets, which the kernel writes to. */
static int selects(const long *a)
{
    enum { WORDS = FD_SETSIZE / (8 * sizeof(long)) };
    struct timeval none = {0, 0}, limit = {0, 1};
    long sets[3][WORDS];
    if (__atomic_load_n(&taint_signalfd, __ATOMIC_RELAXED))
        return REASON_THREAD_FILE;
    if (a[4] && bounce_read(&limit, (const void *)a[4], sizeof limit) != 0)
        return REASON_NONE; /* the call itself will tell */
    if (a[4] && !limit.tv_sec && !limit.tv_usec)
        return REASON_NONBLOCKING;
    if (a[0] < 0 || a[0] > FD_SETSIZE)
        return REASON_NONE;
    size_t size = ((size_t)a[0] + 63) / 64 * sizeof(long);
    for (int i = 0; i < 3; i++)
        if (a[i + 1] && bounce_read(sets[i], (const void *)a[i + 1], size) != 0)
            return REASON_NONE;
    return arch_syscall(SYS_select, a[0], a[1] ? (long)sets[0] : 0, a[2] ? (long)sets[1] : 0,
                        a[3] ? (long)sets[2] : 0, (long)&none, 0) == 0
               ? REASON_NONE
               : REASON_READY;
}

/* epoll sets are pollable themselves, and asking takes no event out. */
static int waits_epoll(const struct handoff_call *call)
{
    struct pollfd set = {.fd = (int)call->arguments[0], .events = POLLIN};
    int reason = polls(call, (int)call->arguments[3]);
    if (!reason && arch_syscall(SYS_poll, (long)&set, 1, 0, 0, 0, 0) != 0)
        return REASON_READY;
    return reason;
}

/* The clocks that are the same for every thread. */
static int is_common_clock(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC || clock == CLOCK_BOOTTIME ||
           clock == CLOCK_TAI;
}

static int waits_for_child(long options)
{
    if (options & WNOHANG)
        return REASON_NONBLOCKING;
    return options & __WNOTHREAD ? REASON_BOUND : REASON_NONE;
}

static int controls_file(long command)
{
    if (command == F_SETLKW || command == F_OFD_SETLKW)
        return REASON_NONE;
    return REASON_NONBLOCKING;
}

/* The program may have set its thread's resolver up, before libc did. */
static int resolves(void)
{
    return __res_state()->options ? REASON_RESOLVER : REASON_NONE;
}

static int semaphore(sem_t *semaphore)
{
    int value = 0;
    return REAL(sem_getvalue)(semaphore, &value) == 0 && value > 0 ? REASON_READY : REASON_NONE;
}

/* ---- paths ---- */

/* Below /proc may lie what is about the thread that opens it. The kernel reads the text, for it may
 * lie where nobody may read. */
static int names_proc(const struct handoff_call *call)
{
    for (uint32_t i = 0; call->shape->texts >> i; i++) {
        char text[5];
        struct iovec here = {text, sizeof text}, there = {(void *)call->arguments[i], sizeof text};
        if (call->shape->texts >> i & 1 &&
            arch_syscall(SYS_process_vm_readv, raw_getpid(), (long)&here, 1, (long)&there, 1, 0) ==
                sizeof text &&
            !memcmp(text, "/proc", sizeof text))
            return 1;
    }
    return 0;
}

/* ---- */

static int check_kind(enum kind kind, const struct handoff_call *call)
{
    const long *a = call->arguments;
    int fd = (int)a[0];
    switch (kind) {
    case READS:
        return reads(fd);
    case READS_FLAGS:
        return a[3] & MSG_DONTWAIT ? REASON_NONBLOCKING : reads(fd);
    case READS_MESSAGE:
        return a[2] & MSG_DONTWAIT ? REASON_NONBLOCKING : reads(fd);
    case WRITES:
        return writes(fd, call->call == CALL_write ? (size_t)a[2] : SIZE_MAX);
    case WRITES_FLAGS:
        return a[3] & MSG_DONTWAIT ? REASON_NONBLOCKING : writes(fd, (size_t)a[2]);
    case WRITES_MESSAGE:
        return a[2] & MSG_DONTWAIT ? REASON_NONBLOCKING : writes(fd, SIZE_MAX);
    case AT_OFFSET:
        return keeps_to_thread(fd);
    case MOVES_DATA: {
        int reason = keeps_to_thread(fd);
        return reason ? reason : keeps_to_thread((int)a[call->call == CALL_splice ? 2 : 1]);
    }
    case CONNECTS:
        return is_nonblocking(fd) ? REASON_NONBLOCKING : REASON_NONE;
    case POLLS:
        return polls(call, (int)a[2]);
    case WAITS_EPOLL:
        return waits_epoll(call);
    case SELECTS:
        return selects(a);
    case SLEEPS_ON_CLOCK:
        return is_common_clock((clockid_t)a[0]) ? REASON_NONE : REASON_BOUND;
    case LOCKS_FILE:
        return a[1] & (LOCK_NB | LOCK_UN) ? REASON_NONBLOCKING : REASON_NONE;
    case CONTROLS_FILE:
        return controls_file(a[1]);
    case WAITS_FOR_CHILD:
        return waits_for_child(a[2]);
    case WAITS_FOR_CHILD_ID:
        return waits_for_child(a[3]);
    case WAITS_FOR_CHILD_4:
        return waits_for_child(a[1]);
    case QUEUES:
        return a[3] & IPC_NOWAIT ? REASON_NONBLOCKING : REASON_NONE;
    case RECEIVES_QUEUE:
        return a[4] & IPC_NOWAIT ? REASON_NONBLOCKING : REASON_NONE;
    case SEMAPHORE:
        return semaphore((sem_t *)a[0]);
    case STREAM_READS:
    case STREAM_READS_1:
    case STREAM_READS_2:
    case STREAM_READS_3:
    case STREAM_READS_4:
        return stream_reads((FILE *)a[kind - STREAM_READS]);
    case STREAM_WRITES:
    case STREAM_WRITES_1:
    case STREAM_WRITES_2:
    case STREAM_WRITES_3:
        return stream_writes((FILE *)a[kind - STREAM_WRITES]);
    case STREAM_FLUSHES:
        return stream_flushes((FILE *)a[0]);
    case STREAM_SEEKS:
        return stream_keeps((FILE *)a[0]);
    case RESOLVES:
        return resolves();
    default:
        return REASON_NONE;
    }
}

int conditions_check(const struct handoff_call *call)
{
    const struct call_info *info = &call_infos[call->call];
    enum kind kind = kinds[call->call];
    if (taint_process)
        return (int)taint_process;
    if (info->move == MOVE_CARE && kind == FREE)
        return REASON_CONDITIONS;
    if (info->blocks == BLOCKS_NEVER)
        return REASON_NONBLOCKING;
    int reason = check_kind(kind, call);
    if (!reason && call->shape->texts && names_proc(call))
        reason = REASON_THREAD_FILE;
    return reason;
}
