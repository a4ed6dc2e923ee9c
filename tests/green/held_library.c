// SPDX-License-Identifier: MIT
//
// A library whose callers share one connection, and keep each other out of it in different ways.
// Its callers are green threads of Python's, by ctypes. The server answers value + 1.

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

int held_ask(int fd, int value);
int held_pass(int fd, int value);
int held_look(void);
int held_sync(int fd);
int held_sync_data(int fd);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t free_again = PTHREAD_COND_INITIALIZER;
static int busy;

static int ask(int fd, int value)
{
    struct pollfd set = {.fd = fd, .events = POLLIN};
    int answer = -1;
    if (write(fd, &value, sizeof value) != sizeof value || poll(&set, 1, -1) != 1 ||
        read(fd, &answer, sizeof answer) != sizeof answer)
        return -1;
    return answer;
}

// With a mutex held meanwhile.
int held_ask(int fd, int value)
{
    pthread_mutex_lock(&mutex);
    int answer = ask(fd, value);
    pthread_mutex_unlock(&mutex);
    return answer;
}

// One after the other, told by a condition.
int held_pass(int fd, int value)
{
    pthread_mutex_lock(&mutex);
    while (busy)
        pthread_cond_wait(&free_again, &mutex);
    busy = 1;
    pthread_mutex_unlock(&mutex);
    int answer = ask(fd, value);
    pthread_mutex_lock(&mutex);
    busy = 0;
    pthread_cond_signal(&free_again);
    pthread_mutex_unlock(&mutex);
    return answer;
}

// What a caller with the interpreter lock held does.
int held_look(void)
{
    pthread_mutex_lock(&mutex);
    int was = busy;
    pthread_mutex_unlock(&mutex);
    return was;
}

// What workers make. Not by a jump, or the caller would be Python.
int held_sync(int fd)
{
    return -(fsync(fd) != 0);
}

int held_sync_data(int fd)
{
    return -(fdatasync(fd) != 0);
}
