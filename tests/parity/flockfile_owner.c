/* SPDX-License-Identifier: MIT
 *
 * The thread that holds a FILE's lock calls stdio functions on it: they take it again, for it is
 * theirs. Another thread would wait for it for ever.
 */
#include "parity.h"

int main(void)
{
    char line[32] = "";
    parity_warm_up();
    FILE *file = fopen("text", "w+");
    truth_check(file);
    flockfile(file);
    parity_say("fputs", fputs("one\ntwo\n", file) >= 0);
    parity_say("fflush", fflush(file));
    rewind(file);
    printf("fgets: %s", fgets(line, sizeof line, file));
    printf("fgetc: %c\n", fgetc(file));
    funlockfile(file);
    parity_say("fclose", fclose(file));
    return 0;
}
