/* SPDX-License-Identifier: MIT
 *
 * Green threads that wait in accept for one socket, which is ready for all of them and one's alone.
 * Who comes too late waits on, and so do its native thread's others not.
 *
 *   accept_rivals taken [shared]     another one takes each connection first, twice
 *   accept_rivals events [shared]    the same for a read of events, which cannot be tried either
 *   accept_rivals greens [shared]    the rivals are green threads
 *   accept_rivals native [shared]    ... and a native thread
 *
 * A socket is shut down when all its connections were accepted, by a green thread.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../parity/parity.h"
#include "rival_library.h"
#include "rounds.h"

enum { GREENS = 4, TURNS = 40, CONNECTIONS = 3, TAKEN = 2 };

static struct sockaddr_in address;
static int listener, accepted, ended, ticks, right_peers;
static int by_native;

static void listen_somewhere(void)
{
    socklen_t size = sizeof address;
    address = (struct sockaddr_in){.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    truth_check(bind(listener, (void *)&address, sizeof address) == 0 && listen(listener, 8) == 0);
    truth_check(getsockname(listener, (void *)&address, &size) == 0);
}

/* For others: from outside of our calls. */
static void connect_once(void)
{
    int fd = (int)parity_raw(SYS_socket, AF_INET, SOCK_STREAM, 0, 0);
    truth_check(parity_raw(SYS_connect, fd, (long)&address, sizeof address, 0) == 0);
    parity_raw(SYS_close, fd, 0, 0, 0);
}

static void take_all(void *unused)
{
    struct sockaddr_in peer;
    socklen_t size = sizeof peer;
    int fd;
    (void)unused;
    while ((fd = accept(listener, (void *)&peer, &size)) >= 0) {
        right_peers += peer.sin_addr.s_addr == address.sin_addr.s_addr && size == sizeof peer;
        close(fd);
        __atomic_fetch_add(&accepted, 1, __ATOMIC_ACQ_REL);
    }
    truth_check(errno == EINVAL);
    ended++;
}

static void *take_all_natively(void *unused)
{
    long fd;
    while ((fd = parity_raw(SYS_accept, listener, 0, 0, 0)) >= 0) {
        parity_raw(SYS_close, fd, 0, 0, 0);
        __atomic_fetch_add(&by_native, 1, __ATOMIC_ACQ_REL);
        __atomic_fetch_add(&accepted, 1, __ATOMIC_ACQ_REL);
    }
    return unused;
}

/* Also the one that ends it: nobody does if this thread is stopped. */
static void tick(void *wanted)
{
    while (__atomic_load_n(&accepted, __ATOMIC_ACQUIRE) < *(int *)wanted) {
        rounds_wait(-1, 0, 2000000);
        ticks++;
    }
    shutdown(listener, SHUT_RDWR);
}

static void *connect_all(void *unused)
{
    for (int i = 0; i < CONNECTIONS; i++) {
        connect_once();
        if (i % 2)
            parity_pause();
    }
    return unused;
}

/* Nothing comes for a while after what is taken away. */
static void *connect_slowly(void *unused)
{
    struct timespec moment = {0, 200000000};
    for (int i = 0; i <= TAKEN; i++) {
        connect_once();
        parity_raw(SYS_nanosleep, (long)&moment, 0, 0, 0);
    }
    return unused;
}

static void run_taken(void)
{
    int wanted = 1;
    listen_somewhere();
    rival_library_take(TAKEN);
    pthread_t client = parity_start(connect_slowly, NULL);
    rounds_add(take_all, NULL);
    rounds_add(tick, &wanted);
    rounds_run();
    pthread_join(client, NULL);
    printf("taken away %d, accepted %d, peers told %d\n", rival_library_took(), accepted,
           right_peers);
    printf("others ran meanwhile: %s\n", ticks > 40 ? "yes" : "no");
}

static void *make_events(void *unused)
{
    struct timespec moment = {0, 200000000};
    for (int i = 0; i <= TAKEN; i++) {
        char name[2] = {(char)('a' + i)};
        parity_raw(SYS_nanosleep, (long)&moment, 0, 0, 0);
        truth_check(parity_raw(SYS_mkdir, (long)name, 0700, 0, 0) == 0);
    }
    return unused;
}

static void read_event(void *unused)
{
    _Alignas(struct inotify_event) char event[1024];
    (void)unused;
    truth_check(read(listener, event, sizeof event) > 0);
    printf("read of %s\n", ((struct inotify_event *)event)->name);
    accepted++;
}

static void run_events(void)
{
    int wanted = 1;
    listener = inotify_init();
    truth_check(inotify_add_watch(listener, ".", IN_CREATE) >= 0);
    rival_library_take(TAKEN);
    pthread_t other = parity_start(make_events, NULL);
    rounds_add(read_event, NULL);
    rounds_add(tick, &wanted);
    rounds_run();
    pthread_join(other, NULL);
    printf("taken away %d\n", rival_library_took());
    printf("others ran meanwhile: %s\n", ticks > 40 ? "yes" : "no");
}

static void run_rivals(int native)
{
    int wanted = CONNECTIONS;
    pthread_t rival = 0;
    listen_somewhere();
    accepted = 0;
    pthread_t client = parity_start(connect_all, NULL);
    if (native)
        rival = parity_start(take_all_natively, NULL);
    for (int i = 0; i < GREENS; i++)
        rounds_add(take_all, NULL);
    rounds_add(tick, &wanted);
    rounds_run();
    pthread_join(client, NULL);
    if (native)
        pthread_join(rival, NULL);
    truth_check(accepted == CONNECTIONS);
    close(listener);
}

int main(int argc, char **argv)
{
    rounds_announce();
    if (argc > 2)
        rounds_share_stack();
    if (argc > 1 && !strcmp(argv[1], "taken")) {
        run_taken();
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "events")) {
        run_events();
        return 0;
    }
    for (int i = 0; i < TURNS; i++)
        run_rivals(argc > 1 && !strcmp(argv[1], "native"));
    printf("ended %d, all peers told %d\n", ended, right_peers + by_native == TURNS * CONNECTIONS);
    return 0;
}
