/* SPDX-License-Identifier: MIT
 *
 * Handlers on an alternate stack that leaves them 5 KiB beside the processor's state, what 8 KiB
 * (SIGSTKSZ for decades) leave with AVX-512, and nothing below it. The first calls of the process,
 * through a library that nobody called before, and calls that block and whose target is looked up
 * are made there: there is room for them bare, so there must be observed.
 *
 *   small_signal_stack LIBRARY
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "truth.h"

#define ROOM 5120u
#define PAGE 4096u

static int zero;
static int ends[2];
static int (*plugin_read)(int, int);

static void *write_late(void *arg)
{
    struct timespec moment = {0, 20000000};
    nanosleep(&moment, NULL);
    truth_check(write(ends[1], "x", 1) == 1);
    return arg;
}

static void make_calls(int signal)
{
    char byte;
    (void)signal;
    if (plugin_read(zero, 3) != 3 || read(ends[0], &byte, 1) != 1)
        _exit(9);
}

static volatile uintptr_t handler_frame;

static void measure(int signal)
{
    (void)signal;
    handler_frame = (uintptr_t)__builtin_frame_address(0);
}

/* Runs the handler on an alternate stack of this size, with a page that nobody may touch below.
 * What is left of the stack above the handler's frame. */
static size_t take_signal_on(size_t size, void (*handler)(int))
{
    size_t pages = (size + PAGE - 1) / PAGE * PAGE;
    char *base = mmap(NULL, PAGE + pages, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t alternate = {.ss_sp = base + PAGE, .ss_size = size};
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    truth_check(base != MAP_FAILED && mprotect(base + PAGE, pages, PROT_READ | PROT_WRITE) == 0);
    truth_check(sigaltstack(&alternate, NULL) == 0);
    truth_check(sigaction(SIGUSR1, &action, NULL) == 0);
    raise(SIGUSR1);
    return (uintptr_t)base + PAGE + size - handler_frame;
}

static void take_signal(void)
{
    size_t state = take_signal_on(256u << 10, measure);
    take_signal_on((state + ROOM + 15) & ~(size_t)15, make_calls);
}

static void *in_thread(void *arg)
{
    take_signal();
    return arg;
}

static void round_of(void *(*body)(void *))
{
    pthread_t writer;
    pthread_t thread;
    truth_check(pthread_create(&writer, NULL, write_late, NULL) == 0);
    if (body) {
        truth_check(pthread_create(&thread, NULL, body, NULL) == 0);
        pthread_join(thread, NULL);
    } else {
        take_signal();
    }
    pthread_join(writer, NULL);
}

int main(int argc, char **argv)
{
    truth_check(argc == 2);
    void *library = dlopen(argv[1], RTLD_NOW);
    void *symbol = library ? dlsym(library, "plugin_read") : NULL;
    memcpy(&plugin_read, &symbol, sizeof symbol);
    FILE *file = fopen("/dev/zero", "r"); /* passes no wrapper */
    zero = fileno(file);
    truth_check(pipe(ends) == 0);
    round_of(NULL);
    round_of(in_thread);
    truth_expect("calls read == 8");
    truth_expect("event read 1 0 pipe >= 15");
    return 0;
}
