/* SPDX-License-Identifier: MIT
 *
 * Where the policy in force comes from: at the start from a file, later from the trace, into which
 * `shunt policy apply` has put another one. Either is copied into memory of ours and checked before
 * any of it is believed; one that is refused leaves the policy before it in force.
 */
#ifndef SHUNT_POLICY_LOAD_H
#define SHUNT_POLICY_LOAD_H

#include "calls.h"
#include "guard.h"
#include "place.h"
#include "policy_eval.h"

#include <stdint.h>

enum {
    FORCE_MODULES = 512, /* modules' numbers from there on are looked up each time */
    FORCE_LISTS = 8192, /* distinct lists of rules, at most and by the number of rules; without room
                           the rules are gone through each time */
    FORCE_SERIALS = 1 << 18
};

enum force_filling { FORCE_EMPTY, FORCE_BEGUN, FORCE_FILLED };

/* A policy and what was found out under it; fork copies it. */
struct force {
    size_t size; /* of the mapping, the block included */
    size_t records_size;
    uint32_t serial; /* tells it from those before; from 1 */
    struct policy_view view;
    uint32_t *records;         /* ids of the rules' records, 0 none yet; wiped by fork */
    uint64_t second;           /* in ticks */
    uint32_t call[CALL_COUNT]; /* index in POLICY_CALLS */
    uint8_t asked[CALL_COUNT]; /* a rule may be about it */
    struct force_module {
        uint32_t state; /* enum force_filling */
        struct policy_loaded loaded;
    } module[FORCE_MODULES];
    struct force_list { /* the rules that may take the calls of a chain */
        uint32_t state; /* enum force_filling */
        struct policy_steps steps;
    } * list;
    size_t list_size;    /* of the mapping */
    uint32_t list_count; /* a power of two */
};

/* The process's executable, and the name it was started by. */
extern char force_executable[4096];
extern char force_started_as[17];

/* Puts the policy in the file into force, which must be a regular file of the user's or root's that
 * nobody else may write to. One that is refused is a gap, and everything stays in place until
 * another is taken over. -1: none can be. Constructor only, with a trace open. */
int force_load(const char *path);

/* Calls of the thread that look at a policy. */
extern __thread struct places force_self __attribute__((visibility("hidden")));

/* The policy in force, which stays until the visit's call releases it; takes over a newer one
 * first. NULL: none, or no room to look at it. Any context; the visit is observed. */
struct force *force_hold(const struct visit *v);
void force_release(void);

/* Releases for looks of this number (from 0) on, which were left in other ways. */
void force_leave(uint32_t number);

#endif
