/* SPDX-License-Identifier: MIT
 *
 * The entry point that libFuzzer calls.
 */
#ifndef SHUNT_FUZZ_H
#define SHUNT_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
