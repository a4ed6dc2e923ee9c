/* SPDX-License-Identifier: MIT
 *
 * See fold.h. A thread is folded in two passes, first making every record that the sum lacks, then
 * adding: when the file is full, the thread simply keeps its segment.
 */
#include "fold.h"

#include "contention.h"
#include "python_frames.h"
#include "trace.h"

#include <string.h>

enum {
    KEEP_ENDED = 32, /* ended threads that keep their segment */
    KEEP_LOOPS = 64, /* ... if they were loops, whose turns cannot be added up */
    KEEP_CHILDREN = 256,
    FOLD_SUMS = 16, /* (name, spawn point) with a sum of their own; the last takes all others */
    LEFT = 64       /* threads that end while another is being folded */
};

struct fold {
    struct segment segment;
    struct trace_thread *record;
};

static struct {
    uint32_t taken;
    uint32_t left[LEFT]; /* newest chunk of a segment that is to be folded; 0: none */
    uint32_t ended;
    struct fold fold[FOLD_SUMS];
} ended;

void fold_forget(void)
{
    memset(&ended, 0, sizeof ended);
}

static struct fold *fold_for(const struct trace_thread *thread)
{
    for (int i = 0; i < FOLD_SUMS; i++) {
        struct fold *f = &ended.fold[i];
        int last = i == FOLD_SUMS - 1;
        if (!f->record) {
            f->record = segment_open(&f->segment, thread->pid, 0, thread->start + (uint64_t)i);
            if (!f->record)
                return NULL;
            memcpy(f->record->name, last ? "(others)" : thread->name, last ? 9 : TRACE_THREAD_NAME);
            f->record->spawn = last ? 0 : thread->spawn;
            trace_commit(&f->record->head, RECORD_THREAD);
        }
        if (last || (f->record->spawn == thread->spawn &&
                     !memcmp(f->record->name, thread->name, TRACE_THREAD_NAME)))
            return f;
    }
    return NULL;
}

static int same_slot(struct trace_record *record, void *data)
{
    const struct trace_slot *a = (void *)record, *b = data;
    return a->call == b->call && a->context == b->context;
}

static int same_histogram(struct trace_record *record, void *data)
{
    const struct trace_histogram *a = (void *)record, *b = data;
    if (a->call != b->call || a->head.aux != b->head.aux || !a->pyframe != !b->pyframe)
        return 0;
    return a->pyframe ? python_function(a->pyframe) == python_function(b->pyframe)
                      : a->frame == b->frame;
}

static struct trace_histogram *histogram_in(struct fold *f, struct trace_histogram *like)
{
    struct trace_histogram *h =
        (void *)segment_each(&f->segment, RECORD_HISTOGRAM, same_histogram, like);
    if (!h && (h = (void *)segment_new(&f->segment, sizeof *h))) {
        h->head.aux = like->head.aux;
        h->call = like->call;
        h->frame = like->frame;
        h->pyframe = like->pyframe;
        trace_commit(&h->head, RECORD_HISTOGRAM);
    }
    return h;
}

/* Non-zero: no room. */
static int ensure_slot(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_slot *like = (void *)record;
    if (segment_each(&f->segment, RECORD_SLOT, same_slot, record))
        return 0;
    struct trace_histogram *h = histogram_in(f, trace_at(like->histogram));
    struct trace_slot *s = h ? (void *)segment_new(&f->segment, sizeof *s) : NULL;
    if (!s)
        return 1;
    s->context = like->context;
    s->call = like->call;
    s->histogram = trace_id(h);
    trace_commit(&s->head, RECORD_SLOT);
    return 0;
}

static int add_slot(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_slot *from = (void *)record;
    struct trace_slot *to = (void *)segment_each(&f->segment, RECORD_SLOT, same_slot, record);
    if (!to)
        return 0;
    to->count += from->count;
    to->ticks += from->ticks;
    to->blocked += from->blocked;
    to->blocked_ticks += from->blocked_ticks;
    to->errors += from->errors;
    to->again += from->again;
    to->interrupted += from->interrupted;
    to->stall_turns += from->stall_turns;
    to->stall_ticks += from->stall_ticks;
    to->no_timeout += from->no_timeout;
    to->flags |= from->flags;
    if (to->target && from->target && to->target != from->target)
        to->flags |= SLOT_MANY_TARGETS;
    if (from->target)
        to->target = from->target;
    if (from->last_errno)
        to->last_errno = from->last_errno;
    if (from->route)
        to->route = from->route;
    if (from->reason)
        to->reason = from->reason;
    if (from->max > to->max) {
        to->max = from->max;
        to->max_start = from->max_start;
    }
    return 0;
}

static int add_histogram(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_histogram *from = (void *)record;
    struct trace_histogram *to =
        (void *)segment_each(&f->segment, RECORD_HISTOGRAM, same_histogram, record);
    for (unsigned i = 0; to && i < TRACE_BUCKETS; i++)
        if (__builtin_add_overflow(to->bucket[i], from->bucket[i], &to->bucket[i]))
            to->bucket[i] = UINT32_MAX;
    return 0;
}

static int same_lock(struct trace_record *record, void *data)
{
    return contention_same((void *)record, data);
}

/* Non-zero: no room. */
static int ensure_lock(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_lock *like = (void *)record;
    if (segment_each(&f->segment, RECORD_LOCK, same_lock, record))
        return 0;
    struct trace_lock *l = (void *)segment_new(&f->segment, sizeof *l);
    if (!l)
        return 1;
    *l = (struct trace_lock){.head = l->head,
                             .context = like->context,
                             .call = like->call,
                             .holder = like->holder,
                             .frame = like->frame,
                             .holder_context = like->holder_context,
                             .holder_call = like->holder_call};
    l->head.aux = like->head.aux;
    trace_commit(&l->head, RECORD_LOCK);
    return 0;
}

static int add_lock(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_lock *from = (void *)record;
    struct trace_lock *to = (void *)segment_each(&f->segment, RECORD_LOCK, same_lock, record);
    if (!to)
        return 0;
    to->count += from->count;
    to->ticks += from->ticks;
    if (from->max > to->max)
        to->max = from->max;
    return 0;
}

static int same_pending(struct trace_record *record, void *data)
{
    const struct trace_pending_wait *a = (void *)record, *b = data;
    return a->call == b->call && a->context == b->context && a->spawn == b->spawn;
}

/* Non-zero: no room. */
static int ensure_pending(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_pending_wait *like = (void *)record;
    if (segment_each(&f->segment, RECORD_PENDING_WAIT, same_pending, record))
        return 0;
    struct trace_pending_wait *w = (void *)segment_new(&f->segment, sizeof *w);
    if (!w)
        return 1;
    w->context = like->context;
    w->call = like->call;
    w->spawn = like->spawn;
    trace_commit(&w->head, RECORD_PENDING_WAIT);
    return 0;
}

/* What the thread was still waiting for never succeeded. */
static int add_pending(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_pending_wait *from = (void *)record;
    struct trace_pending_wait *to =
        (void *)segment_each(&f->segment, RECORD_PENDING_WAIT, same_pending, record);
    if (!to)
        return 0;
    to->count += from->count;
    to->ticks += from->ticks;
    to->unfinished += from->unfinished + from->live;
    to->unfinished_ticks += from->unfinished_ticks;
    if (from->target)
        to->target = from->target;
    if (from->max > to->max) {
        to->max = from->max;
        to->max_start = from->max_start;
    }
    if (from->peak > to->peak) {
        to->peak = from->peak;
        to->peak_when = from->peak_when;
    }
    return 0;
}

static int same_routed(struct trace_record *record, void *data)
{
    const struct trace_routed *a = (void *)record, *b = data;
    return a->call == b->call && a->context == b->context;
}

/* Non-zero: no room. */
static int ensure_routed(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_routed *like = (void *)record;
    if (segment_each(&f->segment, RECORD_ROUTED, same_routed, record))
        return 0;
    struct trace_routed *r = (void *)segment_new(&f->segment, sizeof *r);
    if (!r)
        return 1;
    r->context = like->context;
    r->call = like->call;
    trace_commit(&r->head, RECORD_ROUTED);
    return 0;
}

static int add_routed(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_routed *from = (void *)record;
    struct trace_routed *to = (void *)segment_each(&f->segment, RECORD_ROUTED, same_routed, record);
    if (!to)
        return 0;
    to->pool = from->pool;
    to->moved += from->moved;
    to->ticks += from->ticks;
    to->handoff_ticks += from->handoff_ticks;
    to->run_ticks += from->run_ticks;
    to->aborted += from->aborted;
    to->expired += from->expired;
    to->denied += from->denied;
    to->green_ticks += from->green_ticks;
    to->green_run_ticks += from->green_run_ticks;
    to->parked_ticks += from->parked_ticks;
    for (unsigned i = 0; i < GREEN_WAYS; i++)
        to->green[i] += from->green[i];
    if (from->handoff_max > to->handoff_max)
        to->handoff_max = from->handoff_max;
    for (unsigned i = 0; i < REASON_ROOM; i++)
        if (__builtin_add_overflow(to->in_place[i], from->in_place[i], &to->in_place[i]))
            to->in_place[i] = UINT32_MAX;
    return 0;
}

static int same_rollout(struct trace_record *record, void *data)
{
    const struct trace_rollout *a = (void *)record, *b = data;
    return a->call == b->call && a->context == b->context && a->head.aux == b->head.aux;
}

/* Non-zero: no room. */
static int ensure_rollout(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_rollout *like = (void *)record;
    if (segment_each(&f->segment, RECORD_ROLLOUT, same_rollout, record))
        return 0;
    struct trace_histogram *h = histogram_in(f, trace_at(like->histogram));
    struct trace_rollout *r = h ? (void *)segment_new(&f->segment, sizeof *r) : NULL;
    if (!r)
        return 1;
    r->head.aux = like->head.aux;
    r->context = like->context;
    r->call = like->call;
    r->histogram = trace_id(h);
    trace_commit(&r->head, RECORD_ROLLOUT);
    return 0;
}

static int add_rollout(struct trace_record *record, void *data)
{
    struct fold *f = data;
    const struct trace_rollout *from = (void *)record;
    struct trace_rollout *to =
        (void *)segment_each(&f->segment, RECORD_ROLLOUT, same_rollout, record);
    if (!to)
        return 0;
    to->count += from->count;
    to->ticks += from->ticks;
    to->errors += from->errors;
    if (from->max > to->max)
        to->max = from->max;
    return 0;
}

static void add_thread(struct trace_thread *to, const struct trace_thread *from)
{
    to->folded++;
    to->end = from->end;
    to->explained += from->explained;
    to->nested += from->nested;
    to->cpu += from->cpu;
    to->checked += from->checked;
    to->wrong += from->wrong;
    to->learned += from->learned;
    to->uncounted += from->uncounted;
    to->locks += from->locks & ~(uint64_t)TRACE_LOCKS_HELD;
    to->unheld += from->unheld;
    if (from->pending_peak > to->pending_peak)
        to->pending_peak = from->pending_peak;
}

/* 1 if the segment stays as it is. */
static int keeps_segment(const struct trace_thread *record)
{
    uint32_t room = record->loop ? KEEP_LOOPS : KEEP_ENDED;
    if (ended.ended >= room)
        return 0;
    ended.ended++;
    return 1;
}

/* 1 if all of it is in the sum now. */
static int add_segment(struct fold *f, const struct segment *s, const struct trace_thread *record)
{
    if (segment_each(s, RECORD_SLOT, ensure_slot, f) ||
        segment_each(s, RECORD_LOCK, ensure_lock, f) ||
        segment_each(s, RECORD_ROUTED, ensure_routed, f) ||
        segment_each(s, RECORD_ROLLOUT, ensure_rollout, f) ||
        segment_each(s, RECORD_PENDING_WAIT, ensure_pending, f))
        return 0;
    segment_each(s, RECORD_SLOT, add_slot, f);
    segment_each(s, RECORD_HISTOGRAM, add_histogram, f);
    segment_each(s, RECORD_LOCK, add_lock, f);
    segment_each(s, RECORD_ROUTED, add_routed, f);
    segment_each(s, RECORD_ROLLOUT, add_rollout, f);
    segment_each(s, RECORD_PENDING_WAIT, add_pending, f);
    add_thread(f->record, record);
    return 1;
}

static void fold_one(struct segment *s, struct trace_thread *record)
{
    if (keeps_segment(record))
        return;
    struct fold *f = fold_for(record);
    if (f && add_segment(f, s, record))
        segment_release(s);
}

/* 0: there is no place left, and the thread keeps its segment. */
static int leave(const struct segment *s)
{
    for (int i = 0; i < LEFT; i++) {
        uint32_t none = 0;
        if (__atomic_compare_exchange_n(&ended.left[i], &none, trace_chunk_number(s->chunk), 0,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            return 1;
    }
    return 0;
}

static int is_one_left(void)
{
    int found = 0;
    for (int i = 0; i < LEFT && !found; i++)
        found = __atomic_load_n(&ended.left[i], __ATOMIC_SEQ_CST) != 0;
    return found;
}

static void fold_left(void)
{
    for (int i = 0; i < LEFT; i++) {
        uint32_t number = __atomic_exchange_n(&ended.left[i], 0, __ATOMIC_SEQ_CST);
        if (!number)
            continue;
        struct trace_chunk *chunk = trace_chunk_at(number);
        struct segment s = {chunk, chunk->pid, chunk->tid, chunk->start};
        while (chunk->previous)
            chunk = trace_chunk_at(chunk->previous);
        fold_one(&s, (struct trace_thread *)(chunk + 1));
    }
}

/* A thread that finds another at it does not wait in its last moments: that one folds what is left
 * here, and looks once more when it is done. */
void fold_thread(const struct segment *s)
{
    if (!leave(s))
        return;
    while (is_one_left() && !__atomic_exchange_n(&ended.taken, 1, __ATOMIC_SEQ_CST)) {
        fold_left();
        __atomic_store_n(&ended.taken, 0, __ATOMIC_SEQ_CST);
    }
}

/* ---- fork children ---- */

/* The children's sum, as the header knows it; made when it is first needed. 0: no room. */
static int children_open(struct fold *f)
{
    struct trace_chunk *chunk = NULL;
    f->segment = (struct segment){.start = trace_file->first_clock.ticks};
    if (!trace_file->children_sum) {
        f->record = segment_open(&f->segment, 0, 0, f->segment.start);
        if (!f->record)
            return 0;
        memcpy(f->record->name, "(children)", sizeof "(children)");
        trace_commit(&f->record->head, RECORD_THREAD);
        return 1;
    }
    f->segment.chunk = trace_chunk_at(trace_file->children_sum);
    for (chunk = f->segment.chunk; chunk->previous;)
        chunk = trace_chunk_at(chunk->previous);
    f->record = (struct trace_thread *)(chunk + 1);
    return 1;
}

static int children_add(const struct segment *s, const struct trace_thread *record)
{
    struct fold f;
    if (trace_file->children++ < KEEP_CHILDREN || !children_open(&f))
        return 0;
    int added = add_segment(&f, s, record);
    trace_file->children_sum = trace_chunk_number(f.segment.chunk);
    return added;
}

int fold_child(struct segment *s, struct trace_thread *record)
{
    if (!trace_is_whole() || !trace_enter_shared(&trace_file->children_lock))
        return 0;
    int added = children_add(s, record);
    trace_leave_shared(&trace_file->children_lock);
    if (added)
        segment_release(s);
    return added;
}
