/* SPDX-License-Identifier: MIT
 *
 * Eventlet and gevent: greenlets that a hub in the same thread runs. The C side of it is here, and
 * what needs their objects is in runtime_python.py, which comes into the process with the first
 * call that is to be parked while one of the two is there.
 *
 * With the interpreter lock given away the caller said that others may run: only such calls are
 * parked. Greenlets of one thread share its thread state, so the state that the caller saved stays
 * valid.
 */
#ifndef SHUNT_RUNTIME_PYTHON_H
#define SHUNT_RUNTIME_PYTHON_H

#include "runtime.h"

extern const struct runtime runtime_python __attribute__((visibility("hidden")));

#endif
