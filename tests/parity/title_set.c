/* SPDX-License-Identifier: MIT
 *
 * A server that shows a title in ps: it moves its environment away and writes over the strings that
 * the kernel gave it, as far as they lie one behind the other. There is as much room as bare, and a
 * child that it starts afterwards has its environment and is observed.
 *
 *   title_set           the server
 *   title_set child     what it starts
 */
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

extern char **environ;

static void read_times(int times)
{
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < times; i++)
        truth_check(read(zero, &byte, 1) == 1);
    close(zero);
}

/* The end of the strings of arguments and environment that follow each other; says how many. */
static char *end_of_area(int argc, char **argv)
{
    char *end = argv[0];
    int entries = 0;
    for (int i = 0; i < argc; i++)
        if (end == argv[i])
            end += strlen(argv[i]) + 1;
    for (char **entry = environ; *entry; entry++)
        if (end == *entry) {
            end += strlen(*entry) + 1;
            entries++;
        }
    printf("%d entries in the area\n", entries);
    return end;
}

static void move_environment(void)
{
    static char *moved[512];
    int n = 0;
    for (char **entry = environ; *entry && n < 511; entry++)
        moved[n++] = strdup(*entry);
    environ = moved;
}

static void print_environment(void)
{
    for (char **entry = environ; *entry; entry++)
        printf("%.*s\n", (int)strcspn(*entry, "="), *entry);
}

int main(int argc, char **argv)
{
    char self[256] = "";
    int status = -1;
    read_times(10);
    if (argc > 1) {
        print_environment();
        return 0;
    }
    truth_check(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    char *end = end_of_area(argc, argv);
    size_t room = (size_t)(end - argv[0]);
    move_environment();
    memset(argv[0], 0, room);
    snprintf(argv[0], room, "title: idle");
    read_times(10);
    print_environment();
    truth_expect("calls read >= 30");
    truth_expect("traces == 3");
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        execl(self, self, "child", (char *)NULL);
        _exit(9);
    }
    truth_check(waitpid(child, &status, 0) == child && status == 0);
    fflush(stdout);
    if (system("exit 3") != 3 << 8)
        printf("wrong: system\n");
    return 0;
}
