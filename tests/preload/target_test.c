/* SPDX-License-Identifier: MIT
 *
 * What an fd is called, and that a name never outlives its file.
 */
#include "support.h"

#include "target.h"
#include "trace.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char *name(int fd)
{
    uint32_t id = target_of(fd);
    return id ? ((const struct trace_string *)trace_at(id))->text : "";
}

static int listening(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    bind(fd, (struct sockaddr *)address, sizeof *address);
    listen(fd, 4);
    getsockname(fd, (struct sockaddr *)address, &length);
    return fd;
}

Test(target, names_by_kind)
{
    trace_for_test(4 << 20);
    int ends[2], pair[2];
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_str_eq(name(ends[0]), "pipe");
    cr_assert_str_eq(name(pair[0]), "unix");
    cr_assert_str_eq(name(eventfd(0, 0)), "eventfd");
    cr_assert_str_eq(name(epoll_create1(0)), "eventpoll");
    cr_assert_str_eq(name(open("/dev/null", O_RDONLY)), "dev:/dev/null");
    cr_assert_str_eq(name(open("/etc", O_RDONLY | O_DIRECTORY)), "dir:/etc");
    cr_assert_str_eq(name(open("/etc/passwd", O_RDONLY)), "file:/etc/passwd");
    cr_assert_str_eq(name(-1), "");
    cr_assert_str_eq(name(999), "");
}

Test(target, tcp_is_named_by_peer_and_listener)
{
    trace_for_test(4 << 20);
    struct sockaddr_in address;
    char peer[64], listener[80];
    int server = listening(&address);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(peer, sizeof peer, "tcp:127.0.0.1:%u", ntohs(address.sin_port));
    snprintf(listener, sizeof listener, "listen:%s", peer);
    cr_assert_str_eq(name(client), peer);
    cr_assert_str_eq(name(server), listener);
    uint32_t id = target_of_address(client, (struct sockaddr *)&address, sizeof address);
    cr_assert_str_eq(((const struct trace_string *)trace_at(id))->text, peer);
}

Test(target, connection_is_named_when_it_is_there)
{
    trace_for_test(4 << 20);
    struct sockaddr_in address;
    char peer[64];
    listening(&address);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_str_eq(name(client), "");
    cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0);
    snprintf(peer, sizeof peer, "tcp:127.0.0.1:%u", ntohs(address.sin_port));
    cr_assert_str_eq(name(client), peer);
}

Test(target, abstract_unix_address_is_printable)
{
    trace_for_test(4 << 20);
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "\0shunt-test"};
    uint32_t id = target_of_address(0, (struct sockaddr *)&address, sizeof(sa_family_t) + 11);
    cr_assert_str_eq(((const struct trace_string *)trace_at(id))->text, "unix:@shunt-test");
}

Test(target, short_address_is_refused)
{
    trace_for_test(4 << 20);
    struct sockaddr_in address = {.sin_family = AF_INET};
    cr_assert_eq(target_of_address(0, (struct sockaddr *)&address, 4), 0u);
    cr_assert_eq(target_of_address(0, NULL, 16), 0u);
}

/* dup2 over a known number passes no wrapper of ours: the inode tells. */
Test(target, reused_number_gets_the_new_name)
{
    trace_for_test(4 << 20);
    int fd = open("/etc/passwd", O_RDONLY);
    cr_assert_str_eq(name(fd), "file:/etc/passwd");
    int other = open("/etc/hostname", O_RDONLY);
    cr_assert_eq(dup2(other, fd), fd);
    cr_assert_str_eq(name(fd), "file:/etc/hostname");
}

Test(target, closing_names_what_is_known_only)
{
    trace_for_test(4 << 20);
    int fd = open("/etc/passwd", O_RDONLY);
    cr_assert_eq(target_closing(fd), 0u);
    uint32_t id = target_of(fd);
    cr_assert_eq(target_closing(fd), id);
    cr_assert_eq(target_closing(fd), 0u);
}

Test(target, only_blocking_fds_without_limit_wait_for_good)
{
    trace_for_test(4 << 20);
    int pair[2], ends[2];
    struct timeval limit = {.tv_sec = 5};
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    cr_assert_eq(pipe(ends), 0);
    cr_assert(target_unbounded(pair[0]));
    cr_assert(target_unbounded(ends[0]));
    cr_assert_not(target_unbounded(open("/etc/passwd", O_RDONLY)));
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    cr_assert_not(target_unbounded(pair[0]));
    setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    cr_assert_not(target_unbounded(pair[1]));
}
