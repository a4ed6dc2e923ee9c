/* SPDX-License-Identifier: MIT
 *
 * A program on State Threads of which some threads make libc calls that block: nobody told them of
 * st_usleep. One thread counts how often it comes to run meanwhile.
 */
#include "adapter.h"

#include <netdb.h>
#include <st.h>
#include <stdio.h>
#include <unistd.h>

enum { SLEEPERS = 3 };

static int working = SLEEPERS + 1;
static long ticks;

static void *sleep_a_while(void *unused)
{
    adapter_enter();
    usleep(500000);
    working--;
    return unused;
}

static void *look_up(void *name)
{
    struct addrinfo *found = NULL;
    adapter_enter();
    if (getaddrinfo(name, NULL, NULL, &found) == 0)
        freeaddrinfo(found);
    working--;
    return NULL;
}

static void *tick(void *unused)
{
    for (; working; ticks++)
        st_usleep(10000);
    return unused;
}

int main(void)
{
    if (st_init() != 0)
        return 1;
    adapter_start();
    st_thread_create(tick, NULL, 0, 0);
    for (int i = 0; i < SLEEPERS; i++)
        st_thread_create(sleep_a_while, NULL, 0, 0);
    st_thread_create(look_up, "localhost", 0, 0);
    while (working)
        st_usleep(10000);
    printf("%ld ticks\n", ticks);
    return 0;
}
