/* SPDX-License-Identifier: MIT
 *
 * Twenty polls on two threads, one after the other, through a PLT that is bound lazily: the loader
 * and the auditor are not asked for more than they promise to threads that bind at once.
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
    pthread_join(thread, NULL);
    ten_polls(NULL);
    puts("done");
    return 0;
}
