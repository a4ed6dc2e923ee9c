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

enum { OURS_MOST = 16, PRELOAD_SIZE = 4096 };

static const char preload_name[] = "LD_PRELOAD=";

/* Strings of the initial environment, which stay where the kernel put them. */
static char *ours[OURS_MOST];
static unsigned ours_count;

/* Our library's entry of LD_PRELOAD; empty: we were not preloaded, or nothing is hidden. */
static char library[PRELOAD_SIZE];

/* What LD_PRELOAD was without us. */
static char remaining[PRELOAD_SIZE];

static int is_ours(const char *variable)
{
    return !strncmp(variable, "SHUNT_", 6);
}

static int is_preload(const char *variable)
{
    return !strncmp(variable, preload_name, sizeof preload_name - 1);
}

static int names_library(const char *entry, size_t length)
{
    static const char name[] = "libshunt.so";
    while (length && entry[length - 1] == '/')
        length--;
    return length >= sizeof name - 1 &&
           !memcmp(entry + length - (sizeof name - 1), name, sizeof name - 1);
}

/* Splits LD_PRELOAD's value into our entry and the others. 0 if we are not in it. */
static int split_preload(const char *value)
{
    size_t used = (size_t)snprintf(remaining, sizeof remaining, "%s", preload_name);
    int others = 0;
    while (*value) {
        size_t length = strcspn(value, ": ");
        if (names_library(value, length) && length < sizeof library) {
            memcpy(library, value, length);
        } else if (length && used + length + 2 < sizeof remaining) {
            used += (size_t)snprintf(remaining + used, sizeof remaining - used, "%s%.*s",
                                     others ? ":" : "", (int)length, value);
            others = 1;
        }
        value += length;
        value += strspn(value, ": ");
    }
    if (!others)
        remaining[0] = 0;
    return library[0] != 0;
}

void environment_hide(void)
{
    char **to = environ;
    for (char **from = environ; from && *from; from++) {
        if (is_ours(*from) && ours_count < OURS_MOST)
            ours[ours_count++] = *from;
        else if (!is_preload(*from) || !split_preload(*from + sizeof preload_name - 1))
            *to++ = *from;
        else if (remaining[0])
            *to++ = remaining;
    }
    if (to)
        *to = NULL;
}

static const char *preload_in(char *const *env)
{
    for (; env && *env; env++)
        if (is_preload(*env))
            return *env + sizeof preload_name - 1;
    return NULL;
}

size_t environment_room(char *const *env)
{
    size_t n = 0;
    while (env && env[n])
        n++;
    return n + ours_count + 2;
}

size_t environment_text(char *const *env)
{
    const char *theirs = preload_in(env);
    return sizeof preload_name + strlen(library) + 2 + (theirs ? strlen(theirs) : 0);
}

char *const *environment_add(char *const *env, char **with, char *text)
{
    const char *theirs = preload_in(env);
    size_t n = 0;
    for (; env && *env; env++)
        if (!is_preload(*env) && !is_ours(*env))
            with[n++] = *env;
    /* A sanitizer's runtime insists on coming first. */
    if (theirs && *theirs && strstr(theirs, "san.so"))
        sprintf(text, "%s%s:%s", preload_name, theirs, library);
    else
        sprintf(text, "%s%s%s%s", preload_name, library, theirs && *theirs ? ":" : "",
                theirs ? theirs : "");
    with[n++] = text;
    for (unsigned i = 0; i < ours_count; i++)
        with[n++] = ours[i];
    with[n] = NULL;
    return with;
}

static void record_gap(const char *path, const char *reason)
{
    char text[512];
    snprintf(text, sizeof text, "child %.300s is not observed: %s", path ? path : "(fd)", reason);
    gap_note(text);
}

int environment_wanted(enum image_verdict verdict, const char *path)
{
    if (!library[0] || verdict == IMAGE_NOT_FOUND)
        return 0;
    if (verdict != IMAGE_TAKES_US) {
        record_gap(path, image_reason(verdict));
        return 0;
    }
    if (arch_syscall(SYS_faccessat, AT_FDCWD, (long)library, R_OK, 0, 0, 0) == 0)
        return 1;
    record_gap(path, "it could not read libshunt.so from where it is (chroot, or another user)");
    return 0;
}

/* ---- lending environ ---- */

static struct {
    uint32_t taken;
    char **before;
    char **with;
} loan;

/* The loan outlives this function's frame: its array is libc's heap, for this is no call path. */
int environment_lend(void)
{
    if (!library[0] || __atomic_exchange_n(&loan.taken, 1, __ATOMIC_ACQUIRE))
        return 0;
    size_t room = environment_room(environ);
    loan.with = malloc(room * sizeof *loan.with + environment_text(environ));
    if (!loan.with) {
        __atomic_store_n(&loan.taken, 0, __ATOMIC_RELEASE);
        return 0;
    }
    loan.before = environ;
    environment_add(environ, loan.with, (char *)(loan.with + room));
    environ = loan.with;
    return 1;
}

/* setenv meanwhile made a copy of what was lent: our variables are taken out of that. */
static void take_out(const char *lent_preload)
{
    char **to = environ;
    for (char **from = environ; *from; from++) {
        if (is_ours(*from))
            continue;
        if (*from != lent_preload)
            *to++ = *from;
        else if (remaining[0])
            *to++ = remaining;
    }
    *to = NULL;
}

void environment_take_back(int lent)
{
    if (!lent)
        return;
    const char *lent_preload = preload_in(loan.with) - (sizeof preload_name - 1);
    char **with = loan.with;
    loan.with = NULL;
    if (environ == with)
        environ = loan.before;
    else if (environ)
        take_out(lent_preload);
    free(with);
    __atomic_store_n(&loan.taken, 0, __ATOMIC_RELEASE);
}
