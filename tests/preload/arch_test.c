/* SPDX-License-Identifier: MIT
 *
 * Which bytes are a call instruction, as the assembler makes it.
 */
#include "arch_x86_64.h"

#include <criterion/criterion.h>
#include <string.h>

static int ends_in_call(const char *code, size_t size)
{
    uint8_t bytes[ARCH_CALL_MOST];
    memset(bytes, 0x90, sizeof bytes);
    memcpy(bytes + sizeof bytes - size, code, size);
    return arch_ends_in_call(bytes);
}

#define CALLS(code) ends_in_call(code, sizeof(code) - 1)

Test(arch, knows_every_form_of_a_call)
{
    cr_assert(CALLS("\xe8\x01\x02\x03\x04"));         /* call rel32 */
    cr_assert(CALLS("\xff\xd0"));                     /* call *%rax */
    cr_assert(CALLS("\x41\xff\xd3"));                 /* call *%r11 */
    cr_assert(CALLS("\xff\x10"));                     /* call *(%rax) */
    cr_assert(CALLS("\xff\x14\x24"));                 /* call *(%rsp) */
    cr_assert(CALLS("\xff\x55\x00"));                 /* call *0(%rbp) */
    cr_assert(CALLS("\xff\x54\x24\x08"));             /* call *8(%rsp) */
    cr_assert(CALLS("\xff\x15\x01\x02\x03\x04"));     /* call *x(%rip) */
    cr_assert(CALLS("\x41\xff\x97\x01\x02\x03\x04")); /* call *x(%r15) */
    cr_assert(CALLS("\xff\x94\x24\x01\x02\x03\x04")); /* call *x(%rsp) */
    cr_assert(CALLS("\xff\x14\x25\x01\x02\x03\x04")); /* call *x */
    cr_assert(CALLS("\xff\x14\xc5\x01\x02\x03\x04")); /* call *x(,%rax,8) */
}

Test(arch, takes_nothing_else_for_a_call)
{
    cr_assert_not(CALLS("\xe9\x01\x02\x03\x04")); /* jmp rel32 */
    cr_assert_not(CALLS("\xff\xe0"));             /* jmp *%rax */
    cr_assert_not(CALLS("\xff\x30"));             /* push (%rax) */
    cr_assert_not(CALLS("\xff\x15\x01\x02"));     /* cut off */
    cr_assert_not(CALLS("\xff\x14"));
    cr_assert_not(CALLS("\xff\x50"));
    cr_assert_not(CALLS("\x29\x18\x33\x2b\x7f\x00\x00")); /* a pointer */
    cr_assert_not(CALLS("\xff\xff\xff\xff\xff\xff\xff"));
    cr_assert_not(CALLS("\x00\x00\x00\x00\x00\x00\x00"));
}
