/* SPDX-License-Identifier: MIT
 *
 * The first thread leaves by pthread_exit and the process ends when the last of the program's own
 * threads does, with status 0: workers do not keep it alive.
 */
#include "parity.h"

static int ends[2];

static void *work_on(void *main_thread)
{
    char byte = 'x';
    pthread_join(*(pthread_t *)main_thread, NULL);
    parity_say("write", write(ends[1], &byte, 1));
    parity_say("read", read(ends[0], &byte, 1));
    return NULL;
}

int main(void)
{
    static pthread_t self;
    self = pthread_self();
    parity_warm_up();
    truth_check(pipe(ends) == 0);
    parity_start(work_on, &self);
    pthread_exit(NULL);
}
