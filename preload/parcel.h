/* SPDX-License-Identifier: MIT
 *
 * What a worker reads and writes while the caller's green thread is parked. The caller's stack may
 * be copied away meanwhile, and another green thread's lie at its addresses: so the call's frame,
 * the copies of what its arguments point to, and what became of it lie here.
 *
 * Each parcel has an eventfd of its own for its runtime to wait for. Their numbers are high, so
 * that those of the program stay as they are without us, and few, for they are used again.
 *
 * All of it is memory that a fork child finds wiped.
 */
#ifndef SHUNT_PARCEL_H
#define SHUNT_PARCEL_H

#include <stddef.h>
#include <stdint.h>

enum { PARCELS = 1024, PARCEL_ROOM = 3840, PARCEL_EXTRA = 4 };

struct parcel {
    uint32_t next; /* index + 1 in the list of free ones */
    uint32_t done; /* enum parcel_done */
    uint32_t used; /* bytes of `room` */
    uint32_t extras;

    /* The call */
    int (*run)(void *frame);
    void *frame; /* in `room` */

    /* What became of it: as of pool_worker. */
    int32_t failed;
    int32_t error;
    int32_t raised;
    int32_t h_error; /* h_errno of the worker */
    uint64_t began;
    uint64_t ended;

    struct {
        void *memory;
        size_t size;
    } extra[PARCEL_EXTRA]; /* what is too large for `room` */
    char room[PARCEL_ROOM] __attribute__((aligned(16)));
} __attribute__((aligned(4096)));

/* Of a worker's call. */
enum parcel_done {
    PARCEL_UNDER_WAY,
    PARCEL_OVER, /* by the worker, after all else */
    PARCEL_LEFT  /* by the caller's thread: nobody waits for it any more */
};

/* Makes the memory. Constructor only; 1: done. */
int parcel_start(void);

/* A number of this process that none of its ancestors has. */
uint32_t parcel_process(void);

/* An empty one, or NULL and why not (enum trace_reason). Not in a signal handler. */
struct parcel *parcel_claim(int *reason);
/* One that has its eventfd. A process that never parks has none: it could see it. */
struct parcel *parcel_take(int *reason);
void parcel_give(struct parcel *parcel);

/* A worker has it, for a green thread of the calling thread; and has no more. */
void parcel_lend(const struct parcel *parcel);
void parcel_have(const struct parcel *parcel);

/* The calling thread ends, and with it those of its green threads that are parked: what is lent for
 * them is given back, by its worker if that still has it. */
void parcel_leave(void);

/* Room for `size` bytes, aligned for anything; NULL: there is none. */
void *parcel_room(struct parcel *parcel, size_t size);

/* Its eventfd; -1: there is no room for one. */
int parcel_fd(const struct parcel *parcel);

/* By the worker: the call is over. The parcel is not touched afterwards. */
void parcel_finish(struct parcel *parcel);

/* By the caller, when it was woken: is it over? */
int parcel_is_over(struct parcel *parcel);

#endif
