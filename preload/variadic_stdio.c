/* SPDX-License-Identifier: MIT
 *
 * The wrappers of the variadic rows of calls/stdio.def: each passes its list on to the next
 * v-function, which is what libc's own does with it.
 */
#include "wrapper.h"

#include <stdarg.h>

/* The body of a variadic wrapper: `note` is what its column `fd` says, `next` the v-function and
 * its fixed arguments, `last` the last of them; `fails` is 1 if -1 is a failure and never an end.
 */
#define FORWARD(name, last, note, fails, next, ...) \
    va_list list;                                   \
    struct visit v;                                 \
    ENTER(&v, name);                                \
    note;                                           \
    guard_begin(&v, 0);                             \
    va_start(list, last);                           \
    int r = REAL(next)(__VA_ARGS__, list);          \
    va_end(list);                                   \
    guard_leave(&v, 0, fails &&r == -1, r);         \
    return r;

WRAPPER(fscanf, int, (FILE * stream, const char *format, ...)){
    FORWARD(fscanf, format, note_stream(&v, stream), 0, vfscanf, stream, format)}

WRAPPER(scanf, int, (const char *format, ...)){FORWARD(scanf, format, (void)0, 0, vscanf, format)}

WRAPPER(__isoc99_fscanf, int, (FILE * stream, const char *format, ...)){
    FORWARD(__isoc99_fscanf, format, note_stream(&v, stream), 0, __isoc99_vfscanf, stream, format)}

WRAPPER(__isoc99_scanf, int, (const char *format, ...)){
    FORWARD(__isoc99_scanf, format, (void)0, 0, __isoc99_vscanf, format)}

WRAPPER(fprintf, int, (FILE * stream, const char *format, ...)){
    FORWARD(fprintf, format, note_stream(&v, stream), 1, vfprintf, stream, format)}

WRAPPER(printf, int,
        (const char *format, ...)){FORWARD(printf, format, (void)0, 1, vprintf, format)}

WRAPPER(dprintf, int, (int fd, const char *format, ...)){
    FORWARD(dprintf, format, note_fd(&v, fd), 1, vdprintf, fd, format)}

WRAPPER(__fprintf_chk, int, (FILE * stream, int flag, const char *format, ...)){
    FORWARD(__fprintf_chk, format, note_stream(&v, stream), 1, __vfprintf_chk, stream, flag,
            format)}

WRAPPER(__printf_chk, int, (int flag, const char *format, ...)){
    FORWARD(__printf_chk, format, (void)0, 1, __vprintf_chk, flag, format)}

WRAPPER(__dprintf_chk, int, (int fd, int flag, const char *format, ...)){
    FORWARD(__dprintf_chk, format, note_fd(&v, fd), 1, __vdprintf_chk, fd, flag, format)}

WRAPPER(__fwprintf_chk, int, (FILE * stream, int flag, const wchar_t *format, ...)){
    FORWARD(__fwprintf_chk, format, note_stream(&v, stream), 1, __vfwprintf_chk, stream, flag,
            format)}

WRAPPER(syslog, void, (int priority, const char *format, ...))
{
    va_list list;
    struct visit v;
    ENTER(&v, syslog);
    guard_begin(&v, 0);
    va_start(list, format);
    REAL(vsyslog)(priority, format, list);
    va_end(list);
    guard_leave(&v, 0, 0, 0);
}

WRAPPER(__syslog_chk, void, (int priority, int flag, const char *format, ...))
{
    va_list list;
    struct visit v;
    ENTER(&v, __syslog_chk);
    guard_begin(&v, 0);
    va_start(list, format);
    REAL(__vsyslog_chk)(priority, flag, format, list);
    va_end(list);
    guard_leave(&v, 0, 0, 0);
}

#define CALL(...)
#define CALL_VOID(...)
#define VARIADIC(...)
#define ALIAS(twin, name)
#define VARIADIC_ALIAS(twin, name)
#define STDIO_ALIAS(twin, name) WRAPPER_ALIAS(twin, name)
#include "calls.def"
#undef CALL
#undef CALL_VOID
#undef VARIADIC
#undef ALIAS
