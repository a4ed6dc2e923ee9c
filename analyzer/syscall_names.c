/* SPDX-License-Identifier: MIT
 *
 * See syscall_names.h. The build makes the list out of <sys/syscall.h>.
 */
#include "syscall_names.h"

#include <stddef.h>
#include <sys/syscall.h>

static const char *const names[] = {
#include "syscall_names.inc"
};

const char *syscall_name(uint64_t number)
{
    const char *name = number < sizeof names / sizeof *names ? names[number] : NULL;
    return name ? name : "unknown";
}
