/* SPDX-License-Identifier: MIT
 *
 * A program with a start-up and a load whose calls are known: 1,000 pread calls by main and by each
 * of 60 threads that end, then 777 by main and by each of 50 threads of the same name. More threads
 * than keep a place of their own in the trace. It says "ready", waits for a byte, does its load,
 * says "done" and waits for the end of its input.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

enum { STARTUP_CALLS = 1000, STARTUP_THREADS = 60, LOAD_CALLS = 777, LOAD_THREADS = 50 };

static int file;

__attribute__((noinline)) static void start_up(void)
{
    char byte;
    for (int i = 0; i < STARTUP_CALLS; i++)
        if (pread(file, &byte, 1, 0) != 1)
            _exit(3);
}

__attribute__((noinline)) static void load(void)
{
    char byte;
    for (int i = 0; i < LOAD_CALLS; i++)
        if (pread(file, &byte, 1, 0) != 1)
            _exit(3);
}

static void *one(void *phase)
{
    if (phase)
        load();
    else
        start_up();
    return NULL;
}

static void run_threads(int count, void *phase)
{
    for (int i = 0; i < count; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, one, phase) != 0)
            _exit(4);
        pthread_join(thread, NULL);
    }
}

static void say(const char *word)
{
    puts(word);
    fflush(stdout);
}

int main(void)
{
    char byte;
    file = open("/proc/self/exe", O_RDONLY);
    start_up();
    run_threads(STARTUP_THREADS, NULL);
    say("ready");
    if (read(STDIN_FILENO, &byte, 1) != 1)
        return 1;
    load();
    run_threads(LOAD_THREADS, &byte);
    say("done");
    return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 2;
}
