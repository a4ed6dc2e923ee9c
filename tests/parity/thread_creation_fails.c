/* SPDX-License-Identifier: MIT
 *
 * No thread can be made: calls work as before.
 *
 *   thread_creation_fails processes | memory | filter     what forbids it
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "parity.h"

#define NOBODY 65534

static void limit(int which, rlim_t value)
{
    struct rlimit both = {value, value};
    truth_check(setrlimit(which, &both) == 0);
}

static void forbid_clone(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    truth_check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    truth_check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void forbid(const char *how)
{
    if (!strcmp(how, "processes")) {
        if (geteuid() != 0)
            truth_skip("RLIMIT_NPROC counts the user's processes: root becomes a user with none");
        limit(RLIMIT_NPROC, 1);
        truth_check(setresuid(NOBODY - 7, NOBODY - 7, NOBODY - 7) == 0);
    } else if (!strcmp(how, "memory")) {
        limit(RLIMIT_AS, 1 << 20); /* less than there is: nothing can be mapped any more */
    } else {
        forbid_clone();
    }
}

static void *idle(void *unused)
{
    return unused;
}

int main(int argc, char **argv)
{
    char byte = 'x';
    int ends[2];
    pthread_t thread;
    setvbuf(stdout, NULL, _IONBF, 0);
    truth_check(pipe(ends) == 0);
    forbid(argc > 1 ? argv[1] : "");
    printf("thread: %s\n", pthread_create(&thread, NULL, idle, NULL) ? "none" : "made");
    for (int i = 0; i < 3; i++) {
        parity_say("write", write(ends[1], &byte, 1));
        parity_say("read", read(ends[0], &byte, 1));
    }
    parity_say("open", open("missing", O_RDONLY));
    return 0;
}
