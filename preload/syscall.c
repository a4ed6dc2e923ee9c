/* SPDX-License-Identifier: MIT
 *
 * The wrapper of syscall(2). What is asked for by number is told apart by the rows of
 * calls/syscall.def: each is counted under a name of its own, and a wait of the poll family is one
 * here, too.
 */
#include "rights.h"
#include "wrapper.h"

#include <linux/io_uring.h>
#include <stdarg.h>
#include <sys/syscall.h>

/* The row of a number; 0 none, for the first row of the table is none of these. */
static const uint16_t row_of_number[] = {
#define CALL(...)
#define CALL_VOID(...)
#define VARIADIC(...)
#define ALIAS(twin, name)
#define SYSCALL(name, ...) [SYS_##name] = CALL_syscall_##name,
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
#undef SYSCALL
};

static uint16_t row_of(long number)
{
    enum { ROWS = sizeof row_of_number / sizeof *row_of_number };
    uint16_t row = (unsigned long)number < ROWS ? row_of_number[number] : 0;
    return row ? row : CALL_syscall;
}

/* 1 if this call belongs to a row of the poll family and may wait. */
static int is_wait(const struct visit *v, const long *a)
{
    if (v->call == CALL_syscall_io_uring_enter)
        return (a[3] & IORING_ENTER_GETEVENTS) != 0;
    return call_infos[v->call].blocks == BLOCKS_READY;
}

/* The time limit of an epoll wait, in the form of wrapper.h's TIMEOUT. */
static int limit_of_epoll(uint16_t row, const long *a)
{
    if (row == CALL_syscall_epoll_pwait2)
        return timeout_of_pointer((void *)a[3]);
    if (row != CALL_syscall_io_uring_enter)
        return timeout_of_number((int)a[3]);
    if (!a[2])
        return 0; /* min_complete: it takes what is there */
    return a[3] & IORING_ENTER_EXT_ARG ? 1 : -1;
}

/* The counterpart of NOTE for arguments of any number. */
static void note_arguments(struct visit *v, const long *a)
{
    switch (call_infos[v->call].fd) {
    case CALLFD_USES:
        note_fd(v, (int)a[0]);
        break;
    case CALLFD_CLOSES:
        note_closing(v, (int)a[0]);
        break;
    case CALLFD_CONNECTS:
        note_address(v, (int)a[0], (const struct sockaddr *)a[1], (socklen_t)a[2]);
        break;
    case CALLFD_SET:
        note_set(v, (const struct pollfd *)a[0], (nfds_t)a[1],
                 v->call == CALL_syscall_poll ? timeout_of_number((int)a[2])
                                              : timeout_of_pointer((void *)a[2]));
        break;
    case CALLFD_SELECT:
        note_select(v, (int)a[0], timeout_of_pointer((void *)a[4]));
        break;
    case CALLFD_EPOLL:
        note_epoll(v, (int)a[0], limit_of_epoll(v->call, a));
        break;
    default:
        break;
    }
}

WRAPPER(syscall, long, (long number, ...))
{
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);

    struct visit v;
    enter(&v, row_of(number), CALLER, FRAME);
    note_arguments(&v, a);
    int waits = is_wait(&v, a);
    guard_begin(&v, waits);
    struct rights lost = rights_of_syscall(number, a[0], a[1]);
    rights_give_up(&lost);
    long r = REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    rights_told(&lost, r == -1);
    guard_leave(&v, waits, r == -1, r);
    return r;
}
