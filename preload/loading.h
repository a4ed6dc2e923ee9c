/* SPDX-License-Identifier: MIT
 *
 * What of C++ and of the loader a call may be made inside, which would have to be left standing if
 * other green threads ran: an exception, which is the thread's and not the green thread's; and the
 * loading of a library, under the loader's lock.
 */
#ifndef SHUNT_LOADING_H
#define SHUNT_LOADING_H

#include "guard.h"

/* Is the call made while the loader runs (a constructor, a lookup) on this thread? Its chain is
 * learned if it is not known. 1, too, of a call that is not observed: its chain is not to be had.
 */
int loading_here(struct visit *v);

/* Has the calling thread a C++ exception in flight or caught? Not in a signal handler. Exceptions
 * of a C++ library that is linked into another object are not seen. */
int loading_exception(void);

/* Libraries may have been opened: the C++ library is looked for again. */
void loading_note(void);

#endif
