/* SPDX-License-Identifier: MIT
 *
 * Where a frame ends, from hand-made unwind information.
 */
#include "cfi.h"

#include <criterion/criterion.h>
#include <string.h>

enum { FUNCTION = 0x1000, RSP = 7, RBP = 6 };

static uint8_t section[256];

static size_t put(size_t at, const void *bytes, size_t size)
{
    memcpy(section + at, bytes, size);
    return at + size;
}

static size_t put32(size_t at, uint32_t value)
{
    return put(at, &value, sizeof value);
}

/* A record's length, once it is known. */
static void close_record(size_t start, size_t end)
{
    put32(start, (uint32_t)(end - start - 4));
}

/* A CIE as compilers write it, then an FDE with these instructions; the rule at FUNCTION + offset.
 */
static struct cfi_rule rule_at(const char *letters, const char *program, size_t size,
                               uintptr_t offset)
{
    static const uint8_t initial[] = {0x0c, RSP, 8, 0x90, 1}; /* rsp + 8; the return address */
    size_t end = put32(4, 0);
    section[end++] = 1;
    end = put(end, letters, strlen(letters) + 1);
    end = put(end, "\x01\x78\x10\x01\x1b", 5); /* alignments 1 and -8, register 16, addresses */
    end = put(end, initial, sizeof initial);
    close_record(0, end);

    size_t fde = end;
    end = put32(end + 4, (uint32_t)(fde + 4));
    end = put32(put32(end, 0), 64);
    section[end++] = 0;
    end = put(end, program, size);
    close_record(fde, end);
    return cfi_rule(section + fde, FUNCTION, FUNCTION + offset);
}

#define RULE(program, offset) rule_at("zR", program, sizeof(program) - 1, offset)

static void expect(struct cfi_rule rule, enum cfi_kind kind, unsigned reg, int64_t offset)
{
    cr_expect_eq(rule.kind, kind, "kind %d", rule.kind);
    cr_expect_eq(rule.reg, reg, "register %u", rule.reg);
    cr_expect_eq(rule.offset, offset, "offset %ld", (long)rule.offset);
}

/* push rbp (1 byte); mov rbp, rsp (3 bytes); a return address belongs to the row before it */
Test(cfi, row_of_the_call)
{
    static const char program[] = "\x41\x0e\x10\x86\x02\x43\x0d\x06";
    expect(RULE(program, 1), CFI_END, RSP, 8);
    expect(RULE(program, 2), CFI_END, RSP, 16);
    expect(RULE(program, 4), CFI_END, RSP, 16);
    expect(RULE(program, 5), CFI_END, RBP, 16);
}

Test(cfi, rows_are_remembered)
{
    static const char program[] = "\x0e\x20\x41\x0a\x0e\x08\x02\x05\x0b";
    expect(RULE(program, 1), CFI_END, RSP, 32);
    expect(RULE(program, 6), CFI_END, RSP, 8);
    expect(RULE(program, 7), CFI_END, RSP, 32);
}

/* A realigned frame, as gcc writes it: the end was put down below the frame pointer. */
Test(cfi, end_is_put_down)
{
    expect(RULE("\x0f\x03\x76\x78\x06", 1), CFI_INDIRECT, RBP, -8);
    expect(RULE("\x0f\x02\x76\x10", 1), CFI_END, RBP, 16);
}

Test(cfi, other_expressions_are_unknown)
{
    cr_expect_eq(RULE("\x0f\x05\x76\x78\x06\x23\x10", 1).kind, CFI_UNKNOWN);
}

Test(cfi, outermost_stays_outermost)
{
    cr_expect_eq(RULE("\x07\x10", 1).kind, CFI_OUTERMOST);
    cr_expect_eq(RULE("\x07\x10\x0e\x20", 1).kind, CFI_OUTERMOST);
    cr_expect_eq(RULE("\x07\x03", 1).kind, CFI_END); /* another register */
}

Test(cfi, signal_frame)
{
    cr_expect_eq(rule_at("zRS", "", 0, 1).kind, CFI_TRAMPOLINE);
}

Test(cfi, broken_is_unknown)
{
    cr_expect_eq(RULE("\x0b", 1).kind, CFI_UNKNOWN);     /* nothing was remembered */
    cr_expect_eq(RULE("\x3e", 1).kind, CFI_UNKNOWN);     /* no such instruction */
    cr_expect_eq(RULE("\x0e\x80", 1).kind, CFI_UNKNOWN); /* ends in a number */
    cr_expect_eq(RULE("\x0f\x7f\x76", 1).kind, CFI_UNKNOWN);
    cr_expect_eq(RULE("\x0a\x0a\x0a\x0a\x0a", 1).kind, CFI_UNKNOWN); /* more than are kept */
    cr_expect_eq(rule_at("zQ", "", 0, 1).kind, CFI_UNKNOWN);
    cr_expect_eq(rule_at("eh", "", 0, 1).kind, CFI_UNKNOWN);
}
