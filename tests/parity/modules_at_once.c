/* SPDX-License-Identifier: MIT
 *
 * Two threads call through a library at the same instant, and nobody called through it before:
 * it is recorded once, under one id, each time that it is loaded.
 *
 *   modules_at_once LIBRARY
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "truth.h"

#define THREADS 2
#define LOADS   400

static int zero;
static atomic_int loaded;
static pthread_barrier_t barrier;
static int (*plugin_read)(int, int);

static void *call_at_once(void *arg)
{
    for (int i = 0; i < LOADS; i++) {
        while (loaded <= i) {
        } /* all at the same instant, and not one after the other as a barrier wakes them */
        truth_check(plugin_read(zero, 5) == 5);
        pthread_barrier_wait(&barrier); /* everybody is out of it */
    }
    return arg;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    truth_check(argc == 2);
    zero = open("/dev/zero", O_RDONLY);
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        truth_check(pthread_create(&threads[i], NULL, call_at_once, NULL) == 0);
    for (int i = 0; i < LOADS; i++) {
        void *library = dlopen(argv[1], RTLD_NOW);
        void *symbol = library ? dlsym(library, "plugin_read") : NULL;
        memcpy(&plugin_read, &symbol, sizeof symbol);
        loaded = i + 1;
        pthread_barrier_wait(&barrier);
        truth_check(dlclose(library) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    truth_expect("calls read == %d", THREADS * LOADS * 5);
    truth_expect("module libfirst.so == %d", LOADS);
    truth_expect("unloaded libfirst.so == %d", LOADS);
    truth_expect("module parity_modules_at_once == 1");
    return 0;
}
