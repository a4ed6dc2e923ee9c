/* SPDX-License-Identifier: MIT
 *
 * Green threads of one thread that share something which keeps the others out while one of them
 * waits for an answer from a server. In place nobody notices: the whole thread waits. If the wait
 * is parked and nothing else is done, the others stop the thread for ever, or get in.
 *
 *   locks lock | checked | timed | rwlock | recursive | stream | semaphore | stack [shared]
 *
 * `shared`: the green threads share one stack, as greenlets do.
 */
#include <poll.h>
#include <semaphore.h>
#include <sys/socket.h>

#include "../parity/parity.h"
#include "rounds.h"

enum { GREEN = 3, ROUNDS = 5 };

static struct {
    int ends[2]; /* ours, the server's */
    int inside, most;
    int result[GREEN];
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
    sem_t semaphore;
    FILE *stream;
    char *text;
    size_t size;
} shared;

static void *serve(void *unused)
{
    struct timespec moment = {0, 2000000};
    int value = 0;
    while (parity_raw(SYS_read, shared.ends[1], (long)&value, sizeof value, 0) == sizeof value) {
        parity_raw(SYS_nanosleep, (long)&moment, 0, 0, 0);
        value++;
        parity_raw(SYS_write, shared.ends[1], (long)&value, sizeof value, 0);
    }
    return unused;
}

/* The server's answer; others may run meanwhile, and would find the connection in use. */
static int ask(int value)
{
    struct pollfd set = {.fd = shared.ends[0], .events = POLLIN};
    int answer = -1;
    shared.most = ++shared.inside > shared.most ? shared.inside : shared.most;
    if (write(shared.ends[0], &value, sizeof value) == sizeof value && poll(&set, 1, -1) == 1 &&
        read(shared.ends[0], &answer, sizeof answer) != sizeof answer)
        answer = -1;
    shared.inside--;
    return answer;
}

static int ask_locked(int value)
{
    int error = pthread_mutex_lock(&shared.mutex);
    if (error)
        return -error;
    int answer = ask(value);
    pthread_mutex_unlock(&shared.mutex);
    return answer;
}

static int ask_timed(int value)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    int error = pthread_mutex_timedlock(&shared.mutex, &until);
    if (error)
        return -error;
    int answer = ask(value);
    pthread_mutex_unlock(&shared.mutex);
    return answer;
}

/* Every other one reads. */
static int ask_rwlock(int value)
{
    int error =
        value % 2 ? pthread_rwlock_wrlock(&shared.rwlock) : pthread_rwlock_rdlock(&shared.rwlock);
    if (error)
        return -error;
    int answer = value % 2 ? ask(value) : value + 1;
    pthread_rwlock_unlock(&shared.rwlock);
    return answer;
}

static int ask_semaphore(int value)
{
    if (sem_wait(&shared.semaphore) != 0)
        return -errno;
    int answer = ask(value);
    sem_post(&shared.semaphore);
    return answer;
}

static void *post(void *semaphore)
{
    parity_pause();
    sem_post(semaphore);
    return NULL;
}

/* The last one waits for another thread, with a semaphore on its stack. */
static int ask_stack(int value)
{
    sem_t semaphore;
    if (value % 10 != GREEN - 1)
        return ask_locked(value);
    sem_init(&semaphore, 0, 0);
    pthread_t other = parity_start(post, &semaphore);
    int failed = sem_wait(&semaphore);
    pthread_join(other, NULL);
    return failed ? -errno : value + 1;
}

static int ask_stream(int value)
{
    flockfile(shared.stream);
    fprintf(shared.stream, "[%d", value % 10);
    int answer = ask(value);
    fprintf(shared.stream, "%d]", value % 10);
    funlockfile(shared.stream);
    return answer;
}

static void make_mutex(int kind)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind);
    pthread_mutex_init(&shared.mutex, &attributes);
}

static const struct way {
    const char *name;
    int (*ask)(int value);
    int kind;
} ways[] = {
    {"lock", ask_locked, PTHREAD_MUTEX_NORMAL},
    {"checked", ask_locked, PTHREAD_MUTEX_ERRORCHECK},
    {"timed", ask_timed, PTHREAD_MUTEX_NORMAL},
    {"rwlock", ask_rwlock, 0},
    {"recursive", ask_locked, PTHREAD_MUTEX_RECURSIVE},
    {"stream", ask_stream, 0},
    {"semaphore", ask_semaphore, 0},
    {"stack", ask_stack, PTHREAD_MUTEX_NORMAL},
};
static const struct way *way;

static void run(void *argument)
{
    int *result = argument;
    for (int i = 0; i < ROUNDS; i++) {
        int value = 10 * i + (int)(result - shared.result);
        int answer = way->ask(value);
        if (answer != value + 1)
            *result = answer < 0 ? answer : -1;
    }
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(ways[i].name, argv[1]))
            way = &ways[i];
    if (!way || socketpair(AF_UNIX, SOCK_STREAM, 0, shared.ends) != 0)
        return 2;
    if (argc > 2)
        rounds_share_stack();
    make_mutex(way->kind);
    pthread_rwlock_init(&shared.rwlock, NULL);
    sem_init(&shared.semaphore, 0, 1);
    shared.stream = open_memstream(&shared.text, &shared.size);
    pthread_t server = parity_start(serve, NULL);
    for (int i = 0; i < GREEN; i++)
        rounds_add(run, &shared.result[i]);
    rounds_announce();
    rounds_run();
    shutdown(shared.ends[0], SHUT_RDWR);
    pthread_join(server, NULL);
    fclose(shared.stream);
    int torn = 0;
    for (size_t i = 0; i + 4 <= shared.size; i += 4)
        torn += shared.text[i] != '[' || shared.text[i + 1] != shared.text[i + 2] ||
                shared.text[i + 3] != ']';
    for (int i = 0; i < GREEN; i++)
        printf("%d: %s\n", i, shared.result[i] ? strerrorname_np(-shared.result[i]) : "fine");
    printf("most inside: %d, torn: %d of %zu\n", shared.most, torn, shared.size / 4);
    free(shared.text);
    return 0;
}
