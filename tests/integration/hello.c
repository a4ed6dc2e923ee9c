/* SPDX-License-Identifier: MIT
 *
 * A program for every way of linking: says hello and exits 3.
 */
#include <unistd.h>

int main(void)
{
    return write(1, "hello\n", 6) == 6 ? 3 : 1;
}
