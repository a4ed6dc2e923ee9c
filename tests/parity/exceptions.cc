/* SPDX-License-Identifier: MIT
 *
 * Ways out of a call that pass its wrapper by: exceptions thrown in callbacks and plug-ins, threads
 * that end or are cancelled in a callback, longjmp. Handlers and destructors run as bare, and every
 * call afterwards is counted, none of them as if it were part of the call that was left.
 *
 *   exceptions PLUGIN STATIC_PLUGIN
 */
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <cxxabi.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fts.h>
#include <pthread.h>
#include <unistd.h>

static const int reads = 1000;
static int zero;
static jmp_buf out;

struct noisy {
    const char *name;
    ~noisy() { std::printf("destroyed %s\n", name); }
};

static int filter_throws(const struct dirent *entry)
{
    noisy one{"filter"};
    if (entry->d_name[0])
        throw std::runtime_error("thrown in a filter");
    return 1;
}

static int filter_jumps(const struct dirent *)
{
    longjmp(out, 1);
}

static int filter_ends(const struct dirent *)
{
    noisy one{"filter of a thread that ends"};
    pthread_exit(nullptr);
}

static int filter_is_cancelled(const struct dirent *)
{
    noisy one{"filter of a thread that is cancelled"};
    pthread_cancel(pthread_self());
    char byte;
    return (int)read(zero, &byte, 1);
}

static int order_throws(const FTSENT **, const FTSENT **)
{
    throw 42;
}

/* Deeper on the stack than the call that was left, so that a record of it would lie above. */
__attribute__((noinline)) static void calls_afterwards(int depth)
{
    char room[256];
    __asm__ volatile("" : : "r"(room) : "memory");
    if (depth) {
        calls_afterwards(depth - 1);
        return;
    }
    char byte;
    for (int i = 0; i < reads; i++)
        if (read(zero, &byte, 1) != 1)
            std::puts("wrong: read");
}

static void scan(int (*filter)(const struct dirent *))
{
    noisy one{"caller"};
    struct dirent **list = nullptr;
    int n = scandir("/", &list, filter, nullptr);
    std::printf("scandir returned %d\n", n);
}

static void *in_thread(void *filter)
{
    scan(reinterpret_cast<int (*)(const struct dirent *)>(filter));
    return nullptr;
}

static void run_thread(int (*filter)(const struct dirent *))
{
    pthread_t thread;
    void *result = nullptr;
    pthread_create(&thread, nullptr, in_thread, reinterpret_cast<void *>(filter));
    pthread_join(thread, &result);
    std::printf("thread %s\n", result == PTHREAD_CANCELED ? "cancelled" : "ended");
}

static void walk()
{
    char root[] = "/";
    char *paths[] = {root, nullptr};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, order_throws);
    for (int i = 0; tree && i < 3; i++)
        fts_read(tree);
    for (int i = 0; tree && i < 1; i++)
        fts_children(tree, 0);
}

static void plugin(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    auto throws = library ? reinterpret_cast<void (*)(int)>(dlsym(library, "plugin_throws")) : nullptr;
    auto catches = library ? reinterpret_cast<int (*)(int)>(dlsym(library, "plugin_catches")) : nullptr;
    if (!throws || !catches) {
        std::printf("wrong: %s\n", dlerror());
        return;
    }
    std::printf("plug-in caught %d\n", catches(zero));
    try {
        throws(zero);
    } catch (const std::exception &error) {
        std::printf("caught %s\n", error.what());
    } catch (...) {
        std::puts("caught something");
    }
    dlclose(library);
}

int main(int argc, char **argv)
{
    zero = open("/dev/zero", O_RDONLY);
    try {
        scan(filter_throws);
    } catch (const std::exception &error) {
        std::printf("caught %s\n", error.what());
    }
    calls_afterwards(20);
    try {
        walk();
    } catch (int number) {
        std::printf("caught %d\n", number);
    }
    calls_afterwards(20);
    if (setjmp(out) == 0)
        scan(filter_jumps);
    calls_afterwards(20);
    run_thread(filter_ends);
    run_thread(filter_is_cancelled);
    for (int i = 1; i < argc; i++)
        plugin(argv[i]);
    std::printf("expect calls read >= %d\n", 3 * reads + 2 * (argc - 1));
    std::printf("expect nested-ms <= 0.1\n");
    std::printf("expect finished == 1\n");
    return 0;
}
