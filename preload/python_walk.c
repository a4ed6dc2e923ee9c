/* SPDX-License-Identifier: MIT
 *
 * See python_walk.h. Semantics of the structures: CPython's Include/cpython/frameobject.h (3.8 to
 * 3.10), Include/internal/pycore_frame.h (3.11 on), Include/cpython/unicodeobject.h.
 */
#include "python_walk.h"

#include "python_code.h"
#include "python_known.h"
#include "python_layout.h"
#include "trace.h"

#include <string.h>

enum {
    OWNER_C = 3, /* FRAME_OWNED_BY_CSTACK: stands for C code that entered the interpreter */
    OTHERS_MOST = 3 * PYTHON_FRAMES, /* frames that are no function's */
    FLAGS_AT = 60,                   /* bits: above every address */
    TEXT_MOST = 1 << 20,
    TABLE_MOST = 1 << 24
};

/* ---- the first walks ---- */

static int is_object(const char *object, const void *type)
{
    const char *found;
    return !((uintptr_t)object % sizeof(void *)) &&
           python_pointer(1, object, PYTHON_TYPE, &found) && found == type;
}

static int string_is_sound(const char *object)
{
    if (!is_object(object, python.string_type) || !raw_readable(object + PYTHON_SIZE) ||
        !raw_readable(object + PYTHON_STATE))
        return 0;
    struct python_string text = python_string(&python.layout, object);
    uint64_t size = text.length * text.kind;
    return text.length < TEXT_MOST && text.kind <= sizeof(uint32_t) && raw_readable(text.at) &&
           raw_readable(text.at + size);
}

static int lines_are_sound(const char *object)
{
    uint64_t size;
    return is_object(object, python.bytes_type) &&
           python_peek(1, object + PYTHON_SIZE, &size, sizeof size) && size < TABLE_MOST &&
           raw_readable(object + PYTHON_BYTES) && raw_readable(object + PYTHON_BYTES + size);
}

/* Is everything that is read of a code object what it should be? */
static int code_is_sound(const char *code)
{
    const struct python_layout *l = &python.layout;
    const char *file, *name, *lines;
    int32_t first_line;
    return python_pointer(1, code, l->file, &file) && string_is_sound(file) &&
           python_pointer(1, code, l->name, &name) && string_is_sound(name) &&
           python_pointer(1, code, l->lines, &lines) && lines_are_sound(lines) &&
           python_peek(1, code + l->first_line, &first_line, sizeof first_line) &&
           first_line >= 0 && first_line < TABLE_MOST &&
           (l->version < 0 || raw_readable(code + l->version + sizeof(uint32_t) - 1)) &&
           (l->first_traceable < 0 || raw_readable(code + l->first_traceable));
}

/* If it is no function as it should be, numbers of functions do not count. */
static void look_at_function(const char *at)
{
    const struct python_layout *l = &python.layout;
    const char *function;
    if (l->function >= 0 &&
        !(python_pointer(1, at, l->function, &function) &&
          is_object(function, python.function_type) && raw_readable(function + l->function_code) &&
          raw_readable(function + l->function_version)))
        __atomic_store_n(&python.unnumbered, 1, __ATOMIC_RELAXED);
}

static int frame_is_sound(const char *at, const struct python_frame *frame)
{
    look_at_function(at);
    return frame->instruction >= -2 * (int)sizeof(void *) && frame->instruction < TABLE_MOST &&
           code_is_sound(frame->code);
}

/* ---- the walk ---- */

enum found {
    FOUND_FRAME,
    FOUND_NOTHING, /* it stands for C code, or its code is being freed */
    FOUND_BROKEN
};

/* Has C code that entered the interpreter a frame of its own? */
PYTHON_INLINE int has_c_frames(const struct python_layout *l)
{
    return l->owner >= 0 && l->entry < 0;
}

/* `from_c` answers for versions where C code has a frame of its own. */
PYTHON_INLINE int is_from_c(const struct python_layout *l, int careful, const char *at,
                            const char *previous, uint32_t *from_c)
{
    signed char byte = 0;
    _Bool entry;
    if (l->owner < 0) {
        *from_c = PYTHON_FROM_C;
        return 1;
    }
    if (l->entry >= 0 && !careful) {
        python_peek(0, at + l->entry, &entry, sizeof entry);
        *from_c = entry * PYTHON_FROM_C;
        return 1;
    }
    const char *where = l->entry >= 0 ? at + l->entry : previous ? previous + l->owner : NULL;
    if (where && !python_peek(careful, where, &byte, 1))
        return 0;
    int from = !where || (l->entry >= 0 ? byte != 0 : byte >= OWNER_C);
    *from_c = from ? PYTHON_FROM_C : 0;
    return 1;
}

/* ... and in *place as it is kept, which together with the code object says the same. */
PYTHON_INLINE int find_instruction(const struct python_layout *l, int careful, const char *at,
                                   struct python_frame *frame, uint64_t *place)
{
    const char *pointer;
    int32_t index;
    if (l->bytecode >= 0) {
        if (!python_pointer(careful, at, l->instruction, &pointer))
            return 0;
        frame->instruction = (int32_t)(pointer - (frame->code + l->bytecode));
        *place = (uintptr_t)pointer;
        return 1;
    }
    if (!python_peek(careful, at + l->instruction, &index, sizeof index))
        return 0;
    frame->instruction = index * l->scale;
    *place = (uint32_t)index ^ python_odd[3];
    return 1;
}

/* Is what a frame executes a code object, and alive? */
PYTHON_INLINE enum found look_at_code(int careful, const char *code)
{
    const char *type;
    uint32_t references;
    if (!python_pointer(careful, code, PYTHON_TYPE, &type) || type != python.code_type ||
        !python_peek(careful, code, &references, sizeof references))
        return FOUND_BROKEN;
    return references ? FOUND_FRAME : FOUND_NOTHING;
}

/* All but what its code object says. */
PYTHON_INLINE enum found read_frame(const struct python_layout *l, int careful, const char *at,
                                    struct python_frame *frame, uint64_t *place,
                                    const char **previous)
{
    signed char owner = 0;
    if ((careful && (uintptr_t)at % sizeof(void *)) ||
        !python_pointer(careful, at, l->previous, previous) ||
        (has_c_frames(l) && !python_peek(careful, at + l->owner, &owner, 1)))
        return FOUND_BROKEN;
    if (owner >= OWNER_C)
        return FOUND_NOTHING;
    if (!python_pointer(careful, at, l->code, &frame->code) || !frame->code ||
        !find_instruction(l, careful, at, frame, place) ||
        !is_from_c(l, careful, at, *previous, &frame->flags))
        return FOUND_BROKEN;
    return FOUND_FRAME;
}

PYTHON_INLINE enum found read_whole(const struct python_layout *l, int careful, const char *at,
                                    struct python_frame *frame, uint64_t *place,
                                    const char **previous)
{
    enum found found = read_frame(l, careful, at, frame, place, previous);
    if (found == FOUND_FRAME)
        found = look_at_code(careful, frame->code);
    if (found == FOUND_FRAME && careful && !frame_is_sound(at, frame))
        found = FOUND_BROKEN;
    return found;
}

PYTHON_INLINE int innermost(const struct python_layout *l, int careful, const char *thread,
                            const char **frame)
{
    if (!python_pointer(careful, thread, l->thread_frame, frame))
        return 0;
    return l->holder_frame < 0 ||
           (*frame && python_pointer(careful, *frame, l->holder_frame, frame));
}

/* Of a code object without a number. Apart, for the walk's loop is short without it. */
static __attribute__((noinline)) uint64_t digest_any(const char *code)
{
    return python_digest(&python.layout, code);
}

/* Debian's: with numbers instead of variables its frames take half the time. */
static const struct python_layout layout_known = PYTHON_LAYOUT_11;

static HOT_TEXT __attribute__((noinline)) uint64_t digest_unnumbered(const char *code)
{
    return python_digest(&layout_known, code);
}

/* Of one whose function has a number, under which it is noted. */
static __attribute__((noinline)) uint64_t digest_anew(const char *function, const char *code,
                                                      uint32_t version, struct python_known *known)
{
    const char *its_code;
    uint64_t digest = digest_unnumbered(code);
    python_pointer(0, function, layout_known.function_code, &its_code);
    if (its_code == code)
        python_known_note(known, version, (uintptr_t)code, digest);
    return digest;
}

/* The digest of a code object. From 3.12 on each has a number of its own until four billion were
 * made. Without one its contents must tell. */
PYTHON_INLINE uint64_t digest_of(const struct python_layout *l, const char *code)
{
    uint32_t version = 0;
    if (l->version >= 0)
        __builtin_memcpy(&version, code + l->version, sizeof version);
    return version ? (uintptr_t)code + version * python_odd[0] : digest_any(code);
}

/* The same where functions have numbers, of what the frame `at` executes. What is known is alive,
 * and not looked at: it is a page for each function. */
PYTHON_INLINE enum found digest_known(const char *at, const char *code, struct python_known *known,
                                      uint64_t *digest)
{
    const char *function;
    uint32_t version;
    python_pointer(0, at, layout_known.function, &function);
    __builtin_memcpy(&version, function + layout_known.function_version, sizeof version);
    const struct python_digest *k = python_known_at(known, version);
    if (version && k->version == version && k->code == (uintptr_t)code) {
        *digest = k->digest;
        return FOUND_FRAME;
    }
    enum found found = look_at_code(0, code);
    if (found == FOUND_FRAME)
        *digest = version ? digest_anew(function, code, version, known) : digest_unnumbered(code);
    return found;
}

/* 0 if the chain is not what it should be. */
PYTHON_INLINE int walk(const struct python_layout *l, int careful, const char *thread,
                       struct python_known *known, struct python_stack *stack, uint64_t *hash,
                       const char **last)
{
    struct python_frame frame;
    const char *at, *previous;
    uint64_t h = 0, place, digest = 0;
    unsigned frames = 0, others = 0;
    if (!innermost(l, careful, thread, &at))
        return 0;
    for (; at; at = previous) {
        enum found found = known ? read_frame(l, careful, at, &frame, &place, &previous)
                                 : read_whole(l, careful, at, &frame, &place, &previous);
        if (known && found == FOUND_FRAME)
            found = digest_known(at, frame.code, known, &digest);
        if (found == FOUND_BROKEN)
            return 0;
        if (found == FOUND_NOTHING) {
            if (++others == OTHERS_MOST)
                break;
            continue;
        }
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
        if (!known)
            digest = digest_of(l, frame.code);
        h = python_mix(h ^ digest, place ^ (uint64_t)frame.flags << FLAGS_AT);
    }
    if (stack)
        stack->frames = frames;
    *hash = frames && !h ? 1 : h;
    return 1;
}

/* A generator's frame lies with the generator. */
static const char *of_thread(const char *frame)
{
    enum { OWNED_BY_THREAD = 0 };
    int owner = python.layout.owner;
    return frame && owner >= 0 && frame[owner] != OWNED_BY_THREAD ? NULL : frame;
}

/* The usual walk. */
static HOT_TEXT __attribute__((noinline, nonnull(2))) uint64_t
walk_known(const char *thread, struct python_known *known, const void **outermost)
{
    const char *last = NULL;
    uint64_t hash;
    if (!walk(&layout_known, 0, thread, known, NULL, &hash, &last))
        return 0;
    if (outermost)
        *outermost = of_thread(last);
    return hash;
}

static __attribute__((noinline)) uint64_t walk_any(const char *thread, struct python_stack *stack,
                                                   const void **outermost)
{
    const char *last = NULL;
    uint64_t hash;
    if (!walk(&python.layout, 0, thread, NULL, stack, &hash, &last))
        return 0;
    if (outermost)
        *outermost = of_thread(last);
    return hash;
}

static __attribute__((noinline)) uint64_t walk_with_care(const char *thread,
                                                         struct python_stack *stack)
{
    const char *last = NULL;
    uint64_t hash = 0;
    if (trace_sealed()) {
        python_refuse("a filter of system calls came before its frames could be checked");
        return 0;
    }
    if (!walk(&python.layout, 1, thread, NULL, stack, &hash, &last)) {
        python_refuse("its frames do not lie in memory as in other builds of its version");
        return 0;
    }
    if (hash)
        __atomic_fetch_sub(&python.unproved, 1, __ATOMIC_RELAXED);
    return hash;
}

/* Do functions have numbers that count? */
static int is_numbered(void)
{
    return python.layout.minor == layout_known.minor &&
           !__atomic_load_n(&python.unnumbered, __ATOMIC_RELAXED);
}

HOT_TEXT uint64_t python_walk(const void *thread, struct python_known *known,
                              struct python_stack *stack, const void **outermost)
{
    if (__builtin_expect(__atomic_load_n(&python.unproved, __ATOMIC_RELAXED) > 0, 0))
        return walk_with_care(thread, stack);
    if (known && !stack && is_numbered())
        return walk_known(thread, known, outermost);
    return walk_any(thread, stack, outermost);
}

int python_is_running(const void *thread)
{
    const char *frame;
    if (__atomic_load_n(&python.unproved, __ATOMIC_RELAXED) > 0)
        return !innermost(&python.layout, 1, thread, &frame) || frame;
    return !innermost(&python.layout, 0, thread, &frame) || frame;
}

/* By the files of the functions that import. */
static int is_importlib(const char *code)
{
    static const char name[] = "<frozen importlib";
    const char *file;
    python_peek(0, code + python.layout.file, &file, sizeof file);
    struct python_string text = python_string(&python.layout, file);
    return text.kind == 1 && text.length >= sizeof name - 1 &&
           !memcmp(text.at, name, sizeof name - 1);
}

int python_is_importing(const void *thread)
{
    enum { HOPS = 4096 };
    struct python_frame frame;
    const char *at, *previous;
    uint64_t place;
    int careful = __atomic_load_n(&python.unproved, __ATOMIC_RELAXED) > 0;
    if (!innermost(&python.layout, careful, thread, &at))
        return 1;
    for (int hops = 0; at && hops < HOPS; hops++, at = previous) {
        enum found found = read_whole(&python.layout, careful, at, &frame, &place, &previous);
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
    if (__atomic_load_n(&python.unproved, __ATOMIC_RELAXED) > 0 || !innermost(l, 0, thread, &at))
        return NULL;
    for (int hops = 0; at && hops < HOPS; hops++) {
        if (l->owner < 0 || at[l->owner] < OWNER_C)
            found = at;
        python_pointer(0, at, l->previous, &at);
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

HOT_TEXT const void *python_thread(void)
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

static uint32_t character_at(const struct python_string *text, uint64_t i)
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
    python_pointer(0, code, offset, &object);
    python_pointer(0, object, PYTHON_TYPE, &type);
    struct python_string text = python_string(&python.layout, object);
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
    python_peek(0, code + python.layout.first_line, &line, sizeof line);
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
    python_peek(0, frame->code + python.layout.first_traceable, &first, sizeof first);
    return frame->instruction >= first * UNIT;
}
