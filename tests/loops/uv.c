/* SPDX-License-Identifier: MIT
 *
 * A loop of libuv's: uv HOW. `uv pool` hands each turn a piece of work to libuv's thread pool, too.
 */
#include "feed.h"

#include <uv.h>

static uv_loop_t *loop;
static int with_pool;

static void work(uv_work_t *request)
{
    (void)request;
    feed_pause(1);
}

static void worked(uv_work_t *request, int status)
{
    feed_check(status == 0, "work");
    free(request);
}

static void readable(uv_poll_t *handle, int status, int events)
{
    feed_check(status == 0 && events == UV_READABLE, "readable");
    if (with_pool)
        feed_check(uv_queue_work(loop, malloc(sizeof(uv_work_t)), work, worked) == 0, "queue");
    if (!feed_take())
        uv_poll_stop(handle);
}

int main(int argc, char **argv)
{
    uv_poll_t handle;
    const char *how = argc > 1 ? argv[1] : "sleep";
    with_pool = strcmp(how, "pool") == 0;
    loop = uv_default_loop();
    int fd = feed_start(with_pool ? "sleep" : how);
    feed_check(uv_poll_init(loop, &handle, fd) == 0 &&
                   uv_poll_start(&handle, UV_READABLE, readable) == 0,
               "uv_poll");
    return uv_run(loop, UV_RUN_DEFAULT);
}
