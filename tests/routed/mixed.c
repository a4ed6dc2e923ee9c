/* SPDX-License-Identifier: MIT
 *
 * A program that does a bit of everything at once, at random and without an end of its own: pipes,
 * sockets, files, sleeps, semaphores, signals with and without SA_RESTART, forks, threads that come
 * and go. It checks every byte and every result itself.
 *
 *   mixed SECONDS SEED
 *
 * Prints one line of figures; exit status 1 and a line that says what went wrong: a wrong result, a
 * thread that got nowhere for 30 s, anonymous memory that grows, threads that are left when all of
 * its own have ended; of one that got nowhere also in which system calls all threads and children
 * are. With MIXED_HOLD in the environment it stops there, for a debugger.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STUCK_S     30
#define SETTLE_S    30        /* for workers to be dismissed */
#define GROWTH_MOST (6 << 10) /* KB of anonymous memory after the first fifth */
#define BLOCK       4096
#define SLACK_NS    100000

#include "../parity/parity.h"

extern char **environ;

static volatile int stopping;
static uint64_t interrupted;

/* One thread of the program's own. */
struct actor {
    const char *name;
    void (*act)(struct actor *actor); /* until stopping, or its partner has gone */
    struct actor *partner;
    int fd[2];
    sem_t *sem;
    unsigned seed;
    uint64_t done; /* by the actor: read by the one that watches */
    pthread_t thread;
};

static _Noreturn void wrong(const char *what, long result)
{
    printf("wrong: %s: %ld, %s\n", what, result, strerrorname_np(errno));
    fflush(stdout);
    if (getenv("MIXED_HOLD"))
        raise(SIGSTOP);
    _exit(1);
}

static void must(int condition, const char *what, long result)
{
    if (!condition)
        wrong(what, result);
}

static unsigned any(struct actor *actor, unsigned limit)
{
    return (unsigned)rand_r(&actor->seed) % limit;
}

static void step(struct actor *actor)
{
    __atomic_fetch_add(&actor->done, 1, __ATOMIC_RELAXED);
}

/* Was it a signal? Counted. Anything else is wrong. */
static int was_interrupted(const char *what, long result)
{
    if (result >= 0 || errno != EINTR)
        must(result >= 0, what, result);
    if (result < 0)
        __atomic_fetch_add(&interrupted, 1, __ATOMIC_RELAXED);
    return result < 0;
}

static void write_all(int fd, const void *bytes, size_t length)
{
    for (size_t at = 0; at < length;) {
        ssize_t result = write(fd, (const char *)bytes + at, length - at);
        if (!was_interrupted("write", result))
            at += (size_t)result;
    }
}

/* Fewer than `length` only at the end of the file. */
static size_t read_all(int fd, void *bytes, size_t length)
{
    size_t at = 0;
    while (at < length) {
        ssize_t result = read(fd, (char *)bytes + at, length - at);
        if (was_interrupted("read", result))
            continue;
        if (result == 0)
            break;
        at += (size_t)result;
    }
    return at;
}

/* ---- two that send each other numbers ---- */

static void serve_numbers(struct actor *actor)
{
    uint32_t number;
    while (read_all(actor->fd[0], &number, sizeof number) == sizeof number) {
        number++;
        write_all(actor->fd[1], &number, sizeof number);
        step(actor);
    }
    close(actor->fd[1]);
}

static void ask_numbers(struct actor *actor)
{
    for (uint32_t number = 0, answer; !stopping; number += 2) {
        write_all(actor->fd[1], &number, sizeof number);
        must(read_all(actor->fd[0], &answer, sizeof answer) == sizeof answer, "answer", 0);
        must(answer == number + 1, "number", (long)answer);
        if (any(actor, 64) == 0)
            usleep(any(actor, 3000));
        step(actor);
    }
    close(actor->fd[1]);
}

/* ---- sockets that come and go ---- */

static int listener;
static struct sockaddr_in listener_name;
static int clients; /* that may still connect */

static void serve_connections(struct actor *actor)
{
    char bytes[512];
    while (!stopping || __atomic_load_n(&clients, __ATOMIC_ACQUIRE)) {
        struct pollfd ready = {.fd = listener, .events = POLLIN};
        int count = poll(&ready, 1, 200);
        if (was_interrupted("poll", count) || count == 0)
            continue;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0 && errno == EAGAIN)
            continue; /* the other one was quicker */
        if (was_interrupted("accept", fd))
            continue;
        for (ssize_t length; (length = recv(fd, bytes, sizeof bytes, 0)) != 0;)
            if (!was_interrupted("recv", length))
                write_all(fd, bytes, (size_t)length);
        close(fd);
        step(actor);
    }
}

static int connect_to_listener(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (void *)&listener_name, sizeof listener_name) == 0)
        return fd;
    must(errno == EINTR, "connect", fd);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    while (poll(&ready, 1, -1) < 0)
        ;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    must(error == 0, "connection", error);
    return fd;
}

static void use_connections(struct actor *actor)
{
    char sent[512], received[512];
    while (!stopping) {
        int fd = connect_to_listener();
        for (unsigned i = any(actor, 20); i; i--) {
            size_t length = 1 + any(actor, sizeof sent);
            memset(sent, (int)any(actor, 256), length);
            write_all(fd, sent, length);
            must(read_all(fd, received, length) == length, "echo", (long)length);
            must(memcmp(sent, received, length) == 0, "echoed bytes", (long)length);
            step(actor);
        }
        close(fd);
    }
    __atomic_fetch_sub(&clients, 1, __ATOMIC_RELEASE);
}

/* ---- files ---- */

static void fill(char *block, unsigned number)
{
    for (unsigned i = 0; i < BLOCK; i++)
        block[i] = (char)(number * 31 + i * 7);
}

static void use_files(struct actor *actor)
{
    char name[64], renamed[80], block[BLOCK], expected[BLOCK];
    for (unsigned round = 0; !stopping; round++) {
        snprintf(name, sizeof name, "file.%p", (void *)actor);
        snprintf(renamed, sizeof renamed, "%s.done", name);
        int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);
        must(fd >= 0, "open", fd);
        unsigned blocks = 1 + any(actor, 16);
        for (unsigned i = 0; i < blocks; i++) {
            fill(block, round + i);
            write_all(fd, block, BLOCK);
        }
        if (any(actor, 8) == 0)
            must(fsync(fd) == 0, "fsync", 0);
        for (unsigned i = 0; i < blocks; i++) {
            fill(expected, round + i);
            must(pread(fd, block, BLOCK, (off_t)i * BLOCK) == BLOCK, "pread", i);
            must(memcmp(block, expected, BLOCK) == 0, "what the file holds", i);
        }
        must(close(fd) == 0 && rename(name, renamed) == 0, "rename", 0);
        must(access(name, F_OK) < 0 && unlink(renamed) == 0, "unlink", 0);
        step(actor);
    }
}

/* ---- waits that end by time ---- */

static void sleep_a_bit(struct actor *actor)
{
    while (!stopping) {
        struct timespec moment = {0, 1 + (long)any(actor, 3000000)};
        struct timespec left = {0, 0};
        /* what is left may be more than was asked for, by the slack of the timer */
        if (was_interrupted("nanosleep", nanosleep(&moment, &left)))
            must(left.tv_sec == 0 && left.tv_nsec <= moment.tv_nsec + SLACK_NS, "time left",
                 left.tv_nsec);
        struct pollfd nothing = {.fd = -1};
        was_interrupted("poll", poll(&nothing, 1, (int)any(actor, 4)));
        step(actor);
    }
}

/* ---- semaphores ---- */

static void post(struct actor *actor)
{
    while (!stopping) {
        sem_post(actor->sem);
        if (any(actor, 16) == 0)
            usleep(any(actor, 2000));
        else
            sched_yield();
        int value = 0;
        sem_getvalue(actor->sem, &value);
        while (value > 100 && !stopping) {
            usleep(500);
            sem_getvalue(actor->sem, &value);
        }
        step(actor);
    }
    sem_post(actor->sem);
}

static void take(struct actor *actor)
{
    while (!stopping)
        if (!was_interrupted("sem_wait", sem_wait(actor->sem)))
            step(actor);
}

/* ---- children and threads ---- */

static int child_works(void)
{
    int ends[2];
    char byte = 0;
    return pipe(ends) == 0 && write(ends[1], "c", 1) == 1 && read(ends[0], &byte, 1) == 1 &&
                   byte == 'c' && usleep(100) == 0
               ? 23
               : 24;
}

static void make_children(struct actor *actor)
{
    char *const words[] = {(char *)"true", NULL};
    while (!stopping) {
        int status = 0, spawned = any(actor, 4) == 0;
        pid_t child, ended;
        if (spawned)
            must(posix_spawn(&child, "/bin/true", NULL, NULL, words, environ) == 0, "spawn", 0);
        else if ((child = fork()) == 0)
            _exit(child_works());
        must(child > 0, "fork", child);
        while ((ended = waitpid(child, &status, 0)) < 0)
            was_interrupted("waitpid", ended);
        must(ended == child && WIFEXITED(status), "waitpid", status);
        must(WEXITSTATUS(status) == (spawned ? 0 : 23), "child", WEXITSTATUS(status));
        usleep(any(actor, 20000));
        step(actor);
    }
}

static void *live_shortly(void *number)
{
    unsigned seed = (unsigned)(uintptr_t)number;
    int ends[2];
    char byte = 0;
    must(pipe(ends) == 0, "pipe", 0);
    for (unsigned i = (unsigned)rand_r(&seed) % 8; i; i--)
        must(write(ends[1], "t", 1) == 1 && read(ends[0], &byte, 1) == 1 && byte == 't', "byte",
             byte);
    usleep((useconds_t)rand_r(&seed) % 500);
    close(ends[0]);
    close(ends[1]);
    return number;
}

static void make_threads(struct actor *actor)
{
    while (!stopping) {
        pthread_t threads[8];
        unsigned count = 1 + any(actor, 8);
        sigset_t all, mask;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &mask);
        for (unsigned i = 0; i < count; i++)
            must(pthread_create(&threads[i], NULL, live_shortly,
                                (void *)(uintptr_t)any(actor, 10000)) == 0,
                 "pthread_create", i);
        pthread_sigmask(SIG_SETMASK, &mask, NULL);
        for (unsigned i = 0; i < count; i++)
            must(pthread_join(threads[i], NULL) == 0, "pthread_join", i);
        usleep(any(actor, 5000));
        step(actor);
    }
}

/* ---- all of them ---- */

#define ACTORS 24
static struct actor actors[ACTORS];
static unsigned actor_count;
static sem_t sems[2];

static struct actor *add(const char *name, void (*act)(struct actor *))
{
    struct actor *actor = &actors[actor_count++];
    actor->name = name;
    actor->act = act;
    return actor;
}

static void add_pair(int (*make)(int *, int *))
{
    int there[2], back[2];
    must(make(there, back) == 0, "pair", 0);
    struct actor *one = add("asks", ask_numbers), *other = add("answers", serve_numbers);
    one->fd[1] = there[1];
    other->fd[0] = there[0];
    other->fd[1] = back[1];
    one->fd[0] = back[0];
}

static int make_pipes(int *there, int *back)
{
    return pipe(there) | pipe(back);
}

static void listen_somewhere(void)
{
    socklen_t size = sizeof listener_name;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    listener_name.sin_family = AF_INET;
    listener_name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(bind(listener, (void *)&listener_name, size) == 0 && listen(listener, 50) == 0, "listen",
         0);
    getsockname(listener, (void *)&listener_name, &size);
}

static void set_up(unsigned seed)
{
    listen_somewhere();
    for (int i = 0; i < 4; i++)
        add_pair(make_pipes);
    for (int i = 0; i < 2; i++) {
        add("serves", serve_connections);
        add("connects", use_connections);
        clients++;
        add("files", use_files);
        add("sleeps", sleep_a_bit);
        sem_init(&sems[i], 0, 0);
        add("posts", post)->sem = &sems[i];
        add("takes", take)->sem = &sems[i];
        add("children", make_children);
    }
    add("threads", make_threads);
    for (unsigned i = 0; i < actor_count; i++)
        actors[i].seed = seed * 1000 + i;
}

static void *live(void *actor)
{
    ((struct actor *)actor)->act(actor);
    return NULL;
}

static void handle(int signal)
{
    (void)signal;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A number from /proc/self/status; -1: it is not there. */
static long status_number(const char *name)
{
    char line[256];
    long number = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            number = atol(line + strlen(name));
    if (file)
        fclose(file);
    return number;
}

/* What the watching thread knows of the others. */
static struct {
    uint64_t done[ACTORS];
    double since[ACTORS]; /* when that changed */
    double at, gap_most;  /* its latest look, and the longest time between two: it may have got no
                             CPU itself */
    long memory_before, memory_most, threads_most;
} watched;

/* A line for a thread or process: "ID (NAME) STATE, system call NUMBER ARGUMENTS". */
static void tell_task(const char *directory, const char *task)
{
    char path[300], stat[512], call[256];
    snprintf(path, sizeof path, "%s/%s/stat", directory, task);
    parity_file(path, stat, sizeof stat);
    snprintf(path, sizeof path, "%s/%s/syscall", directory, task);
    parity_file(path, call, sizeof call);
    char *after = strrchr(stat, ')');
    if (after && after[1])
        after[3] = '\0';
    printf("  %s, system call %s", stat, call[0] ? call : "unknown\n");
}

static int is_child(const char *process)
{
    char path[300], stat[512];
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", process);
    parity_file(path, stat, sizeof stat);
    const char *after = strrchr(stat, ')');
    return after && sscanf(after + 1, " %*c %d", &parent) == 1 && parent == getpid();
}

static _Noreturn void stuck(const struct actor *actor, long done)
{
    struct dirent *entry;
    printf("the longest time between two looks was %.1f s; threads, then children:\n",
           watched.gap_most);
    DIR *tasks = opendir("/proc/self/task"), *processes = opendir("/proc");
    while (tasks && (entry = readdir(tasks)))
        if (entry->d_name[0] != '.')
            tell_task("/proc/self/task", entry->d_name);
    while (processes && (entry = readdir(processes)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_child(entry->d_name))
            tell_task("/proc", entry->d_name);
    wrong(actor->name, done);
}

static void watch(double at, int warm)
{
    long memory = status_number("RssAnon:"), threads = status_number("Threads:");
    if (watched.at && at - watched.at > watched.gap_most)
        watched.gap_most = at - watched.at;
    watched.at = at;
    for (unsigned i = 0; i < actor_count; i++) {
        uint64_t done = __atomic_load_n(&actors[i].done, __ATOMIC_RELAXED);
        if (done != watched.done[i] || !watched.since[i])
            watched.since[i] = at;
        watched.done[i] = done;
        if (at - watched.since[i] >= STUCK_S)
            stuck(&actors[i], (long)done);
    }
    watched.threads_most = threads > watched.threads_most ? threads : watched.threads_most;
    if (!warm)
        watched.memory_before = memory > watched.memory_before ? memory : watched.memory_before;
    else if (memory > watched.memory_most)
        watched.memory_most = memory;
    must(!warm || memory - watched.memory_before < GROWTH_MOST, "memory grows, KB", memory);
}

/* By system calls that nobody moves: one more call would keep a worker in work. */
static int threads_left(void)
{
    char text[4096];
    parity_file("/proc/self/status", text, sizeof text);
    const char *line = strstr(text, "Threads:");
    return line ? atoi(line + strlen("Threads:")) : -1;
}

static void end_all(void)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += STUCK_S;
    stopping = 1;
    for (unsigned i = 0; i < actor_count; i++)
        if (pthread_timedjoin_np(actors[i].thread, NULL, &limit) != 0)
            stuck(&actors[i], -1);
    double until = now() + SETTLE_S;
    while (threads_left() != 1 && now() < until)
        parity_pause();
    must(threads_left() == 1, "threads left", threads_left());
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 5;
    unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
    struct sigaction plain = {.sa_handler = handle};
    struct sigaction restart = {.sa_handler = handle, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &plain, NULL);
    sigaction(SIGUSR2, &restart, NULL);
    set_up(seed);
    for (unsigned i = 0; i < actor_count; i++)
        must(pthread_create(&actors[i].thread, NULL, live, &actors[i]) == 0, "pthread_create", i);
    double began = now(), looked = 0;
    uint64_t signals = 0, steps = 0;
    for (double at = began; at < began + seconds; at = now()) {
        unsigned to = (unsigned)rand_r(&seed) % actor_count;
        pthread_kill(actors[to].thread, rand_r(&seed) % 2 ? SIGUSR1 : SIGUSR2);
        signals++;
        usleep(2000 + (useconds_t)rand_r(&seed) % 4000);
        if (at - looked > 0.5) {
            watch(at, at > began + seconds / 5);
            looked = at;
        }
    }
    end_all();
    for (unsigned i = 0; i < actor_count; i++) {
        must(actors[i].done > 0, actors[i].name, 0);
        steps += actors[i].done;
    }
    printf("mixed: %.0f s, %llu steps, %llu signals, %llu calls interrupted, at most %ld threads, "
           "anonymous memory %ld KB, then at most %ld KB\n",
           seconds, (unsigned long long)steps, (unsigned long long)signals,
           (unsigned long long)interrupted, watched.threads_most, watched.memory_before,
           watched.memory_most);
    return 0;
}
