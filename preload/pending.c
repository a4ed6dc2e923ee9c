/* SPDX-License-Identifier: MIT
 *
 * See pending.h. The table is open-addressed by fd, so that those in use lie close together and an
 * ordinary program touches a page or two of it.
 */
#include "pending.h"

#include "calls.h"
#include "guard.h"
#include "raw.h"
#include "refs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

enum {
    PENDING_ROOM = 16384, /* entries, power of two: 512 KiB of address space */
    PENDING_SIZE = PENDING_ROOM * sizeof(struct pending_entry),
    PENDING_MOST = PENDING_ROOM / 2, /* in use, so that a search is short */
    FD_ROOM = 2,                     /* places between the first ones of neighbouring fds */
    CLOSED_FDS = 4096                /* fds whose closing is noted for other threads */
};

/* Not in the thread's state, for a fork wipes that; the table itself is wiped, too. */
static __thread struct pending_entry *mapped;

/* How often each fd was closed: a wait that another thread's close ended is told by it. */
static uint32_t closed[CLOSED_FDS];

void pending_closing(int fd)
{
    if (fd >= 0 && fd < CLOSED_FDS)
        __atomic_fetch_add(&closed[fd], 1, __ATOMIC_RELAXED);
}

static uint32_t closed_times(int fd)
{
    return fd < CLOSED_FDS ? __atomic_load_n(&closed[fd], __ATOMIC_RELAXED) : 0;
}

static uint32_t first_place(int fd)
{
    return (uint32_t)fd * FD_ROOM & (PENDING_ROOM - 1);
}

static uint32_t after(uint32_t place)
{
    return (place + 1) & (PENDING_ROOM - 1);
}

/* Takes an entry out: those behind it that would no longer be found move up. */
static void take_out(struct pending *p, uint32_t place)
{
    uint32_t gap = place;
    for (uint32_t i = after(place); p->entry[i].used; i = after(i)) {
        uint32_t home = first_place(p->entry[i].fd);
        if (((i - home) & (PENDING_ROOM - 1)) < ((i - gap) & (PENDING_ROOM - 1)))
            continue;
        p->entry[gap] = p->entry[i];
        gap = i;
    }
    p->entry[gap].used = 0;
    p->live--;
}

/* A poll of one fd is the loop of a thread that serves nobody else. */
static int serves_others(const struct turn_point *loop)
{
    return loop && (loop->hub || loop->fd >= 0 || loop->record->most_fds > 1);
}

/* Nobody else was served meanwhile: the thread's loop had no turn, or it has none and waited for
 * this one. */
static int was_in_place(const struct thread *t, const struct pending_entry *e)
{
    const struct turns *turns = &t->turns;
    return serves_others(turns->loop) ? e->turn && e->turn == turns->number
                                      : e->alone != turns->alone;
}

static void end(struct thread *t, uint32_t place, uint64_t now, int succeeded)
{
    struct pending *p = &t->pending;
    const struct pending_entry *e = &p->entry[place];
    struct trace_pending_wait *w = trace_at(e->record);
    uint64_t ticks = now > e->start ? now - e->start : 0;
    if (was_in_place(t, e)) {
        /* what waited in between, if anything did, is a call that blocked */
    } else if (succeeded) {
        arch_local_add(&w->count, 1);
        arch_local_add(&w->ticks, ticks);
        if (ticks > w->max) {
            w->max = ticks;
            w->max_start = e->start;
        }
    } else {
        arch_local_add(&w->unfinished, 1);
        arch_local_add(&w->unfinished_ticks, ticks);
    }
    w->live--;
    green_pending_end(w->spawn);
    take_out(p, place);
}

/* The wait of (call, fd), NULL if there is none. One that somebody closed the file of is ended. */
static struct pending_entry *find(struct thread *t, uint16_t call, int fd, uint64_t now)
{
    struct pending *p = &t->pending;
    for (uint32_t i = first_place(fd); p->entry && p->entry[i].used; i = after(i)) {
        struct pending_entry *e = &p->entry[i];
        if (e->fd != fd || e->call != call)
            continue;
        if (e->closed == closed_times(fd))
            return e;
        end(t, i, now, 0);
        return NULL;
    }
    return NULL;
}

/* The wait that lay in an entry before is often the same: where it is, nothing is looked for. */
static struct trace_pending_wait *
record_again(const struct thread *t, const struct trace_slot *slot, const struct pending_entry *e)
{
    struct trace_pending_wait *w = e->record ? trace_at(e->record) : NULL;
    return w && w->context == slot->context && w->call == slot->call && w->spawn == t->green.spawn
               ? w
               : NULL;
}

static struct trace_pending_wait *record_of(struct thread *t, const struct trace_slot *slot,
                                            const struct pending_entry *before)
{
    struct trace_pending_wait *again = record_again(t, slot, before);
    if (again)
        return again;
    uint64_t key = (uint64_t)t->green.spawn << 32 | slot->context;
    uint32_t id = refs_find(t, RECORD_PENDING_WAIT, slot->call, key);
    if (id)
        return trace_at(id);
    struct trace_pending_wait *w =
        trace_tight() || !refs_have_room(t) ? NULL : (void *)segment_new(&t->segment, sizeof *w);
    if (!w)
        return NULL;
    w->context = slot->context;
    w->call = slot->call;
    w->spawn = t->green.spawn;
    trace_commit(&w->head, RECORD_PENDING_WAIT);
    refs_add(t, RECORD_PENDING_WAIT, slot->call, key, trace_id(w));
    return w;
}

static int has_room(struct pending *p)
{
    if (!mapped && !trace_sealed())
        mapped = thread_map(PENDING_SIZE);
    p->entry = mapped;
    return mapped && p->live < PENDING_MOST;
}

static void count_peaks(struct thread *t, struct trace_pending_wait *w, uint64_t now)
{
    w->live++;
    if (w->live > w->peak) {
        w->peak = w->live;
        w->peak_when = now;
    }
    if (t->pending.live > t->record->pending_peak)
        t->record->pending_peak = t->pending.live;
}

static void begin(const struct visit *v)
{
    struct thread *t = v->thread;
    struct pending *p = &t->pending;
    const struct trace_slot *slot = trace_at(v->slot);
    if (find(t, v->call, v->fd, v->start))
        return; /* another try of the same wait */
    uint32_t place = first_place(v->fd);
    int room = has_room(p);
    while (room && p->entry[place].used)
        place = after(place);
    struct trace_pending_wait *w = room ? record_of(t, slot, &p->entry[place]) : NULL;
    if (!w) {
        trace_lose(TRACE_LOSS_PENDING, 1);
        return;
    }
    p->entry[place] = (struct pending_entry){.start = v->start,
                                             .record = trace_id(w),
                                             .fd = v->fd,
                                             .closed = closed_times(v->fd),
                                             .turn = t->turns.number,
                                             .alone = t->turns.alone,
                                             .call = v->call,
                                             .used = 1};
    p->live++;
    if (slot->target)
        w->target = slot->target;
    count_peaks(t, w, v->start);
    green_pending(w->spawn);
}

/* A call on a socket that has a time limit blocks and then says EAGAIN, too. */
static int was_asked_not_to_block(const struct visit *v)
{
    return v->ticks < thread_threshold ||
           (!trace_sealed() && arch_syscall(SYS_fcntl, v->fd, F_GETFL, 0, 0, 0, 0) & O_NONBLOCK);
}

static int would_block(uint16_t call, int error)
{
    return error == EAGAIN || (call == CALL_connect && (error == EINPROGRESS || error == EALREADY));
}

static void gave_up(const struct visit *v, int error)
{
    struct pending *p = &v->thread->pending;
    const struct pending_entry *e = find(v->thread, v->call, v->fd, v->start);
    if (e)
        end(v->thread, (uint32_t)(e - p->entry), v->start + v->ticks,
            v->call == CALL_connect && error == EISCONN);
}

/* 0: a signal handler interrupted a change of the table. */
static int enter(struct pending *p)
{
    if (p->busy)
        trace_lose(TRACE_LOSS_PENDING, 1);
    return !p->busy && ++p->busy;
}

static void leave(struct pending *p)
{
    p->busy = 0;
}

void pending_failed(struct visit *v, int error)
{
    struct pending *p = &v->thread->pending;
    if (v->fd < 0 || error == EINTR || !enter(p))
        return;
    if (!would_block(v->call, error))
        gave_up(v, error);
    else if (was_asked_not_to_block(v))
        begin(v);
    leave(p);
}

/* A connection that carries data is there, whoever asked the kernel about it. */
static int ends_by(const struct pending_entry *e, uint16_t call)
{
    return e->call == call || (e->call == CALL_connect && call_infos[call].blocks == BLOCKS_DATA);
}

static __attribute__((noinline)) void succeeded(const struct visit *v)
{
    struct pending *p = &v->thread->pending;
    int closes = call_infos[v->call].fd == CALLFD_CLOSES;
    if (!enter(p))
        return;
    for (uint32_t i = first_place(v->fd); p->entry[i].used;) {
        const struct pending_entry *e = &p->entry[i];
        if (e->fd != v->fd || !(closes || ends_by(e, v->call))) {
            i = after(i);
            continue;
        }
        /* what lies here now came from behind, and is looked at next */
        end(v->thread, i, v->start + v->ticks, !closes && e->closed == closed_times(v->fd));
    }
    leave(p);
}

/* Where the first place is free the fd has none. */
HOT_TEXT void pending_succeeded(struct visit *v)
{
    const struct pending *p = &v->thread->pending;
    if (p->entry[first_place(v->fd)].used || p->busy)
        succeeded(v);
}

void pending_leave(void)
{
    if (mapped && !trace_sealed())
        raw_munmap(mapped, PENDING_SIZE);
    mapped = NULL;
}
