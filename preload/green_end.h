/* SPDX-License-Identifier: MIT
 *
 * How a green thread ended: by a return, or by which exception. Its last frame is left while the
 * exception that leaves it is in the interpreter's hands.
 */
#ifndef SHUNT_GREEN_END_H
#define SHUNT_GREEN_END_H

enum green_end {
    GREEN_END_UNKNOWN, /* in this version of CPython */
    GREEN_END_RETURNED,
    GREEN_END_KILLED,    /* greenlet.GreenletExit: killed, or forgotten by everybody */
    GREEN_END_TIMED_OUT, /* an exception whose name ends so */
    GREEN_END_FAILED     /* any other */
};

/* Of the green thread whose outermost frame the calling thread, with this PyThreadState, is just
 * leaving. */
enum green_end green_end_of(const void *state);

#endif
