/* SPDX-License-Identifier: MIT
 *
 * What a program can see of itself that a guest could change: its fds, threads, signal handlers and
 * masks, its environment and that of its children. Printed at the start and again after calls, some
 * of which blocked.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

extern char **environ;

static void print_status(void)
{
    static const char *const fields[] = {"Threads", "SigPnd",  "ShdPnd",     "SigBlk", "SigIgn",
                                         "SigCgt",  "Seccomp", "NoNewPrivs", "FDSize"};
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (!strncmp(line, fields[i], strlen(fields[i])) && line[strlen(fields[i])] == ':')
                fputs(line, stdout);
    if (file)
        fclose(file);
}

static void print_fds(void)
{
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    int count = 0;
    while (directory && (entry = readdir(directory)))
        count += entry->d_name[0] != '.';
    if (directory)
        closedir(directory);
    int lowest = dup(0);
    printf("fds %d lowest free %d\n", count - 1, lowest);
    close(lowest);
}

static void print_limits(void)
{
    for (int i = 0; i < RLIMIT_NLIMITS; i++) {
        struct rlimit limit = {0, 0};
        getrlimit((__rlimit_resource_t)i, &limit);
        printf("limit %d %lu %lu\n", i, (unsigned long)limit.rlim_cur,
               (unsigned long)limit.rlim_max);
    }
}

static void print_self(void)
{
    print_fds();
    print_status();
    print_limits();
    for (char **entry = environ; *entry; entry++)
        printf("%.*s\n", (int)strcspn(*entry, "="), *entry);
    printf("umask %o\n", umask(022));
}

static void print_children(void)
{
    char line[4096];
    fflush(stdout);
    FILE *child = popen("env; ls /proc/self/fd | wc -l", "r");
    while (child && fgets(line, sizeof line, child))
        if (strncmp(line, "PWD=", 4) != 0)
            fputs(line, stdout);
    if (child)
        printf("status %d\n", pclose(child));
}

int main(void)
{
    char byte;
    int zero = -1;
    struct timespec moment = {0, 2000000};
    print_self();
    zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < 1000; i++)
        truth_check(read(zero, &byte, 1) == 1);
    for (int i = 0; i < 10; i++)
        truth_check(nanosleep(&moment, NULL) == 0);
    close(zero);
    print_self();
    print_children();
    truth_expect("calls read >= 1000");
    return 0;
}
