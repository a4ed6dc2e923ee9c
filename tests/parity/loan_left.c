/* SPDX-License-Identifier: MIT
 *
 * A thread does not come back from system, or another process goes on from the midst of it: either
 * has the environment that it would have bare, then and later.
 *
 *   loan_left cancel      the thread is cancelled
 *   loan_left fork        another thread forks meanwhile
 *   loan_left handler     its own signal handler does
 */
#include <signal.h>
#include <sys/wait.h>

#include "parity.h"

extern char **environ;

static int gate[2];
static int there[2];
static pthread_t caller;
static volatile sig_atomic_t child = -1;

static void say_environment(const char *who)
{
    printf("%s: ", who);
    for (char **entry = environ; *entry; entry++)
        if (!strncmp(*entry, "LD_", 3) || !strncmp(*entry, "SHUNT_", 6))
            printf("%.*s ", (int)strcspn(*entry, "="), *entry);
    printf("%s\n", getenv("MINE"));
    fflush(stdout);
}

/* A shell that says it is there and reads a line from the gate. */
static int call_system(void)
{
    char command[64];
    snprintf(command, sizeof command, "echo >&%d; read line <&%d", there[1], gate[0]);
    return system(command);
}

static void wait_for_shell(void)
{
    char line;
    truth_check(read(there[0], &line, 1) == 1);
    truth_check(parity_await(SYS_wait4, -1));
}

static void *run_system(void *arg)
{
    truth_check(call_system() == 0);
    return arg;
}

static void open_gate(void)
{
    truth_check(write(gate[1], "\n", 1) == 1);
}

static void be_child(void)
{
    say_environment("child");
    setenv("MINE", "2", 1);
    truth_check(system("exit 7") == 7 << 8);
    say_environment("child, later");
    _exit(3);
}

static void wait_for_child(void)
{
    int status = -1;
    truth_check(waitpid((pid_t)child, &status, 0) == child && status == 3 << 8);
}

static void cancel_it(void)
{
    void *result = NULL;
    pthread_t thread = parity_start(run_system, NULL);
    wait_for_shell();
    truth_check(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
    truth_check(result == PTHREAD_CANCELED);
}

static void fork_beside_it(void)
{
    pthread_t thread = parity_start(run_system, NULL);
    wait_for_shell();
    if ((child = fork()) == 0)
        be_child();
    wait_for_child();
    open_gate();
    pthread_join(thread, NULL);
}

static void fork_here(int signal)
{
    (void)signal;
    child = fork();
    if (child == 0)
        say_environment("child, in the handler");
}

static void *signal_caller(void *arg)
{
    wait_for_shell();
    truth_check(pthread_kill(caller, SIGUSR1) == 0);
    while (child < 0)
        parity_pause();
    open_gate();
    return arg;
}

static void fork_within_it(void)
{
    caller = pthread_self();
    signal(SIGUSR1, fork_here);
    pthread_t thread = parity_start(signal_caller, NULL);
    int result = call_system();
    if (child == 0)
        be_child(); /* its waitpid had no child to wait for */
    truth_check(result == 0);
    pthread_join(thread, NULL);
    wait_for_child();
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "cancel";
    truth_check(pipe(gate) == 0 && pipe(there) == 0);
    setenv("MINE", "1", 1);
    if (!strcmp(way, "cancel"))
        cancel_it();
    else if (!strcmp(way, "fork"))
        fork_beside_it();
    else
        fork_within_it();
    say_environment("parent");
    truth_check(system("exit 7") == 7 << 8);
    say_environment("parent, later");
    truth_expect("traces >= 2");
    return 0;
}
