/* SPDX-License-Identifier: MIT
 *
 * A loop of libev's: ev HOW.
 */
#include "feed.h"

#include <ev.h>

static void readable(struct ev_loop *loop, ev_io *io, int events)
{
    (void)io;
    feed_check(events == EV_READ, "event");
    if (!feed_take())
        ev_break(loop, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
    struct ev_loop *loop = ev_default_loop(0);
    ev_io io;
    ev_init(&io, readable);
    ev_io_set(&io, feed_start(argc > 1 ? argv[1] : "sleep"), EV_READ);
    ev_io_start(loop, &io);
    ev_run(loop, 0);
    return 0;
}
