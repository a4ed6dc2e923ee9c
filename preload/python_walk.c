/* SPDX-License-Identifier: MIT
 *
 * See python_walk.h. Semantics of the structures: CPython's Include/cpython/frameobject.h (3.8 to
 * 3.10), Include/internal/pycore_frame.h (3.11 on), Include/cpython/unicodeobject.h.
 */
#include "python_walk.h"

#include "python_layout.h"
#include "raw.h"
#include "trace.h"

#include <string.h>

enum {
    OBJECT_TYPE = 8, /* PyObject.ob_type */
    SIZE = 16,       /* PyVarObject.ob_size, and the length of a str */
    STRING_STATE = 32,
    BYTES_TEXT = 32,
    OWNER_C = 3, /* FRAME_OWNED_BY_CSTACK: stands for C code that entered the interpreter */
    HOPS_MOST = 4 * PYTHON_FRAMES,
    TEXT_MOST = 1 << 20,
    TABLE_MOST = 1 << 24,
    FILE_HASHED = 64, /* bytes from the end of each */
    NAME_HASHED = 32,
    LINES_HASHED = 64 /* ... and as many from the beginning */
};

#define INLINE static inline __attribute__((always_inline))

/* Reads `size` bytes, at most 8, at `from`; 0 if nothing is mapped there, which only is asked if
 * `careful`. */
INLINE int peek(int careful, const void *from, void *to, size_t size)
{
    if (careful && !(raw_readable(from) && raw_readable((const char *)from + size - 1)))
        return 0;
    __builtin_memcpy(to, from, size);
    return 1;
}

INLINE int peek_pointer(int careful, const char *from, int offset, const char **to)
{
    return peek(careful, from + offset, to, sizeof *to);
}

static inline uint64_t word_at(const char *at)
{
    uint64_t word;
    __builtin_memcpy(&word, at, sizeof word);
    return word;
}

static const uint64_t odd[] = {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu,
                               0xd6e8feb86659fd93u};

/* Both halves of a product, so that every bit of either has its part. */
static inline uint64_t mix(uint64_t a, uint64_t b)
{
    __uint128_t product = (__uint128_t)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* ---- what a code object says of itself ---- */

/* Fletcher's sums in two lanes: a block that differs changes `plain`, and two that differ by the
 * same change `placed`, where each has the weight of its place. */
typedef uint64_t lanes __attribute__((vector_size(16)));
enum { BLOCK = sizeof(lanes) };
struct sums {
    lanes plain;
    lanes placed;
};

INLINE void add_block(struct sums *s, lanes block)
{
    s->plain += block;
    s->placed += s->plain;
}

INLINE void add_block_at(struct sums *s, const char *at)
{
    lanes block;
    __builtin_memcpy(&block, at, sizeof block);
    add_block(s, block);
}

/* A text's or a table's bytes; behind a short one there is more of the same object. */
INLINE void add_bytes(struct sums *s, const char *at, uint64_t size)
{
    if (size < sizeof(uint64_t)) {
        add_block(s, (lanes){size ? word_at(at) << (64 - 8 * size) : 0, size});
    } else if (size < BLOCK) {
        add_block(s, (lanes){word_at(at), word_at(at + size - sizeof(uint64_t))});
    } else {
        for (uint64_t i = 0; i + BLOCK < size; i += BLOCK)
            add_block_at(s, at + i);
        add_block_at(s, at + size - BLOCK);
    }
}

struct text {
    const char *at;
    uint64_t length; /* characters */
    unsigned kind;   /* bytes in a character; 0: not a str that has its text inside */
    int ascii;
};

static inline struct text text_of(const char *object)
{
    uint32_t state;
    __builtin_memcpy(&state, object + STRING_STATE, sizeof state);
    int ascii = state >> 6 & 1;
    return (struct text){.at = object + (ascii ? python.layout.ascii : python.layout.compact),
                         .length = word_at(object + SIZE),
                         .kind = state >> 5 & 1 ? state >> 2 & 7 : 0,
                         .ascii = ascii};
}

INLINE void add_end(struct sums *s, const char *object, uint64_t most)
{
    struct text text = text_of(object);
    uint64_t size = text.length * text.kind;
    uint64_t part = size < most ? size : most;
    add_block(s, (lanes){size, text.kind});
    add_bytes(s, text.at + (size - part), part);
}

INLINE void add_lines(struct sums *s, const char *object)
{
    uint64_t size = word_at(object + SIZE);
    const char *at = object + BYTES_TEXT;
    if (size > 2 * LINES_HASHED) {
        add_bytes(s, at, LINES_HASHED);
        at += size - LINES_HASHED;
    }
    add_block(s, (lanes){size, 0});
    add_bytes(s, at, size > 2 * LINES_HASHED ? LINES_HASHED : size);
}

/* From 3.12 on every code object has a number of its own until four billion were made; before, its
 * contents must tell. */
INLINE uint64_t fingerprint(const char *code)
{
    const char *file, *name, *lines;
    uint32_t first_line, version = 0;
    peek(0, code + python.layout.first_line, &first_line, sizeof first_line);
    if (python.layout.version >= 0)
        peek(0, code + python.layout.version, &version, sizeof version);
    if (version)
        return ((uintptr_t)code ^ (uint64_t)first_line << 48) + version * odd[0];
    peek(0, code + python.layout.file, &file, sizeof file);
    peek(0, code + python.layout.name, &name, sizeof name);
    peek(0, code + python.layout.lines, &lines, sizeof lines);
    struct sums s = {{odd[0], odd[1]}, {odd[2], first_line}};
    add_end(&s, file, FILE_HASHED);
    add_end(&s, name, NAME_HASHED);
    add_lines(&s, lines);
    return mix(s.plain[0], s.placed[0]) ^ mix(s.plain[1], s.placed[1]) ^ (uintptr_t)code;
}

/* ---- the first walks ---- */

static int is_object(const char *object, const void *type)
{
    const char *found;
    return !((uintptr_t)object % sizeof(void *)) && peek_pointer(1, object, OBJECT_TYPE, &found) &&
           found == type;
}

static int string_is_sound(const char *object)
{
    if (!is_object(object, python.string_type) || !raw_readable(object + SIZE) ||
        !raw_readable(object + STRING_STATE))
        return 0;
    struct text text = text_of(object);
    uint64_t size = text.length * text.kind;
    return text.length < TEXT_MOST && text.kind <= sizeof(uint32_t) && raw_readable(text.at) &&
           raw_readable(text.at + size);
}

static int lines_are_sound(const char *object)
{
    uint64_t size;
    return is_object(object, python.bytes_type) && peek(1, object + SIZE, &size, sizeof size) &&
           size < TABLE_MOST && raw_readable(object + BYTES_TEXT) &&
           raw_readable(object + BYTES_TEXT + size);
}

/* Is everything that is read of a code object what it should be? */
static int code_is_sound(const char *code)
{
    const struct python_layout *l = &python.layout;
    const char *file, *name, *lines;
    int32_t first_line;
    return peek_pointer(1, code, l->file, &file) && string_is_sound(file) &&
           peek_pointer(1, code, l->name, &name) && string_is_sound(name) &&
           peek_pointer(1, code, l->lines, &lines) && lines_are_sound(lines) &&
           peek(1, code + l->first_line, &first_line, sizeof first_line) && first_line >= 0 &&
           first_line < TABLE_MOST &&
           (l->version < 0 || raw_readable(code + l->version + sizeof(uint32_t) - 1)) &&
           (l->first_traceable < 0 || raw_readable(code + l->first_traceable));
}

static int frame_is_sound(const struct python_frame *frame)
{
    return frame->instruction >= -2 * (int)sizeof(void *) && frame->instruction < TABLE_MOST &&
           code_is_sound(frame->code);
}

/* ---- the walk ---- */

enum found {
    FOUND_FRAME,
    FOUND_NOTHING, /* it stands for C code, or its code is being freed */
    FOUND_BROKEN
};

/* `from_c` answers for versions where C code has a frame of its own. */
INLINE int is_from_c(int careful, const char *at, const char *previous, uint32_t *from_c)
{
    const struct python_layout *l = &python.layout;
    signed char byte = 0;
    if (l->owner < 0) {
        *from_c = PYTHON_FROM_C;
        return 1;
    }
    const char *where = l->entry >= 0 ? at + l->entry : previous ? previous + l->owner : NULL;
    if (where && !peek(careful, where, &byte, 1))
        return 0;
    int from = !where || (l->entry >= 0 ? byte != 0 : byte >= OWNER_C);
    *from_c = from ? PYTHON_FROM_C : 0;
    return 1;
}

INLINE int find_instruction(int careful, const char *at, struct python_frame *frame)
{
    const struct python_layout *l = &python.layout;
    const char *pointer;
    int32_t index;
    if (l->bytecode >= 0) {
        if (!peek_pointer(careful, at, l->instruction, &pointer))
            return 0;
        frame->instruction = (int32_t)(pointer - (frame->code + l->bytecode));
        return 1;
    }
    if (!peek(careful, at + l->instruction, &index, sizeof index))
        return 0;
    frame->instruction = index * l->scale;
    return 1;
}

INLINE enum found read_frame(int careful, const char *at, struct python_frame *frame,
                             const char **previous)
{
    const struct python_layout *l = &python.layout;
    const char *type;
    signed char owner = 0;
    uint32_t references;
    if ((careful && (uintptr_t)at % sizeof(void *)) ||
        !peek_pointer(careful, at, l->previous, previous) ||
        (l->owner >= 0 && !peek(careful, at + l->owner, &owner, 1)))
        return FOUND_BROKEN;
    if (owner >= OWNER_C)
        return FOUND_NOTHING;
    if (!peek_pointer(careful, at, l->code, &frame->code) || !frame->code ||
        !peek_pointer(careful, frame->code, OBJECT_TYPE, &type) || type != python.code_type ||
        !peek(careful, frame->code, &references, sizeof references) ||
        !find_instruction(careful, at, frame) || !is_from_c(careful, at, *previous, &frame->flags))
        return FOUND_BROKEN;
    if (!references)
        return FOUND_NOTHING;
    return careful && !frame_is_sound(frame) ? FOUND_BROKEN : FOUND_FRAME;
}

INLINE int innermost(int careful, const char *thread, const char **frame)
{
    const struct python_layout *l = &python.layout;
    if (!peek_pointer(careful, thread, l->thread_frame, frame))
        return 0;
    return l->holder_frame < 0 || (*frame && peek_pointer(careful, *frame, l->holder_frame, frame));
}

/* 0 if the chain is not what it should be. */
INLINE int walk(int careful, const char *thread, struct python_stack *stack, uint64_t *hash,
                const char **last)
{
    struct python_frame frame;
    const char *at, *previous;
    uint64_t h = 0;
    unsigned frames = 0;
    if (!innermost(careful, thread, &at))
        return 0;
    for (int hops = 0; at && hops < HOPS_MOST; hops++, at = previous) {
        enum found found = read_frame(careful, at, &frame, &previous);
        if (found == FOUND_BROKEN)
            return 0;
        if (found == FOUND_NOTHING)
            continue;
        if (frames == PYTHON_FRAMES) {
            h = ~h;
            *last = NULL;
            if (stack)
                stack->frame[frames - 1].flags |= PYTHON_CUT;
            break;
        }
        if (stack)
            stack->frame[frames] = frame;
        frames++;
        *last = at;
        h = mix(h ^ fingerprint(frame.code),
                ((uint64_t)frame.flags << 32 | (uint32_t)frame.instruction) ^ odd[3]);
    }
    if (stack)
        stack->frames = frames;
    *hash = frames && !h ? 1 : h;
    return 1;
}

static uint64_t walk_with_care(const char *thread, struct python_stack *stack)
{
    const char *last = NULL;
    uint64_t hash = 0;
    if (trace_sealed()) {
        python_refuse("a filter of system calls came before its frames could be checked");
        return 0;
    }
    if (!walk(1, thread, stack, &hash, &last)) {
        python_refuse("its frames do not lie in memory as in other builds of its version");
        return 0;
    }
    if (hash)
        __atomic_fetch_sub(&python.unproved, 1, __ATOMIC_RELAXED);
    return hash;
}

/* A generator's frame lies with the generator. */
static const char *of_thread(const char *frame)
{
    enum { OWNED_BY_THREAD = 0 };
    int owner = python.layout.owner;
    return frame && owner >= 0 && frame[owner] != OWNED_BY_THREAD ? NULL : frame;
}

uint64_t python_walk(const void *thread, struct python_stack *stack, const void **outermost)
{
    const char *last = NULL;
    uint64_t hash;
    if (__builtin_expect(__atomic_load_n(&python.unproved, __ATOMIC_RELAXED) > 0, 0))
        return walk_with_care(thread, stack);
    if (stack)
        return walk(0, thread, stack, &hash, &last) ? hash : 0;
    if (!walk(0, thread, NULL, &hash, &last))
        return 0;
    if (outermost)
        *outermost = of_thread(last);
    return hash;
}

int python_is_running(const void *thread)
{
    const char *frame;
    if (__atomic_load_n(&python.unproved, __ATOMIC_RELAXED) > 0)
        return !innermost(1, thread, &frame) || frame;
    return !innermost(0, thread, &frame) || frame;
}

/* By the files of the functions that import. */
static int is_importlib(const char *code)
{
    static const char name[] = "<frozen importlib";
    const char *file;
    peek(0, code + python.layout.file, &file, sizeof file);
    struct text text = text_of(file);
    return text.kind == 1 && text.length >= sizeof name - 1 &&
           !memcmp(text.at, name, sizeof name - 1);
}

int python_is_importing(const void *thread)
{
    enum { HOPS = 4096 };
    struct python_frame frame;
    const char *at, *previous;
    int careful = __atomic_load_n(&python.unproved, __ATOMIC_RELAXED) > 0;
    if (!innermost(careful, thread, &at))
        return 1;
    for (int hops = 0; at && hops < HOPS; hops++, at = previous) {
        enum found found = read_frame(careful, at, &frame, &previous);
        if (found == FOUND_BROKEN || (found == FOUND_FRAME && is_importlib(frame.code)))
            return 1;
    }
    return at != NULL;
}

const void *python_outermost(const void *thread)
{
    enum { HOPS = 4096 };
    const struct python_layout *l = &python.layout;
    const char *at, *found = NULL;
    if (__atomic_load_n(&python.unproved, __ATOMIC_RELAXED) > 0 || !innermost(0, thread, &at))
        return NULL;
    for (int hops = 0; at && hops < HOPS; hops++) {
        if (l->owner < 0 || at[l->owner] < OWNER_C)
            found = at;
        peek_pointer(0, at, l->previous, &at);
    }
    return at ? NULL : of_thread(found);
}

/* An interpreter that ended may have made room for another one. */
static int is_alone(void)
{
    enum { SEVERAL_OLD = 12 };
    void *head = python.interpreter_head();
    if (__builtin_expect(head == python.interpreter, 1) || python.layout.minor > SEVERAL_OLD)
        return 1;
    if (head && python.interpreter_next(head)) {
        python_refuse("there is more than one interpreter in the process");
        return 0;
    }
    python.interpreter = head;
    return head != NULL;
}

const void *python_thread(void)
{
    if (__builtin_expect(__atomic_load_n(&python.off, __ATOMIC_RELAXED), 0))
        return NULL;
    const void *thread = python.thread_state();
    if (!thread || __builtin_expect(python.finalizing(), 0) || !is_alone())
        return NULL;
    return thread;
}

/* ---- names and lines ---- */

enum { SURROGATES = 0xd800, BYTES_BEGIN = 0xdc80, BYTES_END = 0xdd00, SURROGATES_END = 0xe000 };

static uint32_t character_at(const struct text *text, uint64_t i)
{
    switch (text->kind) {
    case 1:
        return ((const uint8_t *)text->at)[i];
    case 2:
        return ((const uint16_t *)text->at)[i];
    default:
        return ((const uint32_t *)text->at)[i];
    }
}

/* As UTF-8, 4 bytes at most. A byte of a file's name that was no UTF-8 is kept in a surrogate (PEP
 * 383) and is that byte again. */
static size_t encode(uint32_t c, char *to)
{
    if (c < 0x80 || (c >= BYTES_BEGIN && c < BYTES_END)) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c >= SURROGATES && c < SURROGATES_END)
        c = 0xfffd;
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

const char *python_text(const char *code, enum python_name which, char *buffer, size_t size,
                        size_t *length)
{
    const char *object, *type;
    int offset = which == PYTHON_FILE ? python.layout.file : python.layout.name;
    peek_pointer(0, code, offset, &object);
    peek_pointer(0, object, OBJECT_TYPE, &type);
    struct text text = text_of(object);
    if (type != python.string_type || !text.kind)
        return NULL;
    *length = text.length;
    if (text.ascii)
        return text.at;
    *length = 0;
    for (uint64_t i = 0; i < text.length && *length + 4 <= size; i++)
        *length += encode(character_at(&text, i), buffer + *length);
    return buffer;
}

uint32_t python_first_line(const char *code)
{
    int32_t line;
    peek(0, code + python.layout.first_line, &line, sizeof line);
    return line > 0 ? (uint32_t)line : 0;
}

uint32_t python_line(const struct python_frame *frame)
{
    int line = python.line_of((void *)frame->code, frame->instruction);
    return line > 0 ? (uint32_t)line : 0;
}

int python_has_begun(const struct python_frame *frame)
{
    enum { UNIT = 2 }; /* bytes of an instruction */
    int32_t first;
    if (python.layout.first_traceable < 0)
        return 1;
    peek(0, frame->code + python.layout.first_traceable, &first, sizeof first);
    return frame->instruction >= first * UNIT;
}
