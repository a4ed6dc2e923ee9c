/* SPDX-License-Identifier: MIT
 *
 * A loop of libevent's: event HOW.
 */
#include "feed.h"

#include <event2/event.h>

static struct event_base *base;

static void readable(evutil_socket_t fd, short what, void *unused)
{
    (void)fd, (void)unused;
    feed_check(what == EV_READ, "event");
    if (!feed_take())
        event_base_loopbreak(base);
}

int main(int argc, char **argv)
{
    base = event_base_new();
    feed_check(base != NULL, "event_base_new");
    int fd = feed_start(argc > 1 ? argv[1] : "sleep");
    struct event *event = event_new(base, fd, EV_READ | EV_PERSIST, readable, NULL);
    feed_check(event && event_add(event, NULL) == 0, "event_add");
    event_base_dispatch(base);
    event_free(event);
    event_base_free(base);
    return 0;
}
