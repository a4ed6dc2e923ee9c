/* SPDX-License-Identifier: MIT
 *
 * What the table of calls says of a rule's modifiers: which calls can be denied, and which can have
 * a deadline. Used by the analyzer, too, which says so before anything runs.
 */
#ifndef SHUNT_POLICY_BOUNDS_H
#define SHUNT_POLICY_BOUNDS_H

#include "calls.h"

enum policy_bar {
    POLICY_MAY,
    POLICY_BAR_OUTSIDE, /* its wrapper asks no rule: it is bound to its thread, or made by number */
    POLICY_BAR_SILENT,  /* its result has no word for a failure */
    POLICY_BAR_WRITES,  /* a failure of it is told in its caller's memory, too */
    POLICY_BAR_GIVES,   /* it gives something back, and must not fail */
    POLICY_BAR_ENDLESS, /* it cannot be ended early */
    POLICY_BAR_DISK,    /* ... for it waits for the disk */
    POLICY_BAR_LOSES    /* libc's own code stands around it: what it has read would be lost */
};

enum policy_bar policy_bar_deny(enum call_id call);
enum policy_bar policy_bar_deadline(enum call_id call);

#endif
