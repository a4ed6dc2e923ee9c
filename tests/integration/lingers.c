/* SPDX-License-Identifier: MIT
 *
 * A thread that is still the kernel's after every destructor of others has run: the last pass of
 * its own sleeps, by a system call that nobody sees. Meanwhile another thread comes and goes.
 */
#include <limits.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "../parity/parity.h"

static pthread_key_t key;
static int passes;

static void end(void *value)
{
    if (++passes < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(key, value);
    else
        parity_raw(SYS_nanosleep, (long)&(const struct timespec){1, 500000000}, 0, 0, 0);
}

static void *linger(void *value)
{
    pthread_setspecific(key, &passes);
    usleep(700000);
    return value;
}

static void *live(void *value)
{
    sleep(1);
    return value;
}

int main(void)
{
    pthread_t lingers, other;
    pthread_key_create(&key, end);
    pthread_create(&lingers, NULL, linger, NULL);
    usleep(1000000);
    pthread_create(&other, NULL, live, NULL);
    pthread_join(other, NULL);
    pthread_join(lingers, NULL);
    return 0;
}
