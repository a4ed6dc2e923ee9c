/* SPDX-License-Identifier: MIT
 *
 * What a library does that makes calls on threads and lets green threads run meanwhile, and about
 * which nobody thought twice: the thread gets the caller's own pointers, nobody asks whether this
 * is the moment and the thread to switch, and its eventfd is a descriptor like any other. A preload
 * of its own, to show that the tests of route green can fail: each of them runs under it as well,
 * and must come out otherwise than bare.
 */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <shunt.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef long function(long, long, long, long);

struct job {
    function *run;
    long argument[4];
    long result;
    int error;
    int fd;
    volatile int over;
};

static struct shunt_runtime runtime;

int shunt_runtime_register(const struct shunt_runtime *given)
{
    runtime = *given;
    return 0;
}

static void *work(void *argument)
{
    struct job *job = argument;
    int fd = job->fd;
    uint64_t one = 1;
    job->result = job->run(job->argument[0], job->argument[1], job->argument[2], job->argument[3]);
    job->error = errno;
    job->over = 1;
    if (write(fd, &one, sizeof one) != sizeof one)
        errno = job->error;
    return NULL;
}

static long make(const char *name, long a, long b, long c, long d)
{
    function *run = (function *)dlsym(RTLD_NEXT, name);
    struct job job = {.run = run, .argument = {a, b, c, d}};
    pthread_t thread;
    if (!runtime.wait)
        return run(a, b, c, d);
    job.fd = eventfd(0, EFD_NONBLOCK);
    if (pthread_create(&thread, NULL, work, &job) != 0)
        return run(a, b, c, d);
    pthread_detach(thread);
    while (!job.over)
        if (runtime.wait(job.fd, POLLIN, -1) == SHUNT_NOT_PARKED)
            poll(&(struct pollfd){.fd = job.fd, .events = POLLIN}, 1, 10);
    close(job.fd);
    errno = job.error;
    return job.result;
}

ssize_t read(int fd, void *buffer, size_t size)
{
    return make("read", fd, (long)buffer, (long)size, 0);
}

ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
    return make("pread", fd, (long)buffer, (long)size, offset);
}

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **found)
{
    return (int)make("getaddrinfo", (long)node, (long)service, (long)hints, (long)found);
}
