/* SPDX-License-Identifier: MIT
 *
 * See compare_stage.h. Observed and routed runs are `shunt run` itself, started anew, so that what
 * is judged is what is used; a bare run has nothing of ours.
 */
#include "compare_stage.h"

#include "command.h"
#include "elf_facts.h"
#include "moved_count.h"
#include "preload_env.h"
#include "run_info.h"
#include "text.h"
#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S     1000000000ull
#define LEFT_BEHIND  NS_PER_S    /* how long processes that outlive the command may go on */
#define LOOK_AGAIN   10000000ull /* ns */
#define WORDS_OF_RUN 12          /* of `shunt run` before the command */

/* The paths of one run. */
struct place {
    const char *top, *out, *err, *trace, *files;
    const char *here; /* where the command runs; NULL: where we are */
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int setup_failed(struct error *error, const char *what, const char *path)
{
    error_set(error, "%s %s: %s", what, path, strerror(errno));
    return EXIT_SETUP;
}

/* ---- the stage ---- */

static bool is_empty(const char *path)
{
    unsigned entries = 0;
    DIR *directory = opendir(path);
    while (directory && readdir(directory))
        entries++;
    if (directory)
        closedir(directory);
    return entries == 2; /* . and .. */
}

static int make_top(struct compare_stage *stage, struct error *error)
{
    const char *keep = stage->options->keep;
    const char *temporary = getenv("TMPDIR");
    if (keep) {
        if (mkdir(keep, 0700) < 0 && errno == EEXIST && !is_empty(keep))
            errno = ENOTEMPTY;
        else
            errno = 0;
        if (errno || !realpath(keep, stage->top))
            return setup_failed(error, "the runs cannot be kept in", keep);
        return 0;
    }
    snprintf(stage->top, sizeof stage->top, "%s/shunt-compare.XXXXXX",
             temporary && *temporary == '/' ? temporary : "/tmp");
    if (!mkdtemp(stage->top))
        return setup_failed(error, "cannot make", stage->top);
    return 0;
}

int compare_stage_make(struct compare_stage *stage, struct error *error)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    sigemptyset(&stage->awaited);
    sigaddset(&stage->awaited, SIGCHLD);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction action;
        if (sigaction(signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&stage->awaited, signals[i]);
    }
    sigaction(SIGCHLD, NULL, &stage->child_action);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_BLOCK, &stage->awaited, &stage->mask);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a run leaves behind comes to us */
    return make_top(stage, error);
}

void compare_stage_end(struct compare_stage *stage)
{
    sigprocmask(SIG_SETMASK, &stage->mask, NULL);
}

static int make_place(struct compare_stage *stage, const struct compare_run *run,
                      struct place *place, struct error *error)
{
    const struct compare_options *options = stage->options;
    struct arena *arena = stage->arena;
    const char *top =
        arena_print(arena, "%s/%u-%s", stage->top, run->number, compare_kind_names[run->kind]);
    *place = (struct place){.top = top,
                            .out = arena_print(arena, "%s/stdout", top),
                            .err = arena_print(arena, "%s/stderr", top),
                            .trace = arena_print(arena, "%s/trace", top),
                            .files = arena_print(arena, "%s/files", top)};
    if (options->in)
        place->here = arena_print(arena, "%s/here", stage->top);
    if (mkdir(top, 0700) < 0)
        return setup_failed(error, "cannot make", top);
    return place->here && tree_copy(options->in, place->here, error) < 0 ? EXIT_SETUP : 0;
}

/* ---- in the child ---- */

/* The environment of the command itself has none of our variables; `shunt run` needs one. */
static void drop_variables(const char *but)
{
    for (char **at = environ; *at;) {
        size_t length = strcspn(*at, "=");
        char name[256];
        snprintf(name, sizeof name, "%.*s", (int)length, *at);
        if (length < sizeof name && strncmp(name, "SHUNT_", 6) == 0 && strcmp(name, but) != 0) {
            unsetenv(name);
            at = environ;
        } else {
            at++;
        }
    }
}

static void become_bare(char **argv)
{
    char path[PATH_MAX];
    int error = elf_facts_find(argv[0], path, sizeof path);
    drop_variables("");
    char **environment = error ? NULL : preload_env_make(NULL, path);
    if (environment)
        execvpe(path, argv, environment);
    errno = error ? -error : errno;
}

static void become_run(const struct compare_stage *stage, enum compare_kind kind, const char *trace)
{
    const struct compare_options *options = stage->options;
    size_t count = 0, n = 0;
    while (options->argv[count])
        count++;
    char **words = ARENA_ARRAY(stage->arena, char *, count + WORDS_OF_RUN + 1);
    drop_variables("SHUNT_LIBRARY");
    words[n++] = (char *)"shunt";
    words[n++] = (char *)"run";
    words[n++] = (char *)"--no-completeness";
    words[n++] = (char *)"-o";
    words[n++] = (char *)trace;
    if (kind == COMPARE_ROUTED && options->route) {
        words[n++] = (char *)"--route";
        words[n++] = (char *)options->route;
    }
    if (kind == COMPARE_ROUTED && options->policy) {
        words[n++] = (char *)"--policy";
        words[n++] = (char *)options->policy;
    }
    words[n++] = (char *)"--";
    memcpy(words + n, options->argv, count * sizeof *words);
    execv("/proc/self/exe", words);
}

static int redirect(const char *path, int flags, int fd)
{
    int opened = open(path, flags | O_CLOEXEC, 0600);
    return opened < 0 || dup2(opened, fd) < 0 ? -1 : 0;
}

static _Noreturn void child(const struct compare_stage *stage, const struct compare_run *run,
                            const struct place *place, int report)
{
    const struct compare_options *options = stage->options;
    const char *input = options->input ? options->input : "/dev/null";
    int error;
    setsid();
    if (redirect(input, O_RDONLY, STDIN_FILENO) == 0 &&
        redirect(place->out, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDOUT_FILENO) == 0 &&
        redirect(place->err, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, STDERR_FILENO) == 0 &&
        (!place->here || (chdir(place->here) == 0 && setenv("PWD", place->here, 1) == 0))) {
        sigaction(SIGCHLD, &stage->child_action, NULL);
        sigprocmask(SIG_SETMASK, &stage->mask, NULL);
        if (run->kind == COMPARE_BARE)
            become_bare(options->argv);
        else
            become_run(stage, run->kind, place->trace);
    }
    error = errno;
    (void)!write(report, &error, sizeof error);
    _exit(EXIT_FAILED);
}

/* ---- watching it ---- */

/* Waits for a signal of ours until `until` (0: for good). A stop is noted. */
static void pause_until(struct compare_stage *stage, uint64_t until)
{
    uint64_t now = now_ns(), left = until > now ? until - now : 0;
    struct timespec timeout = {.tv_sec = (time_t)(left / NS_PER_S),
                               .tv_nsec = (long)(left % NS_PER_S)};
    int signal =
        until ? sigtimedwait(&stage->awaited, NULL, &timeout) : sigwaitinfo(&stage->awaited, NULL);
    if (signal > 0 && signal != SIGCHLD)
        stage->interrupted = signal;
}

/* Processes that outlived the command belong to us now: they get a moment, and are ended. */
static void clear_stage(struct compare_stage *stage, pid_t session)
{
    uint64_t until = now_ns() + (stage->interrupted ? 0 : LEFT_BEHIND);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    for (;;) {
        pid_t ended;
        while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (ended < 0)
            return; /* no children */
        if (now_ns() < until) {
            uint64_t soon = now_ns() + LOOK_AGAIN;
            pause_until(stage, soon);
            continue;
        }
        kill(-session, SIGKILL);
        FILE *children = fopen(path, "re");
        for (int pid; children && fscanf(children, "%d", &pid) == 1;)
            kill(pid, SIGKILL);
        if (children)
            fclose(children);
        pause_until(stage, now_ns() + LOOK_AGAIN);
    }
}

static void watch(struct compare_stage *stage, struct compare_run *run, pid_t pid,
                  uint64_t timeout_ns)
{
    uint64_t began = now_ns(), until = timeout_ns ? began + timeout_ns : 0;
    int status = 0;
    while (waitpid(pid, &status, WNOHANG) != pid) {
        pause_until(stage, until);
        run->timed_out = !stage->interrupted && until && now_ns() >= until;
        if (!stage->interrupted && !run->timed_out)
            continue;
        kill(-pid, SIGKILL);
        waitpid(pid, &status, 0);
        break;
    }
    run->wall_ns = now_ns() - began;
    clear_stage(stage, pid);
    if (run->timed_out)
        run->end = "timeout";
    else if (WIFSIGNALED(status))
        run->end = arena_print(stage->arena, "SIG%s", sigabbrev_np(WTERMSIG(status)));
    else
        run->end = arena_print(stage->arena, "exit %d", WEXITSTATUS(status));
}

/* The exec of a bare command, or of ourselves, failed. */
static int start_failed(struct error *error, const char *command, int number)
{
    error_set(error, "cannot run %s: %s", command, strerror(number));
    return number == ENOENT || number == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

static int start(struct compare_stage *stage, const struct compare_run *run,
                 const struct place *place, pid_t *pid, struct error *error)
{
    int report[2], number = 0;
    if (pipe2(report, O_CLOEXEC) < 0)
        return setup_failed(error, "a run cannot be started in", place->top);
    fflush(NULL);
    *pid = fork();
    if (*pid == 0)
        child(stage, run, place, report[1]);
    close(report[1]);
    if (*pid < 0) {
        close(report[0]);
        return setup_failed(error, "a run cannot be started in", place->top);
    }
    ssize_t length = read(report[0], &number, sizeof number);
    close(report[0]);
    if (length != (ssize_t)sizeof number)
        return 0;
    waitpid(*pid, NULL, 0);
    return start_failed(error, stage->options->argv[0], number);
}

/* ---- what it left ---- */

/* `shunt run` says on stderr why it started nothing. */
static int run_refused(const struct place *place, struct error *error)
{
    char line[512] = "";
    FILE *file = fopen(place->err, "re");
    if (file && fgets(line, sizeof line, file))
        line[strcspn(line, "\n")] = '\0';
    if (file)
        fclose(file);
    const char *words = strncmp(line, "shunt: ", 7) == 0 ? line + 7 : line;
    error_set(error, "%s", *words ? words : "shunt run left no record of the run");
    return EXIT_SETUP;
}

/* Was it observed? A run that was bare would be the same and prove nothing. */
static int prove(struct compare_stage *stage, const struct compare_run *run,
                 const struct place *place, struct error *error)
{
    const char *trouble = NULL;
    if (run->kind == COMPARE_BARE || run->timed_out)
        return 0;
    const struct run_info *info = run_info_read(stage->arena, place->trace, &trouble);
    if (!info)
        return run_refused(place, error);
    if (info->gap_count == 0)
        return 0;
    error_set(error, "%s; nothing to compare", info->gaps[0].text);
    return EXIT_SETUP;
}

/* The file of the tests, and whether this run wrote it: one that lay there says nothing. */
struct results_file {
    const char *path;
    struct stat before;
    bool was_there;
};

static struct results_file results_before(struct compare_stage *stage, const struct place *place)
{
    struct results_file file = {.path = stage->options->results};
    if (!file.path)
        return file;
    if (*file.path != '/' && place->here)
        file.path = arena_print(stage->arena, "%s/%s", place->here, file.path);
    file.was_there = stat(file.path, &file.before) == 0;
    return file;
}

static bool was_written(const struct results_file *file)
{
    struct stat now;
    if (stat(file->path, &now) < 0)
        return false;
    return !file->was_there || now.st_ino != file->before.st_ino ||
           now.st_size != file->before.st_size ||
           memcmp(&now.st_mtim, &file->before.st_mtim, sizeof now.st_mtim) != 0 ||
           memcmp(&now.st_ctim, &file->before.st_ctim, sizeof now.st_ctim) != 0;
}

static int capture(struct compare_stage *stage, struct compare_run *run, const struct place *place,
                   const struct results_file *results, struct error *error)
{
    const struct compare_options *options = stage->options;
    struct capture *into = &run->capture;
    into->arena = stage->arena;
    capture_text(into, PART_END, "", run->end);
    if (options->format) {
        const char *path = !results->path         ? place->out
                           : was_written(results) ? results->path
                                                  : NULL;
        capture_tests(into, options->format, path);
    }
    if (place->here && rename(place->here, place->files) < 0)
        return setup_failed(error, "the files cannot be moved to", place->files);
    if (options->format)
        return 0;
    capture_file(into, PART_STDOUT, "", place->out);
    capture_file(into, PART_STDERR, "", place->err);
    return place->here && capture_tree(into, place->files, error) < 0 ? EXIT_SETUP : 0;
}

int compare_stage_run(struct compare_stage *stage, struct compare_run *run, uint64_t timeout_ns,
                      struct error *error)
{
    struct place place;
    pid_t pid = -1;
    int status = make_place(stage, run, &place, error);
    if (status)
        return status;
    struct results_file results = results_before(stage, &place);
    status = start(stage, run, &place, &pid, error);
    if (status)
        return status;
    watch(stage, run, pid, timeout_ns);
    if (stage->interrupted)
        return 0;
    status = prove(stage, run, &place, error);
    run->moved = run->kind == COMPARE_ROUTED ? moved_count(place.trace) : 0;
    return status ? status : capture(stage, run, &place, &results, error);
}
