/* SPDX-License-Identifier: MIT
 *
 * What a signal interrupted.
 */
#ifndef SHUNT_INTERRUPTED_H
#define SHUNT_INTERRUPTED_H

/* Of system calls that had been begun and transferred nothing. */
enum interrupted {
    INTERRUPTED_NOTHING,
    INTERRUPTED_ENDS,    /* one that a handler always ends with EINTR */
    INTERRUPTED_RESTARTS /* one that is made again when a handler with SA_RESTART returns */
};

/* For a handler with SA_RESTART, and its context; with `end` a call that would restart ends with
 * EINTR, too. */
enum interrupted interrupted_call(void *context, int end);

#endif
