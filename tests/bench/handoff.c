/* SPDX-License-Identifier: MIT
 *
 * What it costs to have a call made by another thread: `handoff HOW CALL CALLERS COUNT` lets
 * CALLERS threads make COUNT calls each and prints the nanoseconds that one call takes and the
 * calls a second of all together. HOW is
 *
 *   calls   the threads call the function themselves: natively, or through whatever makes calls for
 *           them without their knowledge
 *   libuv   uv_queue_work, each thread with a loop of its own, as many workers as callers
 *   glib    a GThreadPool of as many workers as callers; the caller waits for a condition
 *
 * CALL is `read`, a pread of one byte from FILE, or `sleep`, one millisecond. FILE is one that does
 * not know RWF_NOWAIT ($HANDOFF_FILE): a read of it cannot be tried, and always goes to a worker.
 */
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define MOST 256

struct job {
    ssize_t result;
    int done;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
};

struct way {
    const char *name;
    void (*call)(struct job *job, uv_loop_t *loop);
};

static int file = -1;
static int sleeps;
static long count;
static const struct way *way;
static GThreadPool *pool;
static pthread_barrier_t barrier;
static double began[MOST], ended[MOST];

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void make_call(struct job *job)
{
    char byte;
    struct timespec moment = {0, 1000000};
    job->result = sleeps ? nanosleep(&moment, NULL) + 1 : pread(file, &byte, 1, 0);
}

static void call_it(struct job *job, uv_loop_t *loop)
{
    (void)loop;
    make_call(job);
}

/* ---- libuv ---- */

static void uv_make(uv_work_t *work)
{
    make_call(work->data);
}

static void uv_made(uv_work_t *work, int status)
{
    struct job *job = work->data;
    (void)status;
    job->done = 1;
}

static void call_by_libuv(struct job *job, uv_loop_t *loop)
{
    uv_work_t work = {.data = job};
    job->done = 0;
    uv_queue_work(loop, &work, uv_make, uv_made);
    while (!job->done)
        uv_run(loop, UV_RUN_ONCE);
}

/* ---- GLib ---- */

static void glib_make(gpointer data, gpointer unused)
{
    struct job *job = data;
    (void)unused;
    make_call(job);
    pthread_mutex_lock(&job->mutex);
    job->done = 1;
    pthread_cond_signal(&job->cond);
    pthread_mutex_unlock(&job->mutex);
}

static void call_by_glib(struct job *job, uv_loop_t *loop)
{
    (void)loop;
    job->done = 0;
    g_thread_pool_push(pool, job, NULL);
    pthread_mutex_lock(&job->mutex);
    while (!job->done)
        pthread_cond_wait(&job->cond, &job->mutex);
    pthread_mutex_unlock(&job->mutex);
}

static const struct way ways[] = {
    {"calls", call_it}, {"libuv", call_by_libuv}, {"glib", call_by_glib}};

/* ---- callers ---- */

static void make_calls(struct job *job, uv_loop_t *loop, long times)
{
    for (long i = 0; i < times; i++) {
        way->call(job, loop);
        if (job->result != 1) {
            fprintf(stderr, "handoff: the call failed\n");
            exit(1);
        }
    }
}

static void *caller(void *number)
{
    long id = (long)number;
    struct job job = {.result = 0};
    uv_loop_t loop;
    pthread_mutex_init(&job.mutex, NULL);
    pthread_cond_init(&job.cond, NULL);
    uv_loop_init(&loop);
    make_calls(&job, &loop, count / 10 + 1); /* workers are made and memory is touched */
    pthread_barrier_wait(&barrier);
    began[id] = now_ns();
    make_calls(&job, &loop, count);
    ended[id] = now_ns();
    return NULL;
}

static void prepare(const char *how, int callers)
{
    char workers[16];
    snprintf(workers, sizeof workers, "%d", callers);
    setenv("UV_THREADPOOL_SIZE", workers, 1);
    if (!strcmp(how, "glib"))
        pool = g_thread_pool_new(glib_make, NULL, callers, TRUE, NULL);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(ways[i].name, how))
            way = &ways[i];
}

int main(int argc, char **argv)
{
    pthread_t threads[MOST];
    int callers = argc == 5 ? atoi(argv[3]) : 0;
    const char *path = getenv("HANDOFF_FILE");
    if (callers < 1 || callers > MOST)
        return 2;
    count = atol(argv[4]);
    sleeps = !strcmp(argv[2], "sleep");
    file = open(path ? path : "/dev/zero", O_RDONLY);
    prepare(argv[1], callers);
    if (!way || file < 0)
        return 2;
    pthread_barrier_init(&barrier, NULL, (unsigned)callers);
    for (long i = 0; i < callers; i++)
        pthread_create(&threads[i], NULL, caller, (void *)i);
    double first = 0, last = 0;
    for (int i = 0; i < callers; i++) {
        pthread_join(threads[i], NULL);
        first = i == 0 || began[i] < first ? began[i] : first;
        last = ended[i] > last ? ended[i] : last;
    }
    printf("%.1f %.1f\n", (last - first) / (double)count,
           (double)callers * (double)count / ((last - first) / 1e9));
    fflush(stdout);
    _exit(0); /* libuv's and GLib's workers wait for ever */
}
