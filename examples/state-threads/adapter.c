/* SPDX-License-Identifier: MIT
 *
 * See adapter.h. State Threads has one scheduler, on the native thread that called st_init. Its
 * idle thread, in which it waits for descriptors, is a thread like any other to st_thread_self; so
 * threads whose calls may be parked say so themselves, by a value of their own under a key.
 */
#include "adapter.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <shunt.h>
#include <st.h>

static pthread_t owner;
static int key, started;

static void *current(void)
{
    return started && pthread_equal(owner, pthread_self()) ? st_thread_getspecific(key) : NULL;
}

/* st_thread_interrupt ends a wait with EINTR. */
static int ended(int result)
{
    if (result > 0)
        return SHUNT_READY;
    if (result == 0)
        return SHUNT_TIMED_OUT;
    return errno == EINTR ? SHUNT_INTERRUPTED : SHUNT_NOT_PARKED;
}

static int wait_for(int fd, short events, int64_t timeout)
{
    st_utime_t limit = timeout < 0 ? ST_UTIME_NO_TIMEOUT : ((st_utime_t)timeout + 999) / 1000;
    struct pollfd set = {.fd = fd, .events = events};
    return ended(fd < 0 ? st_usleep(limit) : st_poll(&set, 1, limit));
}

int adapter_start(void)
{
    static const struct shunt_runtime runtime = {.version = SHUNT_RUNTIME_VERSION,
                                                 .size = sizeof runtime,
                                                 .name = "state threads",
                                                 .current = current,
                                                 .wait = wait_for};
    if (!started && st_key_create(&key, NULL) != 0)
        return errno;
    owner = pthread_self();
    started = 1;
    return shunt_runtime_announce(&runtime);
}

void adapter_enter(void)
{
    st_thread_setspecific(key, st_thread_self());
}
