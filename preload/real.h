/* SPDX-License-Identifier: MIT
 *
 * The next definition of every intercepted symbol: libc's, or another preloaded library's. All are
 * looked up in the constructor, and one by one before it.
 */
#ifndef SHUNT_REAL_H
#define SHUNT_REAL_H

#include "args.h"
#include "calls.h"
#include "hot.h"

#include <aio.h>
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <linux/capability.h>
#include <mqueue.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <pwd.h>
#include <resolv.h>
#include <sched.h>
#include <semaphore.h>
#include <shadow.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include <wchar.h>
#include <wordexp.h>

/* Parameters of the table whose types have no name in libc. */
typedef int scandir_select(const struct dirent *entry);
typedef int scandir_order(const struct dirent **a, const struct dirent **b);
typedef int glob_error(const char *path, int error);
typedef void *thread_function(void *argument);
typedef int fts_order(const FTSENT **a, const FTSENT **b);

struct real_calls {
#define CALL(name, result, family, move, fail, abort, blocks, fd, fixture, ...) \
    result (*name)(PARAMS(__VA_ARGS__));
#define CALL_VOID CALL
#define VARIADIC  CALL
#define ALIAS(twin, name)
#define VERSIONED(name, since, old, result, family, move, fail, abort, blocks, fd, fixture, ...) \
    result (*name)(PARAMS(__VA_ARGS__));                                                         \
    result (*old_##name)(PARAMS(__VA_ARGS__));
#define VERSIONED_VARIADIC VERSIONED
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
};

extern struct real_calls real_calls HOT_TABLE;

/* Looks all of them up. Constructor only. */
void real_resolve(void);

/* Looks one up, before the constructor. A symbol that libc does not have becomes a function that
 * fails with ENOSYS. */
void *real_find(void **where, const char *name);

/* The same for the code that `name` had in `version`: where the next definition of the name is
 * libc's, that of the version; another preloaded library's answers to every version, as it does
 * without us. */
void *real_find_old(void **where, const char *name, const char *version);

#define KNOWN(call) __builtin_expect(!!(call), 1)

/* The next definition of `name`, typed; and of its `old` version. */
#define REAL(name)          \
    (KNOWN(real_calls.name) \
         ? real_calls.name  \
         : (__typeof__(real_calls.name))real_find((void **)&real_calls.name, #name))
#define REAL_OLD(name, old)                                                           \
    (KNOWN(real_calls.old_##name) ? real_calls.old_##name                             \
                                  : (__typeof__(real_calls.old_##name))real_find_old( \
                                        (void **)&real_calls.old_##name, #name, #old))

#endif
