// SPDX-License-Identifier: MIT
//
// A library that waits for its server with a lock held, and is asked for the same lock by callers
// that keep Python's interpreter lock. There is one lock of each kind for each round, for what was
// once wanted in this way is treated with care from then on. The server answers value + 1.

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum kind { MUTEX, C11, READ, WRITE, KINDS };
enum { ROUNDS = 64, LATENCY = 10000000 };

int library_start(void);
void library_stop(void);
int library_ask(int kind, int round, int times);
int library_is_asked(int round);
int library_look(int kind, int round, int milliseconds);
int library_look_behind(int kind, int round, int milliseconds);

static struct round {
    pthread_mutex_t mutex, behind;
    mtx_t c11;
    pthread_rwlock_t rwlock;
    int has_lock; // who asks has it
    int looks;    // somebody holds the interpreter lock, and will want the lock
    int asks;     // who asks is about to wait
    int is_behind;
} rounds[ROUNDS];

static int ends[2]; // ours, the server's

static void set(int *flag)
{
    __atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

static void await(const int *flag)
{
    while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE))
        sched_yield();
}

static void pause_for(long nanoseconds)
{
    struct timespec time = {0, nanoseconds};
    syscall(SYS_nanosleep, &time, NULL);
}

// Of a reader-writer lock whoever looks wants what who asks keeps him from.
static void take(enum kind kind, struct round *r, int asks)
{
    if (kind == MUTEX)
        pthread_mutex_lock(&r->mutex);
    else if (kind == C11)
        mtx_lock(&r->c11);
    else if ((kind == READ) == !asks)
        pthread_rwlock_rdlock(&r->rwlock);
    else
        pthread_rwlock_wrlock(&r->rwlock);
}

static void give(enum kind kind, struct round *r)
{
    if (kind == MUTEX)
        pthread_mutex_unlock(&r->mutex);
    else if (kind == C11)
        mtx_unlock(&r->c11);
    else
        pthread_rwlock_unlock(&r->rwlock);
}

static void *serve(void *unused)
{
    int value;
    while (syscall(SYS_read, ends[1], &value, sizeof value) == sizeof value) {
        pause_for(LATENCY);
        value++;
        syscall(SYS_write, ends[1], &value, sizeof value);
    }
    return unused;
}

int library_start(void)
{
    pthread_t thread;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_init(&rounds[i].mutex, NULL);
        pthread_mutex_init(&rounds[i].behind, NULL);
        mtx_init(&rounds[i].c11, mtx_plain);
        pthread_rwlock_init(&rounds[i].rwlock, NULL);
    }
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 &&
           pthread_create(&thread, NULL, serve, NULL) == 0 && pthread_detach(thread) == 0;
}

void library_stop(void)
{
    shutdown(ends[0], SHUT_RDWR);
}

// Waits so many times, with the lock held, and begins when somebody else is about to want it.
int library_ask(int kind, int round, int times)
{
    struct round *r = &rounds[round];
    struct pollfd wanted = {.fd = ends[0], .events = POLLIN};
    int value = 0;
    take(kind, r, 1);
    set(&r->has_lock);
    await(&r->looks);
    while (times--) {
        if (write(ends[0], &value, sizeof value) != sizeof value)
            value = -100;
        set(&r->asks);
        if (poll(&wanted, 1, -1) != 1 || read(ends[0], &value, sizeof value) != sizeof value)
            value = -100;
    }
    give(kind, r);
    return value;
}

int library_is_asked(int round)
{
    return __atomic_load_n(&rounds[round].has_lock, __ATOMIC_ACQUIRE);
}

// With the interpreter lock held all the time, which who asks may need meanwhile.
int library_look(int kind, int round, int milliseconds)
{
    struct round *r = &rounds[round];
    set(&r->looks);
    await(&r->asks);
    pause_for(milliseconds * 1000000L);
    take(kind, r, 0);
    give(kind, r);
    return round;
}

struct behind {
    enum kind kind;
    struct round *round;
};

static void *stand_behind(void *argument)
{
    struct behind *b = argument;
    pthread_mutex_lock(&b->round->behind);
    set(&b->round->is_behind);
    take(b->kind, b->round, 0);
    give(b->kind, b->round);
    pthread_mutex_unlock(&b->round->behind);
    return NULL;
}

// The same, for a lock whose owner waits for the first one.
int library_look_behind(int kind, int round, int milliseconds)
{
    struct round *r = &rounds[round];
    struct behind behind = {(enum kind)kind, r};
    pthread_t thread;
    set(&r->looks);
    await(&r->asks);
    if (pthread_create(&thread, NULL, stand_behind, &behind) != 0)
        return -1;
    await(&r->is_behind);
    pause_for(milliseconds * 1000000L);
    pthread_mutex_lock(&r->behind);
    pthread_mutex_unlock(&r->behind);
    pthread_join(thread, NULL);
    return round;
}
