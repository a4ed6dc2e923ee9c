/* SPDX-License-Identifier: MIT
 *
 * Libraries opened in ways that lead their calls past us: with RTLD_DEEPBIND they find libc before
 * us, and in a namespace of their own they have another libc. Each is recorded as a gap.
 */
#ifndef SHUNT_OPENED_H
#define SHUNT_OPENED_H

#include <dlfcn.h>

/* What the thunks in dl_x86_64.S ask first, with the arguments of the call: where to jump on to,
 * which is the next definition of the name. Any thread; no allocation; errno is kept. */
void *opened_by_dlopen(const char *path, int flags);
void *opened_by_dlmopen(Lmid_t space, const char *path, int flags);

/* Records what has a namespace of its own when we start: audit libraries (LD_AUDIT, DT_AUDIT), and
 * what a constructor opened. Constructor only. */
void opened_before(void);

#endif
