/* SPDX-License-Identifier: MIT
 *
 * After the program gave up its rights or its root directory no file of ours can be opened any
 * more, and nothing needs one: calls of old and new threads and of a child are counted as before.
 *
 *   privileges_dropped setuid | chroot
 */
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define READS  500
#define NOBODY 65534

static int zero;

static void *make_calls(void *arg)
{
    char byte;
    struct timespec moment = {0, 300000};
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
    truth_check(nanosleep(&moment, NULL) == 0);
    return arg;
}

static void drop(const char *what)
{
    if (geteuid() != 0)
        truth_skip("needs root to drop");
    if (!strcmp(what, "chroot")) {
        truth_check(mkdir("empty", 0755) == 0);
        truth_check(chroot("empty") == 0 && chdir("/") == 0);
    }
    truth_check(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}

int main(int argc, char **argv)
{
    pthread_t threads[4];
    int status = -1;
    zero = open("/dev/zero", O_RDONLY);
    make_calls(NULL);
    drop(argc > 1 ? argv[1] : "setuid");
    for (int i = 0; i < 4; i++)
        truth_check(pthread_create(&threads[i], NULL, make_calls, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        make_calls(NULL);
        _exit(0);
    }
    truth_check(waitpid(child, &status, 0) == child && status == 0);
    truth_expect("calls read == %d", 6 * READS);
    truth_expect("child-calls read == %d", READS);
    truth_expect("calls nanosleep == 6");
    return 0;
}
