/* SPDX-License-Identifier: MIT
 *
 * A library whose RUNPATH, and nobody else's, leads to a plug-in: whoever calls dlopen in its place
 * does not find it. dlsym(RTLD_NEXT) and RTLD_DEFAULT look from the caller, too.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

int runpath_finds(void);

int runpath_finds(void)
{
    int found = 0;
    void *library = dlopen("libhidden.so", RTLD_NOW | RTLD_LOCAL);
    void *again = dlmopen(LM_ID_BASE, "libhidden.so", RTLD_NOW | RTLD_LOCAL);
    found |= library != NULL ? 1 : 0;
    found |= again != NULL ? 2 : 0;
    found |= library && dlsym(library, "plugin_read") ? 4 : 0;
    int (*itself)(void) = NULL;
    void *symbol = library ? dlsym(library, "plugin_finds_itself") : NULL;
    memcpy(&itself, &symbol, sizeof symbol);
    int finds_itself = itself && itself();
    found |= library && dlclose(library) == 0 ? 8 : 0;
    found |= again && dlclose(again) == 0 ? 16 : 0;
    found |= dlsym(RTLD_NEXT, "runpath_finds") == NULL ? 32 : 0;
    found |= dlsym(RTLD_NEXT, "read") != NULL ? 64 : 0;
    found |= dlvsym(RTLD_DEFAULT, "read", "GLIBC_2.2.5") != NULL ? 128 : 0;
    found |= dlvsym(RTLD_NEXT, "read", "GLIBC_2.2.5") != NULL ? 256 : 0;
    found |= dlvsym(RTLD_NEXT, "read", "GLIBC_2.99") == NULL ? 512 : 0;
    found |= finds_itself ? 1024 : 0;
    return found;
}
