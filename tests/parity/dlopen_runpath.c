/* SPDX-License-Identifier: MIT
 *
 * dlopen, dlmopen, dlsym and dlvsym answer a library with a RUNPATH as bare.
 */
#include "truth.h"

int runpath_finds(void);

int main(void)
{
    printf("found %d\n", runpath_finds());
    return 0;
}
