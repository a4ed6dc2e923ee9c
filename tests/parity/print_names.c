/* SPDX-License-Identifier: MIT
 *
 * Linked statically, so that it cannot be observed: prints the names in its environment.
 */
#include <stdio.h>
#include <string.h>

extern char **environ;

int main(void)
{
    for (char **entry = environ; *entry; entry++)
        printf("%.*s\n", (int)strcspn(*entry, "="), *entry);
    return 3;
}
