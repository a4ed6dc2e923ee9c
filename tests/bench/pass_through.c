/* SPDX-License-Identifier: MIT
 *
 * A preload that does nothing but pass pthread_mutex_lock and _unlock on: what any interposition of
 * them costs. scripts/bench measures it beside shunt.
 */
#include <dlfcn.h>
#include <pthread.h>

static int (*next_lock)(pthread_mutex_t *);
static int (*next_unlock)(pthread_mutex_t *);

static void find(void)
{
    *(void **)&next_lock = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    *(void **)&next_unlock = dlsym(RTLD_NEXT, "pthread_mutex_unlock");
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (__builtin_expect(!next_lock, 0))
        find();
    return next_lock(mutex);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    if (__builtin_expect(!next_unlock, 0))
        find();
    return next_unlock(mutex);
}
