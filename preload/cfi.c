/* SPDX-License-Identifier: MIT
 *
 * See cfi.h. A frame description (FDE) is a program that makes a table, row by row as the code goes
 * on; it is run up to the row of our address. Of each row only the end of the frame (CFA) and
 * whether there is a caller are kept.
 */
#include "cfi.h"

#include <stddef.h>
#include <string.h>

enum { STATES_MOST = 4, REGISTERS = 17 };

/* DWARF 5, 7.24: the upper two bits, then whole bytes. */
enum {
    ADVANCE = 1,
    OFFSET = 2,
    RESTORE = 3,
    NOP = 0x00,
    ADVANCE1 = 0x02,
    ADVANCE2 = 0x03,
    ADVANCE4 = 0x04,
    OFFSET_EXTENDED = 0x05,
    RESTORE_EXTENDED = 0x06,
    UNDEFINED = 0x07,
    SAME_VALUE = 0x08,
    REGISTER = 0x09,
    REMEMBER_STATE = 0x0a,
    RESTORE_STATE = 0x0b,
    DEF_CFA = 0x0c,
    DEF_CFA_REGISTER = 0x0d,
    DEF_CFA_OFFSET = 0x0e,
    DEF_CFA_EXPRESSION = 0x0f,
    EXPRESSION = 0x10,
    OFFSET_EXTENDED_SF = 0x11,
    DEF_CFA_SF = 0x12,
    DEF_CFA_OFFSET_SF = 0x13,
    VAL_OFFSET = 0x14,
    VAL_OFFSET_SF = 0x15,
    VAL_EXPRESSION = 0x16,
    GNU_ARGS_SIZE = 0x2e,
    GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
    OP_DEREF = 0x06,
    OP_BREG0 = 0x70
};

struct bytes {
    const uint8_t *at;
    const uint8_t *end;
    int broken; /* something was not there, or is not read here */
};

struct cie {
    uint64_t code_align;
    int64_t data_align;
    uint64_t return_register;
    uint8_t encoding; /* of addresses in the FDE: DW_EH_PE_* */
    int augmented;
    int signal;
    struct bytes program;
};

struct table {
    const struct cie *cie;
    uintptr_t place;
    uintptr_t ip;
    struct cfi_rule row;
    struct cfi_rule kept[STATES_MOST];
    unsigned depth;
    int outermost; /* the return address is undefined: nobody is returned to */
};

static uint64_t fixed(struct bytes *b, size_t size)
{
    uint64_t value = 0;
    if ((size_t)(b->end - b->at) < size) {
        b->broken = 1;
        return 0;
    }
    memcpy(&value, b->at, size);
    b->at += size;
    return value;
}

static uint64_t uleb(struct bytes *b)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint64_t byte = fixed(b, 1);
        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    b->broken = 1;
    return 0;
}

static int64_t sleb(struct bytes *b)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64;) {
        uint64_t byte = fixed(b, 1);
        value |= (byte & 0x7f) << shift;
        shift += 7;
        if (byte & 0x80)
            continue;
        if (shift < 64 && byte & 0x40)
            value |= ~0ULL << shift;
        return (int64_t)value;
    }
    b->broken = 1;
    return 0;
}

static struct bytes block(struct bytes *b)
{
    uint64_t size = uleb(b);
    struct bytes inner = {b->at, b->at, 0};
    if (b->broken || (uint64_t)(b->end - b->at) < size) {
        b->broken = inner.broken = 1;
        return inner;
    }
    b->at += size;
    inner.end = b->at;
    return inner;
}

/* An address of this DW_EH_PE_* encoding is passed over. */
static void skip_address(struct bytes *b, uint8_t encoding)
{
    static const uint8_t sizes[16] = {
        [0x0] = 8, [0x2] = 2, [0x3] = 4, [0x4] = 8, [0xa] = 2, [0xb] = 4, [0xc] = 8};
    size_t size = sizes[encoding & 0xf];
    if (!size || (encoding & 0x70) == 0x50)
        b->broken = 1;
    else
        fixed(b, size);
}

/* A record of .eh_frame behind its length. */
static struct bytes record(const void *start)
{
    uint32_t size;
    const uint8_t *at = start;
    memcpy(&size, at, sizeof size);
    at += sizeof size;
    return (struct bytes){at, at + (size == UINT32_MAX ? 0 : size), size == UINT32_MAX};
}

static void read_augmentation(struct cie *cie, const char *letters, struct bytes *b)
{
    struct bytes data = block(b);
    cie->augmented = 1;
    for (; *letters; letters++)
        switch (*letters) {
        case 'R':
            cie->encoding = (uint8_t)fixed(&data, 1);
            break;
        case 'L':
            fixed(&data, 1);
            break;
        case 'P':
            skip_address(&data, (uint8_t)fixed(&data, 1));
            break;
        case 'S':
            cie->signal = 1;
            break;
        case 'B':
            break;
        default:
            b->broken = 1;
        }
    b->broken |= data.broken;
}

static void read_cie(struct cie *cie, const void *start)
{
    struct bytes b = record(start);
    *cie = (struct cie){0};
    fixed(&b, sizeof(uint32_t));
    uint64_t version = fixed(&b, 1);
    const char *letters = (const char *)b.at;
    size_t length = strnlen(letters, (size_t)(b.end - b.at));
    b.at += length;
    fixed(&b, 1);
    cie->code_align = uleb(&b);
    cie->data_align = sleb(&b);
    cie->return_register = version == 1 ? fixed(&b, 1) : uleb(&b);
    if (version != 1 && version != 3)
        b.broken = 1;
    if (!b.broken && letters[0] == 'z')
        read_augmentation(cie, letters + 1, &b);
    else if (!b.broken && letters[0])
        b.broken = 1;
    cie->program = b;
}

/* register + offset, or what lies there; that is all that compilers make of it. */
static void take_expression(struct table *t, struct bytes expression)
{
    uint64_t operation = fixed(&expression, 1);
    int64_t offset = sleb(&expression);
    t->row.kind = CFI_UNKNOWN;
    if (operation < OP_BREG0 || operation >= OP_BREG0 + REGISTERS)
        return;
    t->row.reg = (unsigned)operation - OP_BREG0;
    t->row.offset = offset;
    if (expression.at == expression.end)
        t->row.kind = CFI_END;
    else if (fixed(&expression, 1) == OP_DEREF && expression.at == expression.end)
        t->row.kind = CFI_INDIRECT;
    if (expression.broken)
        t->row.kind = CFI_UNKNOWN;
}

static void define(struct table *t, uint64_t reg, int64_t offset)
{
    t->row = (struct cfi_rule){CFI_END, (unsigned)reg, offset};
}

static void remember(struct table *t, struct bytes *b)
{
    if (t->depth < STATES_MOST)
        t->kept[t->depth++] = t->row;
    else
        b->broken = 1;
}

static void recall(struct table *t, struct bytes *b)
{
    if (t->depth)
        t->row = t->kept[--t->depth];
    else
        b->broken = 1;
}

/* Instructions about the frame's end. 0 if it is another. */
static int step_end(struct table *t, struct bytes *b, unsigned operation)
{
    uint64_t reg;
    switch (operation) {
    case DEF_CFA:
        reg = uleb(b);
        define(t, reg, (int64_t)uleb(b));
        return 1;
    case DEF_CFA_SF:
        reg = uleb(b);
        define(t, reg, sleb(b) * t->cie->data_align);
        return 1;
    case DEF_CFA_REGISTER:
        define(t, uleb(b), t->row.offset);
        return 1;
    case DEF_CFA_OFFSET:
        define(t, t->row.reg, (int64_t)uleb(b));
        return 1;
    case DEF_CFA_OFFSET_SF:
        define(t, t->row.reg, sleb(b) * t->cie->data_align);
        return 1;
    case DEF_CFA_EXPRESSION:
        take_expression(t, block(b));
        return 1;
    default:
        return 0;
    }
}

/* All others. */
static void step_other(struct table *t, struct bytes *b, unsigned operation)
{
    switch (operation) {
    case NOP:
        break;
    case ADVANCE1:
    case ADVANCE2:
    case ADVANCE4:
        t->place += fixed(b, (size_t)1 << (operation - ADVANCE1)) * t->cie->code_align;
        break;
    case REMEMBER_STATE:
        remember(t, b);
        break;
    case RESTORE_STATE:
        recall(t, b);
        break;
    case UNDEFINED:
        t->outermost |= uleb(b) == t->cie->return_register;
        break;
    case RESTORE_EXTENDED:
    case SAME_VALUE:
    case GNU_ARGS_SIZE:
        uleb(b);
        break;
    case OFFSET_EXTENDED:
    case OFFSET_EXTENDED_SF:
    case REGISTER:
    case VAL_OFFSET:
    case VAL_OFFSET_SF:
    case GNU_NEGATIVE_OFFSET_EXTENDED:
        uleb(b);
        uleb(b);
        break;
    case EXPRESSION:
    case VAL_EXPRESSION:
        uleb(b);
        block(b);
        break;
    default:
        b->broken = 1;
    }
}

/* A return address belongs to the row of the call before it. */
static int run(struct table *t, struct bytes b)
{
    while (!b.broken && b.at < b.end && t->place < t->ip) {
        unsigned byte = (unsigned)fixed(&b, 1);
        unsigned low = byte & 0x3f;
        switch (byte >> 6) {
        case ADVANCE:
            t->place += low * t->cie->code_align;
            break;
        case OFFSET:
            uleb(&b);
            break;
        case RESTORE:
            break;
        default:
            if (!step_end(t, &b, low))
                step_other(t, &b, low);
        }
    }
    return !b.broken;
}

struct cfi_rule cfi_rule(const void *fde, uintptr_t function, uintptr_t ip)
{
    struct cie cie;
    struct bytes b = record(fde);
    const uint8_t *delta_at = b.at;
    int32_t delta = (int32_t)fixed(&b, sizeof delta);
    const struct cfi_rule unknown = {CFI_UNKNOWN, 0, 0};

    if (b.broken)
        return unknown;
    read_cie(&cie, delta_at - delta);
    if (cie.signal)
        return (struct cfi_rule){CFI_TRAMPOLINE, 0, 0};
    skip_address(&b, cie.encoding);
    skip_address(&b, cie.encoding);
    if (cie.augmented)
        block(&b);
    struct table t = {.cie = &cie, .place = function, .ip = ip};
    if (b.broken || cie.program.broken || !run(&t, cie.program) || !run(&t, b))
        return unknown;
    if (t.outermost)
        t.row.kind = CFI_OUTERMOST;
    return t.row;
}
