/* SPDX-License-Identifier: MIT
 *
 * See environment.h.
 */
#include "environment.h"

#include "gap.h"
#include "raw.h"
#include "trace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OURS_MOST = 16, OURS_SIZE = 12288, PRELOAD_SIZE = 4096, STACK_MOST = 64 << 10 };

static const char preload_name[] = "LD_PRELOAD=";
static const char first_name[] = "SHUNT_FIRST=";
static const char directory_name[] = "SHUNT_DIR=";

/* Copies of our variables for children: programs that show a title in ps (setproctitle) overwrite
 * the strings of the initial environment. */
static char *ours[OURS_MOST + 1];
static unsigned ours_count;
static char ours_text[OURS_SIZE];
static size_t ours_used;

/* Our library's entry of LD_PRELOAD; empty: we were not preloaded, or nothing is hidden. */
static char library[PRELOAD_SIZE];

/* What LD_PRELOAD was without us; empty: it was not set. */
static char remaining[PRELOAD_SIZE];

static int is_ours(const char *variable)
{
    return !strncmp(variable, "SHUNT_", 6);
}

static int is_preload(const char *variable)
{
    return !strncmp(variable, preload_name, sizeof preload_name - 1);
}

static const char *value_in(char *const *env, const char *name, size_t length)
{
    for (; env && *env; env++)
        if (!strncmp(*env, name, length))
            return *env + length;
    return NULL;
}

static const char *preload_in(char *const *env)
{
    return value_in(env, preload_name, sizeof preload_name - 1);
}

static int names_library(const char *entry, size_t length)
{
    static const char name[] = "libshunt.so";
    return length >= sizeof name - 1 &&
           !memcmp(entry + length - (sizeof name - 1), name, sizeof name - 1);
}

/* Our entry in LD_PRELOAD's value; NULL if there is none. */
static const char *library_in(const char *value, size_t *length)
{
    while (*value) {
        *length = strcspn(value, ": ");
        if (names_library(value, *length) && *length < sizeof library)
            return value;
        value += *length;
        value += strspn(value, ": ");
    }
    return NULL;
}

/* Splits LD_PRELOAD's value into our entry and what it would be without us, to the letter: beside
 * ours goes one separator, and `first`, which was added for our sake. 0 if we are not in it. */
static int split_preload(const char *value, const char *first)
{
    size_t length, before;
    const char *entry = library_in(value, &length);
    if (!entry || strlen(value) + sizeof preload_name > sizeof remaining)
        return 0;
    memcpy(library, entry, length);
    library[length] = remaining[0] = 0;
    const char *after = entry + length;
    if (first && !strncmp(value, first, strlen(first)) && value + strlen(first) + 1 == entry)
        value = entry;
    before = (size_t)(entry - value);
    if (*after)
        after++;
    else if (before)
        before--;
    else
        return 1;
    snprintf(remaining, sizeof remaining, "%s%.*s%s", preload_name, (int)before, value, after);
    return 1;
}

/* What does not fit is lost to children, which then are not observed. */
static void keep(const char *variable)
{
    size_t size = strlen(variable) + 1;
    if (ours_count == OURS_MOST || ours_used + size > sizeof ours_text)
        return;
    ours[ours_count++] = memcpy(ours_text + ours_used, variable, size);
    ours_used += size;
}

void environment_hide(void)
{
    const char *first = value_in(environ, first_name, sizeof first_name - 1);
    char **to = environ;
    for (char **from = environ; from && *from; from++) {
        if (is_ours(*from) && !strncmp(*from, first_name, sizeof first_name - 1))
            continue;
        if (is_ours(*from))
            keep(*from);
        else if (!is_preload(*from) || !split_preload(*from + sizeof preload_name - 1, first))
            *to++ = *from;
        else if (remaining[0])
            *to++ = remaining;
    }
    if (to)
        *to = NULL;
}

size_t environment_room(char *const *env)
{
    size_t n = 0;
    while (env && env[n])
        n++;
    return n + ours_count + 3;
}

size_t environment_text(char *const *env)
{
    const char *theirs = preload_in(env);
    return sizeof preload_name + sizeof first_name + strlen(library) + 4 +
           2 * sizeof((struct image_facts *)0)->first + (theirs ? strlen(theirs) : 0);
}

/* LD_PRELOAD with us, such that split_preload finds what was there before. A sanitizer's runtime
 * insists on coming first, be it theirs or, for an image that needs one, `first`. */
static int compose(char *text, size_t size, const char *theirs, const char *first)
{
    if (theirs && strstr(theirs, "san"))
        return snprintf(text, size, "%s%s:%s", preload_name, theirs, library);
    if (theirs)
        return snprintf(text, size, "%s%s:%s", preload_name, library, theirs);
    return snprintf(text, size, "%s%s%s%s", preload_name, first, *first ? ":" : "", library);
}

char *const *environment_add(char *const *env, const struct image_facts *image, char **with,
                             char *text)
{
    size_t size = environment_text(env);
    const char *theirs = preload_in(env);
    const char *first = image && !theirs ? image->first : "";
    size_t n = 0;
    int placed = 0;
    int length = compose(text, size, theirs, first);
    for (; env && *env; env++) {
        if (is_ours(*env))
            continue;
        if (!is_preload(*env))
            with[n++] = *env;
        else if (!placed++)
            with[n++] = text; /* in its place: programs list their environment in order */
    }
    if (!placed)
        with[n++] = text;
    for (unsigned i = 0; i < ours_count; i++)
        with[n++] = ours[i];
    if (*first) {
        text += length + 1;
        snprintf(text, size - (size_t)length - 1, "%s%s", first_name, first);
        with[n++] = text;
    }
    with[n] = NULL;
    return with;
}

static void record_gap(const char *path, const char *reason)
{
    char text[512];
    snprintf(text, sizeof text, "child %.300s is not observed: %s", path ? path : "(fd)", reason);
    gap_note(text);
}

static int can_access(const char *path, int how)
{
    return arch_syscall(SYS_faccessat, AT_FDCWD, (long)path, how, 0, 0, 0) == 0;
}

int environment_refused(const char *path, size_t bytes)
{
    if (!trace_file || !library[0])
        return 1;
    if (bytes > STACK_MOST)
        record_gap(path, "its environment is too large to be copied");
    else if (trace_sealed())
        record_gap(path, "the program installed a seccomp filter, which might punish our start");
    else
        return 0;
    return 1;
}

int environment_wanted(const struct image_facts *image, const char *path)
{
    const char *dir = value_in(ours, directory_name, sizeof directory_name - 1);
    if (image->verdict == IMAGE_NOT_FOUND)
        return 0;
    if (image->verdict != IMAGE_TAKES_US)
        record_gap(path, image_reason(image->verdict));
    else if (!can_access(library, R_OK))
        record_gap(path,
                   "it could not read libshunt.so from where it is (chroot, or another user)");
    else if (!dir || !can_access(dir, W_OK | X_OK))
        record_gap(path,
                   "it could not write to the trace directory (chroot, or another user; shunt run"
                   " --shared-dir lets others write)");
    else
        return 1;
    return 0;
}

/* ---- lending environ ---- */

/* Several threads may be in system at once: the first lends, the last takes back. What was lent
 * stays allocated and as it is, for other threads may be reading environ; it serves again as long
 * as the program's own has not changed. */
static struct {
    uint32_t busy;       /* a thread is at it */
    uint32_t users;      /* calls that rely on the loan */
    uint32_t life;       /* a fork child begins the next */
    char **before;       /* environ without it */
    char **with;         /* ... and with it */
    const char *preload; /* in `with`, composed */
    char *theirs;        /* what that stands for in `before`; NULL: nothing */
} loan = {.life = 1};

enum { PATIENCE = 100000 };

static int loan_enter(int tries)
{
    while (tries-- > 0) {
        if (!__atomic_exchange_n(&loan.busy, 1, __ATOMIC_ACQUIRE))
            return 1;
        arch_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    }
    return 0;
}

static void loan_leave(void)
{
    __atomic_store_n(&loan.busy, 0, __ATOMIC_RELEASE);
}

/* Was `with` made of the environment as it is? */
static int loan_serves(void)
{
    size_t i = 0;
    if (!loan.with || !environ)
        return 0;
    for (; environ[i]; i++)
        if (environ[i] != (loan.with[i] == loan.preload ? loan.theirs : loan.with[i]))
            return 0;
    return loan.with[i] && (loan.with[i] == loan.preload || is_ours(loan.with[i]));
}

/* Its memory is libc's heap, for this is no call path. */
static int loan_make(void)
{
    size_t room = environment_room(environ);
    char **with = malloc(room * sizeof *with + environment_text(environ));
    if (!with)
        return 0;
    environment_add(environ, NULL, with, (char *)(with + room));
    const char *theirs = preload_in(environ);
    loan.theirs = theirs ? (char *)theirs - (sizeof preload_name - 1) : NULL;
    loan.preload = preload_in(with) - (sizeof preload_name - 1);
    loan.with = with;
    return 1;
}

uint32_t environment_lend(void)
{
    if (!library[0] || !loan_enter(1))
        return 0;
    int lent = loan.users > 0;
    if (!lent && (loan_serves() || loan_make())) {
        loan.before = environ;
        environ = loan.with;
        lent = 1;
    }
    loan.users += (uint32_t)lent;
    loan_leave();
    return lent ? loan.life : 0;
}

/* Writes to `to` what `from` is without the loan; they may be the same. */
static void without_loan(char **to, char *const *from)
{
    for (; *from; from++) {
        if (is_ours(*from))
            continue;
        if (*from != loan.preload)
            *to++ = *from;
        else if (loan.theirs)
            *to++ = loan.theirs;
    }
    *to = NULL;
}

/* setenv meanwhile made a copy of what was lent. */
static void loan_end(void)
{
    if (environ == loan.with)
        environ = loan.before;
    else if (environ)
        without_loan(environ, environ);
}

void environment_take_back(uint32_t lent)
{
    if (lent != loan.life || !loan_enter(PATIENCE))
        return;
    if (--loan.users == 0)
        loan_end();
    loan_leave();
}

/* Another thread may have been in the midst of lending, or of taking back: then what environ holds
 * tells. */
void environment_forget_loan(void)
{
    if (loan.users || environment_is_lent(environ))
        loan_end();
    loan.users = 0;
    loan.life++;
    loan_leave();
}

int environment_is_lent(char *const *env)
{
    for (; loan.preload && env && *env; env++)
        if (*env == loan.preload)
            return 1;
    return 0;
}

char *const *environment_own(char *const *env, char **own)
{
    without_loan(own, env);
    return own;
}
