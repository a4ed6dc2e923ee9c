/* SPDX-License-Identifier: MIT
 *
 * What a naive library does for green threads: their waits in poll are given to the runtime, and
 * that is all. A test that this passes, and that is about what green threads hold meanwhile, proves
 * nothing.
 */
#include <dlfcn.h>
#include <poll.h>
#include <shunt.h>
#include <stddef.h>

static struct shunt_runtime runtime;

__attribute__((visibility("default"))) int
shunt_runtime_register(const struct shunt_runtime *registered)
{
    runtime = *registered;
    return 0;
}

__attribute__((visibility("default"))) int poll(struct pollfd *set, nfds_t count, int timeout)
{
    static int (*next)(struct pollfd *, nfds_t, int);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "poll");
    if (!runtime.current || !runtime.current() || count != 1 || !timeout)
        return next(set, count, timeout);
    struct pollfd asked = *set;
    int64_t limit = timeout < 0 ? -1 : (int64_t)timeout * 1000000;
    int how = runtime.wait(asked.fd, asked.events, limit);
    return next(set, count, how == SHUNT_READY ? 0 : how == SHUNT_TIMED_OUT ? 0 : timeout);
}
