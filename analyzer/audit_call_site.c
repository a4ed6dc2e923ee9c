/* SPDX-License-Identifier: MIT
 *
 * See audit_call_site.h. Two forms of call name their target: `call rel32`, mostly to a stub of the
 * procedure linkage table, and `call *disp32(%rip)`, through a word of the global offset table. The
 * stub is `jmp *disp32(%rip)`, after `endbr64` and with a `bnd` prefix in some builds.
 */
#include "audit_call_site.h"

#include "audit_image.h"

#include <stdbool.h>
#include <string.h>

#define CALL_RELATIVE 5u /* bytes of e8 rel32 */
#define CALL_INDIRECT 6u /* bytes of ff 15 disp32 */

static uintptr_t word_at(pid_t tid, uintptr_t address)
{
    uintptr_t word = 0;
    return audit_image_read(tid, address, &word, sizeof word) == sizeof word ? word : 0;
}

static uintptr_t displaced(const uint8_t *disp32, uintptr_t next)
{
    int32_t displacement;
    memcpy(&displacement, disp32, sizeof displacement);
    return next + (uintptr_t)(intptr_t)displacement;
}

/* Where a stub leads; the address itself if it is none. */
static uintptr_t through_stub(pid_t tid, uintptr_t address)
{
    static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
    uint8_t code[16] = {0};
    size_t at = 0;
    audit_image_read(tid, address, code, sizeof code);
    if (memcmp(code, endbr64, sizeof endbr64) == 0)
        at += sizeof endbr64;
    at += code[at] == 0xf2;
    if (code[at] != 0xff || code[at + 1] != 0x25)
        return address;
    return word_at(tid, displaced(code + at + 2, address + at + CALL_INDIRECT));
}

uintptr_t audit_call_site_target(pid_t tid, uintptr_t return_address)
{
    uint8_t code[CALL_INDIRECT];
    if (audit_image_read(tid, return_address - sizeof code, code, sizeof code) != sizeof code)
        return 0;
    if (code[0] == 0xff && code[1] == 0x15)
        return word_at(tid, displaced(code + 2, return_address));
    if (code[sizeof code - CALL_RELATIVE] == 0xe8)
        return through_stub(tid, displaced(code + 2, return_address));
    return 0;
}
