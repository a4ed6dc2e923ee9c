/* SPDX-License-Identifier: MIT
 *
 * What green threads leave behind that are parked when their thread ends: all of it is there again
 * for others, whether their workers are done before or afterwards, and nobody has anything twice.
 */
#include "support.h"

#include "kept.h"
#include "parcel.h"
#include "waiters.h"

#include <criterion/criterion.h>
#include <pthread.h>

enum { THREADS = 1500, EACH = 3 };

static struct parcel *lent[EACH];
static int object;

static void begin(void)
{
    cr_assert(parcel_start());
    cr_assert_eq(waiters_start(), 0);
    cr_assert_eq(kept_start(), 0);
}

/* One whose worker is done, one whose is not, and one that waits for a lock. */
static void *leave(void *unused)
{
    int reason;
    struct visit visit = {.frame = UINTPTR_MAX};
    struct waiting waiting = {0};
    for (int i = 0; i < EACH; i++) {
        lent[i] = parcel_take(&reason);
        cr_assert_not_null(lent[i], "none is left: reason %d", reason);
        parcel_lend(lent[i]);
    }
    parcel_have(lent[2]);
    parcel_give(lent[2]);
    cr_assert_eq(waiters_add(&waiting, &object), REASON_NONE);
    cr_assert(kept_has_room());
    kept_put_aside(&visit);
    parcel_finish(lent[0]);
    waiters_leave();
    kept_leave();
    parcel_leave();
    cr_expect_eq(kept_parked(), 0);
    return unused;
}

static unsigned count_parcels(void)
{
    int reason;
    static struct parcel *all[PARCELS];
    unsigned count = 0;
    while (count < PARCELS && (all[count] = parcel_take(&reason)))
        count++;
    for (unsigned i = 0; i < count; i++) {
        cr_expect_eq(all[i]->done, PARCEL_UNDER_WAY, "one is there twice");
        all[i]->done = PARCEL_LEFT;
    }
    for (unsigned i = 0; i < count; i++)
        parcel_give(all[i]);
    return count;
}

Test(parcel, what_a_thread_leaves_is_there_for_others)
{
    begin();
    unsigned before = count_parcels();
    cr_assert_gt(before, EACH);
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, leave, NULL);
        pthread_join(thread, NULL);
        parcel_finish(lent[1]);
        cr_expect_eq(waiters_wake(&object, 1), 0);
    }
    cr_expect_eq(count_parcels(), before);
    cr_expect(kept_has_room());
}
