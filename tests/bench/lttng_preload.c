/* SPDX-License-Identifier: MIT
 *
 * A preload library that emits one LTTng-UST event per read, recv and send: the peer that
 * scripts/bench measures beside shunt.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_provider.h"

#include <dlfcn.h>
#include <sys/types.h>

static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_recv)(int, void *, size_t, int);
static ssize_t (*real_send)(int, const void *, size_t, int);

ssize_t read(int fd, void *buffer, size_t count)
{
    if (!real_read)
        real_read = (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    ssize_t result = real_read(fd, buffer, count);
    lttng_ust_tracepoint(shunt_bench, call, fd, result);
    return result;
}

ssize_t recv(int fd, void *buffer, size_t count, int flags)
{
    if (!real_recv)
        real_recv = (ssize_t(*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
    ssize_t result = real_recv(fd, buffer, count, flags);
    lttng_ust_tracepoint(shunt_bench, call, fd, result);
    return result;
}

ssize_t send(int fd, const void *buffer, size_t count, int flags)
{
    if (!real_send)
        real_send = (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    ssize_t result = real_send(fd, buffer, count, flags);
    lttng_ust_tracepoint(shunt_bench, call, fd, result);
    return result;
}
