/* SPDX-License-Identifier: MIT
 *
 * A library that replaces pthread_mutex_lock alone, and counts its calls.
 */
#include <dlfcn.h>
#include <pthread.h>

int own_locks(void);
int pthread_mutex_lock(pthread_mutex_t *mutex);

static int locks;

int own_locks(void)
{
    return locks;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    static int (*next)(pthread_mutex_t *);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "pthread_mutex_lock");
    locks++;
    return next(mutex);
}
