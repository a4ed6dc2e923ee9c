/* SPDX-License-Identifier: MIT
 *
 * The owner of a call that Python code made, and the libraries between the two: Python packages,
 * and native ones that an extension module went into.
 */
#ifndef SHUNT_OWNER_PYTHON_H
#define SHUNT_OWNER_PYTHON_H

#include "owner.h"
#include "python.h"

/* `chain` is that of the context, and not empty. */
struct owner owner_in_python(const struct source *source, uint32_t context,
                             const struct python_chain *chain);

#endif
