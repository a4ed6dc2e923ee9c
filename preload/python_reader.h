/* SPDX-License-Identifier: MIT
 *
 * Reads and writes that the interpreter makes for a buffered file object: it is in use until they
 * return, and says "reentrant call" to another green thread of the thread that comes to it.
 */
#ifndef SHUNT_PYTHON_READER_H
#define SHUNT_PYTHON_READER_H

struct visit;

/* What os.read and os.write are in C: reads and writes on nobody's behalf. Once, with the
 * interpreter lock held. */
void python_reader_know(void *os_read, void *os_write);

/* Is it such a call, or may it be one? Its chain must be known. */
int python_reader(const struct visit *v);

#endif
