/* SPDX-License-Identifier: MIT
 *
 * How the analyzer's rooms say what went wrong: one sentence that names what, where (file, offset)
 * and what to do. Only cmd_*.c prints it.
 */
#ifndef SHUNT_ERROR_H
#define SHUNT_ERROR_H

struct error {
    char text[1024];
};

/* Writes the sentence and returns -1, so that callers can `return error_set(...)`. */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
