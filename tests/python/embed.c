/* SPDX-License-Identifier: MIT
 *
 * embed LIBRARY FILE [sealed|twice|unloaded]: a program that opens CPython's library with
 * RTLD_LOCAL, as a plugin would, and runs a little Python in it, which writes down its calls.
 *
 *   sealed   a filter of system calls, which forbids nothing, is installed before
 *   twice    the interpreter is finalized and started again in between
 *   unloaded once it is finalized, the library is unloaded while a thread makes calls
 */
#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int (*run)(const char *);
static int (*ensure)(void);
static void (*release)(int);
static void *(*save)(void);
static void (*restore)(void *);

static const char *const functions[] = {
    "Py_Initialize",      "Py_FinalizeEx",     "PyRun_SimpleString",  "PyGILState_Ensure",
    "PyGILState_Release", "PyEval_SaveThread", "PyEval_RestoreThread"};

static void seal(void)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static void *begin(void *argument)
{
    int state = ensure();
    run("work(2)\n");
    release(state);
    return argument;
}

static void use(const char *program)
{
    pthread_t thread;
    run(program);
    run("work(0)\nwork(5)\n");
    void *state = save();
    pthread_create(&thread, NULL, begin, NULL);
    pthread_join(thread, NULL);
    restore(state);
    run("work(1)\n");
}

static atomic_long calls;
static atomic_int unloaded;

static void *make_calls(void *argument)
{
    while (!unloaded)
        calls += close(-1) == -1;
    return argument;
}

static void unload(void *library, const void *function)
{
    enum { FIRST = 1000 };
    pthread_t thread;
    Dl_info info;
    pthread_create(&thread, NULL, make_calls, NULL);
    while (calls < FIRST)
        usleep(100);
    int result = dlclose(library);
    unloaded = 1;
    pthread_join(thread, NULL);
    printf("%d %d\n", result, dladdr(function, &info));
}

int main(int argc, char **argv)
{
    char first[1024], last[1024];
    void *library = argc > 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    void *found[sizeof functions / sizeof *functions];
    const char *how = argc > 3 ? argv[3] : "";
    for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++)
        if (!library || !(found[i] = dlsym(library, functions[i]))) {
            printf("%s\n", dlerror());
            return 1;
        }
    void (*initialize)(void);
    int (*finalize)(void);
    *(void **)&initialize = found[0];
    *(void **)&finalize = found[1];
    *(void **)&run = found[2];
    *(void **)&ensure = found[3];
    *(void **)&release = found[4];
    *(void **)&save = found[5];
    *(void **)&restore = found[6];
    if (!strcmp(how, "sealed"))
        seal();

    const char *program = "from noted import *\n"
                          "def work(depth):\n"
                          "    if depth:\n"
                          "        return work(depth - 1)\n"
                          "    for _ in range(100):\n"
                          "        note(), free(ZERO, 1, 0)\n";
    snprintf(first, sizeof first, "save('%s.0')\n", argv[2]);
    snprintf(last, sizeof last, "save('%s.1')\n", argv[2]);
    initialize();
    use(program);
    run(first);
    if (!strcmp(how, "twice")) {
        int first_end = finalize();
        initialize();
        use(program);
        run(last);
        printf("%d ", first_end);
    }
    printf("%d\n", finalize());
    if (!strcmp(how, "unloaded"))
        unload(library, found[0]);
    return 0;
}
