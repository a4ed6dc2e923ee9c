/* SPDX-License-Identifier: MIT
 *
 * A plug-in that is loaded with RTLD_DEEPBIND finds libc before us, and so passes us by. It works
 * as bare, when it is closed as well, and what the program itself calls is counted.
 *
 *   deepbind LIBRARY
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "truth.h"

#define ROUNDS 5
#define READS  20

int main(int argc, char **argv)
{
    char byte;
    int zero = open("/dev/zero", O_RDONLY);
    truth_check(argc == 2);
    for (int round = 0; round < ROUNDS; round++) {
        int (*plugin_read)(int, int) = NULL;
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
        void *symbol = library ? dlsym(library, "plugin_read") : NULL;
        memcpy(&plugin_read, &symbol, sizeof symbol);
        truth_check(plugin_read && plugin_read(zero, READS) == READS);
        for (int i = 0; i < READS; i++)
            truth_check(read(zero, &byte, 1) == 1);
        truth_check(library && dlclose(library) == 0);
    }
    truth_expect("calls read >= %d", ROUNDS * READS);
    truth_expect("calls read <= %d", 2 * ROUNDS * READS);
    return 0;
}
