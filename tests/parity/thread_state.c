/* SPDX-License-Identifier: MIT
 *
 * What a thread has of its own decides what its calls do. Workers that are older than the change do
 * not have it: a root-only file would open, a relative path lead elsewhere, a sandbox be left.
 *
 *   thread_state errno | fsuid | resuid | unshare_fs | unshare_files | locale | resolver | seccomp
 */
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <locale.h>
#include <netdb.h>
#include <resolv.h>
#include <sched.h>
#include <stddef.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <wchar.h>

#include "parity.h"

#define NOBODY 65534

/* Set on failure alone. */
static void with_errno(void)
{
    char byte = 'x';
    int ends[2];
    truth_check(pipe(ends) == 0);
    errno = 77;
    truth_check(write(ends[1], &byte, 1) == 1 && read(ends[0], &byte, 1) == 1);
    printf("errno after success: %d\n", errno);
    parity_say("read of a bad descriptor", read(-1, &byte, 1));
    errno = 0;
    parity_say("open of a missing file", open("missing", O_RDONLY));
}

static void make_private_file(void)
{
    truth_check(close(open("private", O_CREAT | O_WRONLY, 0600)) == 0);
    truth_check(chmod("private", 0600) == 0 && chmod(".", 0755) == 0);
    parity_say("open as root", open("private", O_RDONLY) >= 0 ? 0 : -1);
}

static void with_fsuid(void)
{
    if (geteuid() != 0)
        truth_skip("only root can give up its rights");
    make_private_file();
    setfsuid(NOBODY);
    parity_say("open as nobody", open("private", O_RDONLY) >= 0 ? 0 : -1);
    setfsuid(0);
    parity_say("open as root", open("private", O_RDONLY) >= 0 ? 0 : -1);
}

/* By number: libc does not tell the other threads. */
static void with_resuid(void)
{
    if (geteuid() != 0)
        truth_skip("only root can give up its rights");
    make_private_file();
    truth_check(syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) == 0);
    parity_say("open as nobody", open("private", O_RDONLY) >= 0 ? 0 : -1);
}

/* A thread of its own, so that the rest of the program keeps the directory. */
static void *unshare_fs(void *unused)
{
    (void)unused;
    truth_check(unshare(CLONE_FS) == 0 && chdir("below") == 0);
    parity_say("open below", open("only_below", O_RDONLY) >= 0 ? 0 : -1);
    parity_say("open above", open("only_above", O_RDONLY) >= 0 ? 0 : -1);
    return NULL;
}

static void with_unshare_fs(void)
{
    truth_check(mkdir("below", 0755) == 0);
    truth_check(close(open("only_above", O_CREAT | O_WRONLY, 0644)) == 0);
    truth_check(close(open("below/only_below", O_CREAT | O_WRONLY, 0644)) == 0);
    pthread_join(parity_start(unshare_fs, NULL), NULL);
    parity_say("open above, main", open("only_above", O_RDONLY) >= 0 ? 0 : -1);
}

static void *unshare_files(void *unused)
{
    char byte = 'x';
    int ends[2];
    (void)unused;
    truth_check(unshare(CLONE_FILES) == 0 && pipe(ends) == 0);
    parity_say("write", write(ends[1], &byte, 1));
    parity_say("read", read(ends[0], &byte, 1));
    parity_say("close", close(ends[0]));
    return NULL;
}

static void with_unshare_files(void)
{
    pthread_join(parity_start(unshare_files, NULL), NULL);
}

/* fgetwc decodes by the locale of the thread that calls it. */
static void with_locale(void)
{
    locale_t utf8 = newlocale(LC_ALL_MASK, "C.UTF-8", NULL);
    if (!utf8)
        truth_skip("libc has no C.UTF-8");
    FILE *file = fopen("text", "w");
    truth_check(file && fwrite("\xc3\xa4", 1, 2, file) == 2 && fclose(file) == 0);
    uselocale(utf8);
    file = fopen("text", "r");
    truth_check(file);
    parity_say("fgetwc", (long)(int)fgetwc(file));
    fclose(file);
}

/* A name server that answers one question: there is no such name. */
static void *serve_names(void *fd)
{
    unsigned char packet[512];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(*(int *)fd, packet, sizeof packet, 0, (void *)&from, &size);
    packet[2] |= 0x80; /* an answer */
    packet[3] = 3;     /* NXDOMAIN */
    truth_check(sendto(*(int *)fd, packet, (size_t)length, 0, (void *)&from, size) == length);
    return NULL;
}

static void with_resolver(void)
{
    unsigned char answer[512];
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof name;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    truth_check(bind(fd, (void *)&name, sizeof name) == 0);
    getsockname(fd, (void *)&name, &size);
    truth_check(res_init() == 0);
    _res.nscount = 1;
    _res.nsaddr_list[0] = name;
    _res.retrans = 1;
    _res.retry = 1;
    pthread_t server = parity_start(serve_names, &fd);
    long result = res_query("asked.invalid", 1, 1, answer, sizeof answer);
    printf("res_query: %ld, h_errno %d\n", result, h_errno);
    pthread_join(server, NULL);
}

/* The thread may not open files any more. */
static void with_seccomp(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    parity_say("open before", open("/dev/null", O_RDONLY) >= 0 ? 0 : -1);
    truth_check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    truth_check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
    parity_say("open after", open("/dev/null", O_RDONLY) >= 0 ? 0 : -1);
}

static const struct {
    const char *name;
    void (*run)(void);
} shapes[] = {{"errno", with_errno},
              {"fsuid", with_fsuid},
              {"resuid", with_resuid},
              {"unshare_fs", with_unshare_fs},
              {"unshare_files", with_unshare_files},
              {"locale", with_locale},
              {"resolver", with_resolver},
              {"seccomp", with_seccomp}};

int main(int argc, char **argv)
{
    parity_warm_up();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (argc > 1 && !strcmp(shapes[i].name, argv[1]))
            shapes[i].run();
    return 0;
}
