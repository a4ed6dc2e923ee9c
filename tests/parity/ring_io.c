/* SPDX-License-Identifier: MIT
 *
 * io_uring by hand, beside ordinary calls: the ring works as bare, also when it is used by a thread
 * that makes no other call, and the ordinary calls are counted.
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "truth.h"

#define ENTRIES 8u
#define ROUNDS  200

static int ring, zero;
static struct io_uring_params params;
static char *queue, *completions;
static struct io_uring_sqe *entries;

static unsigned *field(char *base, unsigned offset)
{
    return (unsigned *)(void *)(base + offset);
}

static void set_up(void)
{
    ring = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
    if (ring < 0)
        truth_skip("no io_uring here");
    size_t size = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    size_t done = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    queue = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
                 IORING_OFF_SQ_RING);
    completions = mmap(NULL, done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring,
                       IORING_OFF_CQ_RING);
    entries = mmap(NULL, params.sq_entries * sizeof *entries, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
    truth_check(queue != MAP_FAILED && completions != MAP_FAILED && entries != MAP_FAILED);
}

/* One read through the ring; its result. */
static int read_by_ring(char *buffer, unsigned size)
{
    unsigned tail = *field(queue, params.sq_off.tail);
    unsigned index = tail & *field(queue, params.sq_off.ring_mask);
    entries[index] = (struct io_uring_sqe){
        .opcode = IORING_OP_READ, .fd = zero, .addr = (uintptr_t)buffer, .len = size};
    field(queue, params.sq_off.array)[index] = index;
    __atomic_store_n(field(queue, params.sq_off.tail), tail + 1, __ATOMIC_RELEASE);
    truth_check(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) == 1);
    unsigned head = *field(completions, params.cq_off.head);
    unsigned at = head & *field(completions, params.cq_off.ring_mask);
    struct io_uring_cqe *done = (void *)(completions + params.cq_off.cqes);
    int result = done[at].res;
    __atomic_store_n(field(completions, params.cq_off.head), head + 1, __ATOMIC_RELEASE);
    return result;
}

static void *run(void *arg)
{
    char buffer[16];
    for (int i = 0; i < ROUNDS; i++)
        truth_check(read_by_ring(buffer, sizeof buffer) == (int)sizeof buffer);
    return arg;
}

int main(void)
{
    pthread_t thread;
    char buffer[16];
    zero = open("/dev/zero", O_RDONLY);
    set_up();
    for (int i = 0; i < ROUNDS; i++)
        truth_check(read(zero, buffer, sizeof buffer) == (ssize_t)sizeof buffer);
    run(NULL);
    truth_check(pthread_create(&thread, NULL, run, NULL) == 0);
    pthread_join(thread, NULL);
    truth_expect("calls read == %d", ROUNDS);
    return 0;
}
