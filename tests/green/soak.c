/* SPDX-License-Identifier: MIT
 *
 * Green threads make calls of all kinds by turns for some seconds: each gets its own bytes, and
 * what lies on its stack beside them stays as it is.
 *
 *   soak SECONDS [shared]
 */
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rounds.h"
#include "truth.h"

enum { GREENS = 16, SIZE = 5000, BESIDE = 64 };

static int64_t end;
static long made, wrong;
static int pairs[GREENS / 2][2];

static void check(int right)
{
    made++;
    wrong += !right;
}

static int is_all(const char *bytes, size_t size, char byte)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte)
            return 0;
    return 1;
}

static void use_file(const char *path, size_t size, char byte)
{
    char buffer[SIZE];
    int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
    memset(buffer, byte, size);
    check(write(fd, buffer, size) == (ssize_t)size);
    memset(buffer, ~byte, sizeof buffer);
    check(pread(fd, buffer, size, 0) == (ssize_t)size && is_all(buffer, size, byte));
    check(is_all(buffer + size, sizeof buffer - size, (char)~byte));
    check(fsync(fd) == 0 && close(fd) == 0);
}

static void use_link(const char *path, int who)
{
    char name[32], text[SIZE];
    snprintf(name, sizeof name, "link.%d", who);
    unlink(name);
    check(symlink(path, name) == 0);
    ssize_t size = readlink(name, text, sizeof text);
    check(size == (ssize_t)strlen(path) && !memcmp(text, path, (size_t)size));
}

static void look_up(void)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
    check(getaddrinfo("127.0.0.1", NULL, &hints, &found) == 0 && found);
    if (found)
        freeaddrinfo(found);
}

static void send_and_poll(int fd, char byte)
{
    char buffer[100];
    struct pollfd set = {.fd = fd, .events = POLLIN};
    check(send(fd, &byte, 1, 0) == 1);
    check(poll(&set, 1, 5) == 0 || recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0);
}

static void select_it(int fd)
{
    struct timeval time = {0, 2000};
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    check(select(fd + 1, &set, NULL, NULL, &time) >= 0);
}

static void look_at_directory(void)
{
    struct stat st = {0};
    check(stat(".", &st) == 0 && S_ISDIR(st.st_mode));
}

static void work(void *number)
{
    int who = (int)(long)number, fd = pairs[who / 2][who % 2];
    unsigned seed = (unsigned)who * 7919 + 1;
    char path[32], beside[BESIDE];
    snprintf(path, sizeof path, "file.%d", who);
    memset(beside, who, sizeof beside);
    while (rounds_now() < end) {
        size_t size = 1 + (size_t)rand_r(&seed) % (SIZE - 1);
        char byte = (char)rand_r(&seed);
        switch (rand_r(&seed) % 7) {
        case 0:
            use_file(path, size, byte);
            break;
        case 1:
            use_link(path, who);
            break;
        case 2:
            look_up();
            break;
        case 3:
            send_and_poll(fd, byte);
            break;
        case 4:
            select_it(fd);
            break;
        case 5:
            look_at_directory();
            break;
        default:
            check(usleep((unsigned)rand_r(&seed) % 3000) == 0);
        }
        check(is_all(beside, sizeof beside, (char)who));
    }
}

int main(int argc, char **argv)
{
    rounds_announce();
    if (argc > 2 && !strcmp(argv[2], "shared"))
        rounds_share_stack();
    for (int i = 0; i < GREENS / 2; i++)
        truth_check(socketpair(AF_UNIX, SOCK_STREAM, 0, pairs[i]) == 0);
    end = rounds_now() + (argc > 1 ? atoi(argv[1]) : 1) * 1000000000ll;
    for (long i = 0; i < GREENS; i++)
        rounds_add(work, (void *)i);
    rounds_run();
    printf("%ld wrong\n", wrong);
    return wrong || made < GREENS;
}
