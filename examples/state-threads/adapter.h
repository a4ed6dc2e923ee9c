/* SPDX-License-Identifier: MIT
 *
 * State Threads as a green runtime of shunt's. Without shunt it does nothing.
 */
#ifndef STATE_THREADS_ADAPTER_H
#define STATE_THREADS_ADAPTER_H

/* After st_init, once, on the thread that called it. 0, or an error number. */
int adapter_start(void);

/* At the beginning of each thread whose calls may be parked; the first one's, too. */
void adapter_enter(void);

#endif
