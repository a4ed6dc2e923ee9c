/* SPDX-License-Identifier: MIT
 *
 * A library whose constructor sleeps: under the loader's lock.
 */
#include <unistd.h>

__attribute__((constructor)) static void sleep_a_little(void)
{
    usleep(1000);
}
