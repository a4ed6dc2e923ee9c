/* SPDX-License-Identifier: MIT
 *
 * See bounce.h.
 */
#include "bounce.h"

#include "bounce_rows.h"
#include "calls.h"
#include "raw.h"
#include "real.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

enum { TEXT_MOST = 64 << 10, BUFFER_MOST = 256 << 20, VECTORS_MOST = IOV_MAX };

/* ---- memory that may not be there ---- */

static long copy(const struct iovec *here, const struct iovec *there, int number)
{
    return arch_syscall(number, raw_getpid(), (long)here, 1, (long)there, 1, 0);
}

/* Where that system call is forbidden (a container's filter) memory is taken to be there. */
static int is_forbidden(long result)
{
    return result == -EPERM || result == -ENOSYS;
}

int bounce_read(void *to, const void *from, size_t size)
{
    struct iovec here = {to, size}, there = {(void *)from, size};
    long result = size ? copy(&here, &there, SYS_process_vm_readv) : 0;
    if (is_forbidden(result))
        memcpy(to, from, size);
    else if (result != (long)size)
        return EFAULT;
    return 0;
}

int bounce_write(void *to, const void *from, size_t size)
{
    struct iovec here = {(void *)from, size}, there = {to, size};
    long result = size ? copy(&here, &there, SYS_process_vm_writev) : 0;
    if (is_forbidden(result))
        memcpy(to, from, size);
    else if (result != (long)size)
        return EFAULT;
    return 0;
}

/* Length of a text with its end; 0: it is none, or too long. Read page by page. */
static size_t text_size(const char *text)
{
    char piece[256] = "";
    for (size_t size = 0; size < TEXT_MOST;) {
        size_t step = sizeof piece - (uintptr_t)(text + size) % sizeof piece;
        if (bounce_read(piece, text + size, step) != 0)
            return 0;
        for (size_t i = 0; i < step; i++)
            if (!piece[i])
                return size + i + 1;
        size += step;
    }
    return 0;
}

/* ---- one argument ---- */

static void *pointer_in(const struct handoff_call *call, unsigned argument, const void *frame)
{
    void *pointer;
    memcpy(&pointer, (const char *)frame + call->shape->place[argument], sizeof pointer);
    return pointer;
}

static void point(const struct handoff_call *call, unsigned argument, void *frame, void *to)
{
    memcpy((char *)frame + call->shape->place[argument], &to, sizeof to);
}

/* Bytes of what the argument points to; SIZE_MAX: too many. */
static size_t size_of(const struct handoff_call *call, const struct bounce_buffer *b)
{
    int counted = b->unit == OF_ARGUMENT || b->unit == BITS_OF_ARGUMENT || b->unit == MESSAGE;
    unsigned long n = counted ? (unsigned long)call->arguments[b->from] : 1;
    switch (b->unit) {
    case BITS_OF_ARGUMENT:
        return n <= FD_SETSIZE ? (n + 63) / 64 * 8 : SIZE_MAX;
    case TEXT: {
        size_t size = text_size((const char *)call->arguments[b->argument - 1]);
        return size ? size : SIZE_MAX;
    }
    case MESSAGE:
        return n <= BUFFER_MOST ? n + sizeof(long) : SIZE_MAX;
    default:
        return n <= BUFFER_MOST / (b->size ? b->size : 1) ? n * b->size : SIZE_MAX;
    }
}

static int pack_vectors(struct parcel *parcel, const struct handoff_call *call,
                        const struct bounce_buffer *b)
{
    long n = call->arguments[b->from];
    const void *from = pointer_in(call, b->argument - 1u, call->frame);
    if (n < 0 || n > VECTORS_MOST)
        return REASON_ARGUMENTS;
    struct iovec *vectors = parcel_room(parcel, (size_t)n * sizeof *vectors);
    if (!vectors || bounce_read(vectors, from, (size_t)n * sizeof *vectors) != 0)
        return REASON_ARGUMENTS;
    size_t size = 0;
    for (long i = 0; i < n; i++) {
        if (vectors[i].iov_len > BUFFER_MOST - size)
            return REASON_ARGUMENTS;
        size += vectors[i].iov_len;
    }
    char *bytes = parcel_room(parcel, size);
    if (!bytes)
        return REASON_ARGUMENTS;
    for (long i = 0; i < n; i++) {
        if (b->direction & IN && bounce_read(bytes, vectors[i].iov_base, vectors[i].iov_len) != 0)
            return REASON_ARGUMENTS;
        vectors[i].iov_base = bytes;
        bytes += vectors[i].iov_len;
    }
    point(call, b->argument - 1u, parcel->frame, vectors);
    return REASON_NONE;
}

static int pack_buffer(struct parcel *parcel, const struct handoff_call *call,
                       const struct bounce_buffer *b)
{
    const void *from = pointer_in(call, b->argument - 1u, call->frame);
    if (!from || b->direction == SHARED)
        return REASON_NONE;
    if (b->direction & VECTORS)
        return pack_vectors(parcel, call, b);
    size_t size = size_of(call, b);
    void *to = size == SIZE_MAX ? NULL : parcel_room(parcel, size);
    if (!to || (b->direction & (IN | BOTH) && bounce_read(to, from, size) != 0))
        return REASON_ARGUMENTS;
    point(call, b->argument - 1u, parcel->frame, to);
    return REASON_NONE;
}

static int pack_text(struct parcel *parcel, const struct handoff_call *call, unsigned argument)
{
    const char *from = pointer_in(call, argument, call->frame);
    if (!from)
        return REASON_NONE;
    size_t size = text_size(from);
    void *to = size ? parcel_room(parcel, size) : NULL;
    if (!to || bounce_read(to, from, size) != 0)
        return REASON_ARGUMENTS;
    point(call, argument, parcel->frame, to);
    return REASON_NONE;
}

static const struct bounce_buffer *buffer_of(const struct handoff_call *call, unsigned argument)
{
    const struct bounce_buffer *row = bounce_rows[call->call];
    for (unsigned i = 0; i < BUFFERS && row[i].argument; i++)
        if (row[i].argument == argument + 1)
            return &row[i];
    return NULL;
}

static int pack_argument(struct parcel *parcel, const struct handoff_call *call, unsigned argument)
{
    const struct bounce_buffer *b = buffer_of(call, argument);
    if (b)
        return pack_buffer(parcel, call, b);
    if (call->shape->texts >> argument & 1)
        return pack_text(parcel, call, argument);
    return pointer_in(call, argument, call->frame) ? REASON_ARGUMENTS : REASON_NONE;
}

int bounce_pack(struct parcel *parcel, const struct handoff_call *call)
{
    int reason = REASON_NONE;
    parcel->run = call->run;
    parcel->frame = parcel_room(parcel, call->shape->size);
    if (!parcel->frame)
        return REASON_ARGUMENTS;
    memcpy(parcel->frame, call->frame, call->shape->size);
    for (unsigned i = 0; !reason && i < HANDOFF_ARGUMENTS; i++)
        if (call->shape->pointers >> i & 1)
            reason = pack_argument(parcel, call, i);
    return reason;
}

/* ---- and back ---- */

static long result_of(const struct handoff_call *call, const void *frame)
{
    const char *at = (const char *)frame + call->shape->returned;
    int number;
    long word;
    if (call->shape->returned_size == sizeof number) {
        memcpy(&number, at, sizeof number);
        return number;
    }
    memcpy(&word, at, sizeof word);
    return word;
}

static int is_fine(const struct handoff_call *call, long result)
{
    switch (call_infos[call->call].fail) {
    case FAIL_MINUS_ONE:
        return result != -1;
    case FAIL_NULL_POINTER:
        return result != 0;
    case FAIL_NONZERO_ERROR:
    case FAIL_NONZERO_EAI:
        return result == 0;
    default:
        return 1;
    }
}

static int unpack_vectors(const struct handoff_call *call, const struct bounce_buffer *b,
                          const struct iovec *from, size_t count)
{
    const struct iovec *to = pointer_in(call, b->argument - 1u, call->frame);
    for (long i = 0; count && i < call->arguments[b->from]; i++) {
        size_t size = from[i].iov_len < count ? from[i].iov_len : count;
        if (bounce_write(to[i].iov_base, from[i].iov_base, size) != 0)
            return EFAULT;
        count -= size;
    }
    return 0;
}

static int unpack_buffer(const struct parcel *parcel, const struct handoff_call *call,
                         const struct bounce_buffer *b)
{
    long result = result_of(call, parcel->frame);
    const void *from = pointer_in(call, b->argument - 1u, parcel->frame);
    void *to = pointer_in(call, b->argument - 1u, call->frame);
    int fine = is_fine(call, result);
    size_t count = fine && result > 0 ? (size_t)result : 0;
    if (fine && b->unit == MESSAGE)
        count += sizeof(long); /* its type is there in any case */
    if (!to || b->direction & (SHARED | RECORDS) || from == to)
        return 0;
    if (b->direction == (VECTORS | OUT_COUNT))
        return unpack_vectors(call, b, from, count);
    if (b->direction & BOTH || (b->direction & OUT && fine))
        return bounce_write(to, from, size_of(call, b));
    if (b->direction & OUT_COUNT && count) {
        size_t size = size_of(call, b);
        return bounce_write(to, from, count < size ? count : size);
    }
    if (b->direction & OUT_TEXT && fine && size_of(call, b))
        return bounce_write(to, from, strlen(from) + 1);
    return 0;
}

/* What pointed into a copy points into the caller's memory. */
static void *home(const struct parcel *parcel, const struct handoff_call *call, void *pointer)
{
    for (const struct bounce_buffer *b = bounce_rows[call->call]; b->argument; b++) {
        char *from = pointer_in(call, b->argument - 1u, parcel->frame);
        char *to = pointer_in(call, b->argument - 1u, call->frame);
        size_t size = b->unit == TEXT ? 1 : size_of(call, b);
        if (from != to && (uintptr_t)pointer - (uintptr_t)from < size)
            return to + ((char *)pointer - from);
        if (b == &bounce_rows[call->call][BUFFERS - 1])
            break;
    }
    return pointer;
}

static void bring_home(const struct parcel *parcel, const struct handoff_call *call, void *at)
{
    void *pointer;
    memcpy(&pointer, at, sizeof pointer);
    pointer = home(parcel, call, pointer);
    memcpy(at, &pointer, sizeof pointer);
}

static void bring_members_home(const struct parcel *parcel, const struct handoff_call *call,
                               char **members)
{
    for (; members && *members; members++)
        bring_home(parcel, call, members);
}

/* The pointers in an entry, and in what it points to, are the copies': all of them in the buffer.
 */
static int unpack_record(const struct parcel *parcel, const struct handoff_call *call)
{
    const struct bounce_buffer *row = bounce_rows[call->call];
    void **found = pointer_in(call, row[2].argument - 1u, parcel->frame);
    int is_group = call->call == CALL_getgrnam_r || call->call == CALL_getgrgid_r;
    if (found && *found && is_group) {
        struct group *entry = *found;
        bring_members_home(parcel, call, entry->gr_mem);
        bring_home(parcel, call, &entry->gr_name);
        bring_home(parcel, call, &entry->gr_passwd);
        bring_home(parcel, call, &entry->gr_mem);
    } else if (found && *found) {
        struct passwd *entry = *found;
        bring_home(parcel, call, &entry->pw_name);
        bring_home(parcel, call, &entry->pw_passwd);
        bring_home(parcel, call, &entry->pw_gecos);
        bring_home(parcel, call, &entry->pw_dir);
        bring_home(parcel, call, &entry->pw_shell);
    }
    if (found)
        bring_home(parcel, call, found);
    int failed = 0;
    for (unsigned i = 0; !failed && i < 3; i++) {
        void *to = pointer_in(call, row[i].argument - 1u, call->frame);
        if (to)
            failed = bounce_write(to, pointer_in(call, row[i].argument - 1u, parcel->frame),
                                  size_of(call, &row[i]));
    }
    return failed;
}

int bounce_unpack(const struct parcel *parcel, const struct handoff_call *call)
{
    const struct bounce_buffer *row = bounce_rows[call->call];
    int failed = 0;
    memcpy((char *)call->frame + call->shape->returned,
           (const char *)parcel->frame + call->shape->returned, call->shape->returned_size);
    if (call_infos[call->call].fail == FAIL_NULL_POINTER)
        bring_home(parcel, call, (char *)call->frame + call->shape->returned);
    if (row[0].direction & RECORDS)
        return unpack_record(parcel, call);
    for (unsigned i = 0; !failed && i < BUFFERS && row[i].argument; i++)
        failed = unpack_buffer(parcel, call, &row[i]);
    return failed;
}
