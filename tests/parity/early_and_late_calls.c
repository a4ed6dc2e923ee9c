/* SPDX-License-Identifier: MIT
 *
 * Calls before the preload's constructor and after its destructor work and are counted, as are
 * those of atexit handlers; an end without clean-up loses none.
 *
 *   early_and_late_calls return | _exit | killed
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "truth.h"

#define READS 50
#define EARLY 100 /* in the library's constructor */
#define LATE  100 /* in its destructor */
#define LOCKS 10  /* in either */

int early_and_late_ready(void);

static int zero;

static void read_times(void)
{
    char byte;
    for (int i = 0; i < READS; i++)
        truth_check(read(zero, &byte, 1) == 1);
}

int main(int argc, char **argv)
{
    const char *end = argc > 1 ? argv[1] : "return";
    truth_check(early_and_late_ready());
    zero = open("/dev/zero", O_RDONLY);
    atexit(read_times);
    read_times();
    int returns = !strcmp(end, "return");
    truth_expect("calls read == %d", EARLY + READS + (returns ? READS + LATE : 0));
    truth_expect("locks == %d", LOCKS + (returns ? LOCKS : 0));
    truth_expect("finished == %d", returns);
    if (!strcmp(end, "killed"))
        printf("ends with 137\n");
    fflush(stdout);
    if (!strcmp(end, "_exit"))
        _exit(7);
    if (!strcmp(end, "killed"))
        raise(SIGKILL);
    return 7;
}
