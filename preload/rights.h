/* SPDX-License-Identifier: MIT
 *
 * The doors through which a process gives up rights that shunt needs: seccomp and the cycle
 * counter. The wrappers of prctl and syscall ask here, around the real call.
 */
#ifndef SHUNT_RIGHTS_H
#define SHUNT_RIGHTS_H

struct rights {
    int clock;  /* reading the cycle counter becomes fatal */
    int calls;  /* system calls of ours may be punished */
    int before; /* ... and were so already */
};

/* What this call would take, by its first arguments. */
struct rights rights_of_prctl(int option, unsigned long a);
struct rights rights_of_syscall(long number, long a, long b);

/* Before the call, so that nothing of ours can come after it; and after it, if the kernel refused:
 * programs ask in this way what it knows. */
void rights_give_up(struct rights *lost);
void rights_refused(const struct rights *lost);

#endif
