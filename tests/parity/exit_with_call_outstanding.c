/* SPDX-License-Identifier: MIT
 *
 * The process ends, or becomes another program, while a thread's call never returns: it does so at
 * once and with its own status.
 *
 *   exit_with_call_outstanding return | exit | _exit | exec | quick
 */
#include "parity.h"

static int silent[2];

static void *wait_for_ever(void *unused)
{
    char byte;
    (void)unused;
    printf("read came back: %zd\n", read(silent[0], &byte, 1));
    return NULL;
}

static void at_exit(void)
{
    printf("at exit\n");
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";
    parity_warm_up();
    truth_check(pipe(silent) == 0);
    parity_start(wait_for_ever, NULL);
    truth_check(parity_await(SYS_read, silent[0]));
    atexit(at_exit);
    printf("%s\n", way);
    fflush(stdout);
    if (!strcmp(way, "exit"))
        exit(3);
    if (!strcmp(way, "_exit"))
        _exit(4);
    if (!strcmp(way, "quick"))
        quick_exit(5);
    if (!strcmp(way, "exec"))
        execl("/bin/echo", "echo", "another program", (char *)NULL);
    return 6;
}
