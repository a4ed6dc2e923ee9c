/* SPDX-License-Identifier: MIT
 *
 * A model of clients that share one connection, as libvirt's: one caller polls for all, the others
 * wait on a condition until it passes the buck. In place each waits for itself.
 *
 *   condvar_handoff buck       the buck goes on by pthread_cond_signal
 *                   broadcast  ... by pthread_cond_broadcast
 *                   timed      ... and is waited for with a limit of 20 s
 *                   own        each caller has a condition of its own, on the heap
 *                   thread     the condition is signalled by another thread
 *                   late       nobody signals: ETIMEDOUT, on both clocks
 *                   stack      ... signalled by another thread, and on the waiter's stack: nothing
 * of this library is parked any more
 *
 * A second word, `shared`: the green threads share one stack, as greenlets do.
 */
#include <poll.h>
#include <sys/socket.h>

#include "../parity/parity.h"
#include "rounds.h"

enum { GREEN = 3, ROUNDS = 4 };

struct call {
    pthread_cond_t wake;
    int value, answer;
    struct call *next;
};

static struct {
    int ends[2];
    pthread_mutex_t lock;
    pthread_cond_t free;
    int buck, ready, wanted;
    struct call *calls;
    const char *way;
    int wrong[GREEN];
} shared = {.way = "buck", .lock = PTHREAD_MUTEX_INITIALIZER, .free = PTHREAD_COND_INITIALIZER};

static void *serve(void *unused)
{
    struct timespec moment = {0, 2000000};
    int value = 0;
    while (parity_raw(SYS_read, shared.ends[1], (long)&value, sizeof value, 0) == sizeof value) {
        parity_raw(SYS_nanosleep, (long)&moment, 0, 0, 0);
        parity_raw(SYS_write, shared.ends[1], (long)&value, sizeof value, 0);
    }
    return unused;
}

static int is(const char *way)
{
    return !strcmp(shared.way, way);
}

static struct timespec in(clockid_t clock, long ms)
{
    struct timespec time;
    clock_gettime(clock, &time);
    time.tv_nsec += ms % 1000 * 1000000;
    time.tv_sec += ms / 1000 + time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static int receive(void)
{
    struct pollfd set = {.fd = shared.ends[0], .events = POLLIN};
    int value = -1;
    if (poll(&set, 1, -1) != 1 || read(shared.ends[0], &value, sizeof value) != sizeof value)
        return -1;
    return value;
}

static int send_value(int value)
{
    return write(shared.ends[0], &value, sizeof value) == sizeof value;
}

/* One after the other has the buck. */
static int call_buck(int value)
{
    int error = 0;
    struct timespec until = in(CLOCK_REALTIME, 20000);
    pthread_mutex_lock(&shared.lock);
    while (shared.buck && !error)
        error = is("timed") ? pthread_cond_timedwait(&shared.free, &shared.lock, &until)
                            : pthread_cond_wait(&shared.free, &shared.lock);
    shared.buck = 1;
    pthread_mutex_unlock(&shared.lock);
    int answer = send_value(value) ? receive() : -1;
    pthread_mutex_lock(&shared.lock);
    shared.buck = 0;
    if (is("broadcast"))
        pthread_cond_broadcast(&shared.free);
    else
        pthread_cond_signal(&shared.free);
    pthread_mutex_unlock(&shared.lock);
    return error ? -error : answer;
}

static void deliver(int value)
{
    for (struct call *call = shared.calls; call; call = call->next)
        if (call->value == value) {
            call->answer = value;
            pthread_cond_signal(&call->wake);
        }
}

/* Who has the buck reads the answers of all until its own has come, and passes it on. */
static int call_own(int value)
{
    struct call *own = malloc(sizeof *own), **link;
    pthread_cond_init(&own->wake, NULL);
    own->value = value;
    own->answer = -1;
    pthread_mutex_lock(&shared.lock);
    own->next = shared.calls;
    shared.calls = own;
    send_value(value);
    while (own->answer < 0 && shared.buck)
        pthread_cond_wait(&own->wake, &shared.lock);
    if (own->answer < 0) {
        shared.buck = 1;
        while (own->answer < 0) {
            pthread_mutex_unlock(&shared.lock);
            int answer = receive();
            pthread_mutex_lock(&shared.lock);
            deliver(answer);
        }
        shared.buck = 0;
    }
    for (link = &shared.calls; *link && *link != own; link = &(*link)->next)
        ;
    *link = own->next;
    if (shared.calls && !shared.buck)
        pthread_cond_signal(&shared.calls->wake);
    pthread_mutex_unlock(&shared.lock);
    int answer = own->answer;
    pthread_cond_destroy(&own->wake);
    free(own);
    return answer;
}

static void *signal_wanted(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&shared.lock);
        while (!shared.wanted) {
            pthread_mutex_unlock(&shared.lock);
            parity_pause();
            pthread_mutex_lock(&shared.lock);
        }
        shared.wanted = 0;
        shared.ready = 1;
        pthread_cond_signal(&shared.free);
        pthread_mutex_unlock(&shared.lock);
    }
    return unused;
}

/* The last green thread waits for the other thread, while the others wait for the server. */
static int call_thread(int value)
{
    if (value % 10 != GREEN - 1)
        return send_value(value) ? (receive() < 0 ? -1 : value) : -1;
    pthread_mutex_lock(&shared.lock);
    shared.wanted = 1;
    while (!shared.ready)
        pthread_cond_wait(&shared.free, &shared.lock);
    shared.ready = 0;
    pthread_mutex_unlock(&shared.lock);
    return value;
}

struct meeting {
    pthread_cond_t *wake;
    int met;
};

static void *meet(void *argument)
{
    struct meeting *meeting = argument;
    parity_pause();
    pthread_mutex_lock(&shared.lock);
    meeting->met = 1;
    pthread_cond_signal(meeting->wake);
    pthread_mutex_unlock(&shared.lock);
    return NULL;
}

static int call_stack(int value)
{
    pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
    struct meeting meeting = {.wake = &wake};
    if (value % 10 != GREEN - 1)
        return send_value(value) ? (receive() < 0 ? -1 : value) : -1;
    pthread_mutex_lock(&shared.lock);
    pthread_t other = parity_start(meet, &meeting);
    while (!meeting.met)
        pthread_cond_wait(&wake, &shared.lock);
    pthread_mutex_unlock(&shared.lock);
    pthread_join(other, NULL);
    return value;
}

static int call_late(int value)
{
    if (value % 10 != GREEN - 1)
        return send_value(value) ? (receive() < 0 ? -1 : value) : -1;
    struct timespec until = in(CLOCK_REALTIME, 3), monotonic = in(CLOCK_MONOTONIC, 6);
    pthread_mutex_lock(&shared.lock);
    int first = pthread_cond_timedwait(&shared.free, &shared.lock, &until);
    int second = pthread_cond_clockwait(&shared.free, &shared.lock, CLOCK_MONOTONIC, &monotonic);
    int past = pthread_cond_timedwait(&shared.free, &shared.lock, &until);
    int held = pthread_mutex_trylock(&shared.lock);
    pthread_mutex_unlock(&shared.lock);
    struct timespec now = in(CLOCK_MONOTONIC, 0);
    int early = now.tv_sec < monotonic.tv_sec ||
                (now.tv_sec == monotonic.tv_sec && now.tv_nsec < monotonic.tv_nsec);
    return first == ETIMEDOUT && second == ETIMEDOUT && past == ETIMEDOUT && held == EBUSY && !early
               ? value
               : -1;
}

static void run(void *argument)
{
    int *wrong = argument;
    int (*call)(int) = is("own")      ? call_own
                       : is("thread") ? call_thread
                       : is("late")   ? call_late
                       : is("stack")  ? call_stack
                                      : call_buck;
    for (int i = 0; i < ROUNDS; i++) {
        int value = 10 * i + (int)(wrong - shared.wrong);
        *wrong += call(value) != value;
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        shared.way = argv[1];
    if (argc > 2)
        rounds_share_stack();
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, shared.ends) != 0)
        return 2;
    pthread_t server = parity_start(serve, NULL), other = 0;
    if (is("thread"))
        other = parity_start(signal_wanted, NULL);
    for (int i = 0; i < GREEN; i++)
        rounds_add(run, &shared.wrong[i]);
    rounds_announce();
    rounds_run();
    shutdown(shared.ends[0], SHUT_RDWR);
    pthread_join(server, NULL);
    if (other)
        pthread_join(other, NULL);
    for (int i = 0; i < GREEN; i++)
        printf("%d: %d wrong\n", i, shared.wrong[i]);
    return 0;
}
