/* SPDX-License-Identifier: MIT
 *
 * The doors through which a process gives up rights that shunt needs: seccomp and the cycle
 * counter. The wrappers of prctl and syscall ask here, around the real call.
 */
#ifndef SHUNT_RIGHTS_H
#define SHUNT_RIGHTS_H

struct rights {
    int clock; /* reading the cycle counter becomes fatal */
    int calls; /* system calls of ours may be punished */
};

/* What this call would take, by its first arguments. */
struct rights rights_of_prctl(int option, unsigned long a);
struct rights rights_of_syscall(long number, long a, long b);

/* Before the call, so that nothing of ours can come after it; and after it: programs ask in this
 * way what the kernel knows, and are refused. Several may be at it at once: each counts by itself,
 * and what one gave up stays so when another is refused. */
void rights_give_up(const struct rights *lost);
void rights_told(const struct rights *lost, int refused);

#endif
