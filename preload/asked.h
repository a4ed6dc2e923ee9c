/* SPDX-License-Identifier: MIT
 *
 * Functions that somebody looked up past us: by RTLD_NEXT from a library that comes after us,
 * through a handle of libc's, or by a version that libc's name has and ours has not. What is called
 * through such an address is not seen, so it is recorded as a gap, one for each library that asked.
 */
#ifndef SHUNT_ASKED_H
#define SHUNT_ASKED_H

#include <stdint.h>

/* What the thunks in dl_x86_64.S ask first, with the arguments of the call and its return address:
 * where to jump on to, which is the next definition of dlsym or dlvsym. Any thread, also before the
 * constructor; errno is kept. */
void *asked_by_dlsym(void *handle, const char *name, const void *unused, uintptr_t caller);
void *asked_by_dlvsym(void *handle, const char *name, const char *version, uintptr_t caller);

/* A fork child does not wait for a thread that it does not have. */
void asked_forget(void);

/* Records what was looked up before there was a trace. Constructor only. */
void asked_start(void);

#endif
