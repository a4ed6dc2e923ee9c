/* SPDX-License-Identifier: MIT
 *
 * seteuid on another thread, which libc tells every thread by a signal of its own: a poll ends or
 * goes on as bare, and what the caller may open afterwards is what the new user may. Bare it ends:
 * libc's signal comes to the thread that polls as well, and so the EINTR of a worker's poll is its
 * caller's. Workers that block libc's signal keep seteuid waiting for ever.
 */
#include "parity.h"

#include <poll.h>
#include <sys/stat.h>

static int ends[2];

static void *change_user(void *unused)
{
    (void)unused;
    truth_check(parity_await(SYS_poll, -1));
    truth_check(seteuid(65534) == 0);
    parity_raw(SYS_write, ends[1], (long)"x", 1, 0);
    return NULL;
}

int main(void)
{
    if (geteuid() != 0)
        truth_skip("needs root to change the user");
    struct pollfd set = {.fd = -1};
    truth_check(pipe(ends) == 0);
    int fd = open("secret", O_CREAT | O_RDWR, 0600);
    truth_check(fd >= 0 && close(fd) == 0);
    pthread_t thread = parity_start(change_user, NULL);
    parity_say("poll", poll(&set, 1, 300));
    pthread_join(thread, NULL);
    parity_say("open", open("secret", O_RDONLY));
    truth_check(seteuid(0) == 0);
    parity_say("access", access("secret", R_OK));
    return 0;
}
