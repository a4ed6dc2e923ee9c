/* SPDX-License-Identifier: MIT
 *
 * A policy held against recordings: compiled for the modules that were loaded in them, and replayed
 * on their calls.
 */
#ifndef SHUNT_POLICY_PLAY_H
#define SHUNT_POLICY_PLAY_H

#include "policy_modules.h"
#include "policy_replay.h"

/* Builds the report of the recordings (all processes, with the policy's wrappers) and the replay.
 * `replay` may have its each_chain set. 0, or -1 with a sentence; only after 0 the report is the
 * caller's to free. */
int policy_play(struct replay *replay, struct report *report, struct arena *arena,
                struct policy *policy, const char *const *paths, unsigned count,
                const struct report_options *options, struct error *error);

/* The site of a report whose id begins so; NULL with a sentence when none or several do. */
const struct replay_site *policy_play_site(const struct replay *replay, const char *prefix,
                                           struct error *error);

#endif
