/* SPDX-License-Identifier: MIT
 *
 * Several threads are in system at once, and one starts, with the environment as it finds it, a
 * program that cannot take us: nobody takes another's environment away, and the program sees what
 * it would see bare.
 *
 *   lent_environment PROGRAM      which prints names of its environment
 */
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"

#define THREADS 4
#define ROUNDS  25

extern char **environ;

static atomic_int inside;

static void *call_system(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        inside++;
        truth_check(system("exit 7") == 7 << 8);
        inside--;
    }
    return arg;
}

static void start(char *path)
{
    char *arguments[] = {path, NULL};
    int status = -1;
    pid_t child = -1;
    truth_check(posix_spawn(&child, path, NULL, NULL, arguments, environ) == 0);
    truth_check(waitpid(child, &status, 0) == child && status == 3 << 8);
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    truth_check(argc == 2);
    setenv("MINE", "1", 1);
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_create(&threads[i], NULL, call_system, NULL) == 0);
    for (int i = 0; i < ROUNDS; i++)
        start(argv[1]);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    start(argv[1]);
    truth_expect("traces >= 2");
    truth_expect("gaps == %d", ROUNDS + 1);
    for (char **entry = environ; *entry; entry++)
        printf("%.*s\n", (int)strcspn(*entry, "="), *entry);
    return 0;
}
