/* SPDX-License-Identifier: MIT
 *
 * A library whose constructor and destructor make calls, and block: before the preload is ready and
 * after it has finished.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

int early_and_late_ready(void);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int ready;

static int make_calls(void)
{
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    int good = 0;
    for (int i = 0; i < 100; i++)
        good += read(zero, &byte, 1) == 1;
    good += poll(NULL, 0, 5) == 0;
    good += close(zero) == 0;
    for (int i = 0; i < 10; i++)
        good += pthread_mutex_lock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0;
    return good == 112;
}

__attribute__((constructor)) static void early(void)
{
    ready = make_calls();
}

__attribute__((destructor)) static void late(void)
{
    if (make_calls())
        (void)!write(1, "late calls made\n", 16);
}

int early_and_late_ready(void)
{
    return ready;
}
