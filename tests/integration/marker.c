/* SPDX-License-Identifier: MIT
 *
 * A preload library of somebody else's: its constructor leaves a mark.
 */
#include <stdlib.h>

static void __attribute__((constructor)) mark(void)
{
    setenv("MARKER", "marked", 1);
}
