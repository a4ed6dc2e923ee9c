/* SPDX-License-Identifier: MIT
 *
 * Two plug-ins are loaded and unloaded in turn, and get the same addresses. Their calls are told
 * apart, and each leaving is recorded.
 *
 *   dlclose_reuse FIRST SECOND
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>

#include "truth.h"

#define LOADS 10

static int zero;
static volatile int work;

TRUTH_RANGE(load);

/* Returns where the plug-in was. */
TRUTH(load) static void *load(const char *path, int times)
{
    int (*plugin_read)(int, int);
    void *library = dlopen(path, RTLD_NOW);
    void *symbol = library ? dlsym(library, "plugin_read") : NULL;
    if (!symbol) {
        truth_check(!"the plug-in loads");
        return NULL;
    }
    memcpy(&plugin_read, &symbol, sizeof symbol);
    truth_check(plugin_read(zero, times) == times);
    truth_check(dlclose(library) == 0);
    work++;
    return symbol;
}

int main(int argc, char **argv)
{
    int reused = 0;
    truth_check(argc == 3);
    zero = open("/dev/zero", O_RDONLY);
    for (int i = 0; i < LOADS; i++)
        reused += load(argv[1], 30) == load(argv[2], 7);
    truth_tell(load);
    printf("reused %s\n", reused ? "often" : "never");
    truth_expect("chain read libfirst.so<libfirst.so<load == %d", LOADS * 30);
    truth_expect("chain read libsecond.so<libsecond.so<load == %d", LOADS * 7);
    truth_expect("unloaded libfirst.so == %d", LOADS);
    truth_expect("unloaded libsecond.so == %d", LOADS);
    truth_expect("calls read == %d", LOADS * 37);
    return 0;
}
