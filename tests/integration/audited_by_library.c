/* SPDX-License-Identifier: MIT
 *
 * Twenty polls on two threads, through a PLT that is bound lazily.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

enum { POLLS = 10 };

static void *ten_polls(void *argument)
{
    for (int i = 0; i < POLLS; i++)
        poll(NULL, 0, 1);
    return argument;
}

int main(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, ten_polls, NULL) != 0)
        return 1;
    ten_polls(NULL);
    pthread_join(thread, NULL);
    puts("done");
    return 0;
}
