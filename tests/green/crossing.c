/* SPDX-License-Identifier: MIT
 *
 * Green threads of one thread and native threads share a mutex and a condition: the native ones
 * make items, the green ones take them and ask a server about each. No signal may be lost,
 * whichever way a green thread waits, and no item either.
 *
 *   crossing MAKERS [shared]
 */
#include <poll.h>
#include <sys/socket.h>

#include "../parity/parity.h"
#include "rounds.h"

enum { MAKERS_MOST = 8, TAKERS = 5, ITEMS = 300 };

static struct {
    int ends[2];
    pthread_mutex_t mutex, asking;
    pthread_cond_t more;
    int makers, items, made, taken;
    int wrong;
} shared = {.mutex = PTHREAD_MUTEX_INITIALIZER,
            .asking = PTHREAD_MUTEX_INITIALIZER,
            .more = PTHREAD_COND_INITIALIZER};

static void *serve(void *unused)
{
    int value = 0;
    while (parity_raw(SYS_read, shared.ends[1], (long)&value, sizeof value, 0) == sizeof value)
        parity_raw(SYS_write, shared.ends[1], (long)&value, sizeof value, 0);
    return unused;
}

static void *make(void *unused)
{
    struct timespec moment = {0, 20000};
    for (int i = 0; i < ITEMS; i++) {
        if (i % 3 == 0)
            parity_raw(SYS_nanosleep, (long)&moment, 0, 0, 0);
        pthread_mutex_lock(&shared.mutex);
        shared.items++;
        shared.made++;
        if (shared.made == shared.makers * ITEMS)
            pthread_cond_broadcast(&shared.more);
        else
            pthread_cond_signal(&shared.more);
        pthread_mutex_unlock(&shared.mutex);
    }
    return unused;
}

/* Every other wait has a limit that is long enough. */
static void wait_for_more(int turn)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    int error = turn % 2 ? pthread_cond_timedwait(&shared.more, &shared.mutex, &until)
                         : pthread_cond_wait(&shared.more, &shared.mutex);
    shared.wrong += error != 0;
}

static int take(int turn)
{
    pthread_mutex_lock(&shared.mutex);
    while (!shared.items && shared.made < shared.makers * ITEMS)
        wait_for_more(turn);
    int taken = shared.items > 0;
    shared.items -= taken;
    shared.taken += taken;
    pthread_mutex_unlock(&shared.mutex);
    return taken;
}

static void run(void *argument)
{
    (void)argument;
    for (int turn = 0; take(turn); turn++) {
        struct pollfd set = {.fd = shared.ends[0], .events = POLLIN};
        int answer = -1;
        pthread_mutex_lock(&shared.asking);
        if (write(shared.ends[0], &turn, sizeof turn) != sizeof turn || poll(&set, 1, -1) != 1 ||
            read(shared.ends[0], &answer, sizeof answer) != sizeof answer)
            shared.wrong++;
        pthread_mutex_unlock(&shared.asking);
        rounds_yield();
    }
}

int main(int argc, char **argv)
{
    shared.makers = argc > 1 ? atoi(argv[1]) : 0;
    if (shared.makers < 1 || shared.makers > MAKERS_MOST ||
        socketpair(AF_UNIX, SOCK_STREAM, 0, shared.ends) != 0)
        return 2;
    if (argc > 2)
        rounds_share_stack();
    pthread_t server = parity_start(serve, NULL), makers[MAKERS_MOST];
    for (int i = 0; i < shared.makers; i++)
        makers[i] = parity_start(make, NULL);
    for (int i = 0; i < TAKERS; i++)
        rounds_add(run, NULL);
    rounds_announce();
    rounds_run();
    for (int i = 0; i < shared.makers; i++)
        pthread_join(makers[i], NULL);
    shutdown(shared.ends[0], SHUT_RDWR);
    pthread_join(server, NULL);
    printf("made %d, taken %d, left %d, wrong %d\n", shared.made, shared.taken, shared.items,
           shared.wrong);
    return 0;
}
