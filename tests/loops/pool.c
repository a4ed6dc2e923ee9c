/* SPDX-License-Identifier: MIT
 *
 * Threads that are no loops, and whose waits are noise or not: pool KIND
 *   semaphore    4 workers wait for jobs at a semaphore, 40 jobs of 2 ms
 *   condition    the same with a condition variable
 *   accept       4 threads accept connections on one socket
 *   ticker       a thread that sleeps 5 ms, 40 times
 *   reader       a thread that reads from a slow pipe: a blocked call like any other
 */
#include "feed.h"

#include <netinet/in.h>
#include <semaphore.h>
#include <sys/socket.h>

#define WORKERS 4
#define JOBS    40

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static sem_t jobs;
static int waiting, listener;

static void *at_semaphore(void *unused)
{
    for (int i = 0; i < JOBS / WORKERS; i++) {
        while (sem_wait(&jobs) != 0)
            ;
        feed_pause(2);
    }
    return unused;
}

static void *at_condition(void *unused)
{
    for (int i = 0; i < JOBS / WORKERS; i++) {
        pthread_mutex_lock(&lock);
        while (waiting == 0)
            pthread_cond_wait(&more, &lock);
        waiting--;
        pthread_mutex_unlock(&lock);
        feed_pause(2);
    }
    return unused;
}

static void *at_socket(void *unused)
{
    for (int i = 0; i < JOBS / WORKERS; i++) {
        int fd = accept(listener, NULL, NULL);
        feed_check(fd >= 0, "accept");
        feed_pause(2);
        close(fd);
    }
    return unused;
}

static void *ticking(void *unused)
{
    for (int i = 0; i < JOBS; i++)
        feed_pause(5);
    return unused;
}

static void *reading(void *unused)
{
    for (int i = 0; i < JOBS; i++)
        feed_read(feed_slow[0]);
    return unused;
}

static void give(const char *kind)
{
    if (kind[0] == 's') {
        sem_post(&jobs);
    } else if (kind[0] == 'c') {
        pthread_mutex_lock(&lock);
        waiting++;
        pthread_cond_signal(&more);
        pthread_mutex_unlock(&lock);
    } else if (kind[0] == 'a') {
        struct sockaddr_in address = {.sin_family = AF_INET};
        socklen_t size = sizeof address;
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        getsockname(listener, (struct sockaddr *)&address, &size);
        feed_check(connect(fd, (struct sockaddr *)&address, size) == 0, "connect");
        close(fd);
    } else if (kind[0] == 'r') {
        feed_write(feed_slow[1], 0);
    }
}

static void prepare(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    listener = socket(AF_INET, SOCK_STREAM, 0);
    feed_check(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
                   listen(listener, JOBS) == 0 && pipe(feed_slow) == 0 &&
                   sem_init(&jobs, 0, 0) == 0,
               "set up");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *kind;
        void *(*work)(void *);
        int threads;
    } kinds[] = {{"semaphore", at_semaphore, WORKERS},
                 {"condition", at_condition, WORKERS},
                 {"accept", at_socket, WORKERS},
                 {"ticker", ticking, 1},
                 {"reader", reading, 1}};
    unsigned k = 0;
    while (k < 4 && argc > 1 && strcmp(kinds[k].kind, argv[1]) != 0)
        k++;
    prepare();
    pthread_t thread[WORKERS];
    for (int i = 0; i < kinds[k].threads; i++)
        feed_check(pthread_create(&thread[i], NULL, kinds[k].work, NULL) == 0, "pthread_create");
    for (int i = 0; i < JOBS; i++) {
        feed_pause(5);
        give(kinds[k].kind);
    }
    for (int i = 0; i < kinds[k].threads; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
