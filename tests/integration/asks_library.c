/* SPDX-License-Identifier: MIT
 *
 * A library that asks for what comes next before anything of ours has begun.
 */
#include "asks.h"

#include <dlfcn.h>

static void *next_poll;

__attribute__((constructor)) static void start(void)
{
    next_poll = dlsym(RTLD_NEXT, "poll");
}

void *library_poll(void)
{
    return next_poll;
}
