/* SPDX-License-Identifier: MIT
 *
 * A loop on io_uring through liburing: reads of the feeder's pipe, one at a time. uring HOW.
 */
#include "feed.h"

#include <liburing.h>

int main(int argc, char **argv)
{
    struct io_uring ring;
    struct io_uring_cqe *done;
    int result = io_uring_queue_init(4, &ring, 0);
    if (result < 0) {
        printf("skipped: io_uring is not to be had here: %s\n", strerror(-result));
        return 77;
    }
    int fd = feed_start(argc > 1 ? argv[1] : "sleep");
    do {
        struct io_uring_sqe *entry = io_uring_get_sqe(&ring);
        io_uring_prep_poll_add(entry, fd, POLLIN);
        feed_check(io_uring_submit(&ring) == 1, "submit");
        feed_check(io_uring_wait_cqe(&ring, &done) == 0 && done->res > 0, "wait");
        io_uring_cqe_seen(&ring, done);
    } while (feed_take());
    io_uring_queue_exit(&ring);
    return 0;
}
