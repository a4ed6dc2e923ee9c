/* SPDX-License-Identifier: MIT
 *
 * Python frames in memory that only looks like an interpreter's: what is read of a chain that is
 * right, and that a chain that is wrong in any way is refused and never followed into nowhere.
 */
#include "support.h"

#include "python_frames.h"
#include "python_known.h"
#include "python_layout.h"
#include "python_walk.h"
#include "trace.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { FRAMES = 5, TEXT = 48, LONG = 144, PAGE = 4096 };

struct object {
    uint64_t references;
    const void *type;
};

struct string {
    struct object head;
    uint64_t length;
    uint64_t hash;
    uint32_t state;
    uint32_t pad;
    char text[TEXT]; /* layout.ascii */
};

struct bytes {
    struct object head;
    uint64_t size;
    uint64_t hash;
    char text[TEXT];
};

struct code {
    struct object head;
    int32_t first_line;
    int32_t pad;
    struct string *file;
    struct string *name;
    struct bytes *lines;
};

struct frame {
    struct object head;
    struct frame *previous;
    struct code *code;
    int32_t instruction;
};

/* Two pages of their own, with nothing mapped behind. */
struct world {
    struct {
        struct frame *frame;
    } thread;
    struct frame frame[FRAMES];
    struct code code[FRAMES];
    struct string string[2 * FRAMES];
    struct bytes lines;
};

static struct world *world;
static char code_type, string_type, bytes_type;

static void *thread_state(void)
{
    return &world->thread;
}

static int no(void)
{
    return 0;
}

static void *head(void)
{
    return world;
}

static void *next(void *one)
{
    (void)one;
    return NULL;
}

static int line_of(void *code, int instruction)
{
    return ((struct code *)code)->first_line + instruction;
}

static void set_text(struct string *s, const char *text)
{
    enum { ASCII = 1 << 6 | 1 << 5 | 1 << 2 };
    *s = (struct string){{1, &string_type}, strlen(text), 0, ASCII, 0, ""};
    memcpy(s->text, text, strlen(text));
}

static void make_world(void)
{
    if (!world) {
        char *pages =
            mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        munmap(pages + 2 * PAGE, PAGE);
        world = (void *)(pages + 2 * PAGE - sizeof *world);
    }
    memset(world, 0, sizeof *world);
    world->lines = (struct bytes){{1, &bytes_type}, 8, 0, "linetab"};
    world->thread.frame = &world->frame[0];
    for (int i = 0; i < FRAMES; i++) {
        char name[] = "function?";
        name[sizeof name - 2] = (char)('a' + i);
        set_text(&world->string[2 * i], "/srv/app/main.py");
        set_text(&world->string[2 * i + 1], name);
        world->code[i] =
            (struct code){{1, &code_type},           10 * (i + 1), 0, &world->string[2 * i],
                          &world->string[2 * i + 1], &world->lines};
        world->frame[i] = (struct frame){
            {1, NULL}, i + 1 < FRAMES ? &world->frame[i + 1] : NULL, &world->code[i], i};
    }
}

static void make_python(int unproved)
{
    make_world();
    python = (struct python){.layout = {.minor = 8,
                                        .thread_frame = offsetof(struct world, thread.frame),
                                        .holder_frame = -1,
                                        .previous = offsetof(struct frame, previous),
                                        .code = offsetof(struct frame, code),
                                        .instruction = offsetof(struct frame, instruction),
                                        .owner = -1,
                                        .entry = -1,
                                        .file = offsetof(struct code, file),
                                        .name = offsetof(struct code, name),
                                        .first_line = offsetof(struct code, first_line),
                                        .lines = offsetof(struct code, lines),
                                        .bytecode = -1,
                                        .first_traceable = -1,
                                        .version = -1,
                                        .function = -1,
                                        .ascii = offsetof(struct string, text),
                                        .compact = offsetof(struct string, text),
                                        .scale = 1},
                             .thread_state = thread_state,
                             .finalizing = no,
                             .interpreter_head = head,
                             .interpreter_next = next,
                             .code_type = &code_type,
                             .string_type = &string_type,
                             .bytes_type = &bytes_type,
                             .line_of = line_of,
                             .unproved = unproved};
}

static const struct trace_python_frame *record_of(uint32_t id)
{
    const struct trace_python_frame *f = trace_at(id);
    cr_assert_eq(f->head.type, RECORD_PYFRAME);
    return f;
}

static const char *text_of(uint32_t id)
{
    return ((const struct trace_string *)trace_at(id))->text;
}

Test(python, chain_becomes_records)
{
    trace_for_test(4 << 20);
    for (int unproved = 0; unproved < 100; unproved += 99) {
        struct python_chain chain;
        make_python(unproved);
        python_intern(&chain);
        uint32_t id = chain.innermost;
        for (int i = 0; i < FRAMES; i++) {
            const struct trace_python_frame *f = record_of(id);
            cr_assert_str_eq(text_of(f->file), "/srv/app/main.py");
            cr_assert_eq(text_of(f->name)[8], 'a' + i);
            cr_assert_eq(f->first_line, 10u * ((unsigned)i + 1));
            cr_assert_eq(f->line, f->first_line + (unsigned)i);
            id = f->outer;
        }
        cr_assert_eq(id, 0u);
        cr_assert_eq(python_agrees(chain.innermost), 1);
    }
}

Test(python, chains_differ_by_what_their_code_says)
{
    trace_for_test(4 << 20);
    make_python(0);
    uint64_t plain = python_walk(thread_state(), NULL, NULL, NULL);
    cr_assert_eq(python_walk(thread_state(), NULL, NULL, NULL), plain);
    char *bytes[] = {world->string[8].text,
                     world->string[8].text + 15,
                     world->string[3].text + 8,
                     world->lines.text + 7,
                     (char *)&world->code[2].first_line,
                     (char *)&world->frame[4].instruction};
    for (unsigned i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        (*bytes[i])++;
        cr_assert_neq(python_walk(thread_state(), NULL, NULL, NULL), plain);
        (*bytes[i])--;
    }
    world->frame[3].previous = NULL;
    cr_assert_neq(python_walk(thread_state(), NULL, NULL, NULL), plain);
}

/* Every byte of the last `counted` of a text or table of `size` bytes, which lie at `text`. */
static void every_byte_counts(char *text, uint64_t *size, unsigned most, unsigned counted)
{
    for (unsigned length = 1; length <= most; length++) {
        *size = length;
        uint64_t plain = python_walk(thread_state(), NULL, NULL, NULL);
        for (unsigned i = length > counted ? length - counted : 0; i < length; i++) {
            text[i]++;
            cr_assert_neq(python_walk(thread_state(), NULL, NULL, NULL), plain, "byte %u of %u", i,
                          length);
            text[i]--;
        }
        *size = length - 1;
        cr_assert_neq(python_walk(thread_state(), NULL, NULL, NULL), plain, "size %u", length);
    }
}

Test(python, every_byte_of_what_a_code_says_counts)
{
    static union {
        struct string string;
        struct bytes bytes;
        char room[sizeof(struct string) + LONG];
    } file, name, lines;
    trace_for_test(4 << 20);
    make_python(0);
    set_text(&file.string, "");
    set_text(&name.string, "");
    for (int i = 0; i < FRAMES; i++)
        world->code[i].file = &file.string;
    world->code[2].name = &name.string;
    world->code[2].lines = &lines.bytes;
    every_byte_counts(file.string.text, &file.string.length, LONG, 64);
    every_byte_counts(name.string.text, &name.string.length, LONG, 32);
    every_byte_counts(lines.bytes.text, &lines.bytes.size, 128, 128);
}

/* One frame as CPython 3.11 has it, in words. */
static struct {
    uint64_t thread[8], holder[2], frame[10], code[24], other[24], function[17];
    struct string file, name;
    struct bytes lines;
} old;

static uint64_t word(const void *pointer)
{
    return (uintptr_t)pointer;
}

static void make_numbered(uint32_t number)
{
    make_python(0);
    python.layout = (struct python_layout)PYTHON_LAYOUT_11;
    set_text(&old.file, "/srv/app/main.py");
    set_text(&old.name, "function");
    old.lines = (struct bytes){{1, &bytes_type}, 8, 0, "linetab"};
    for (uint64_t *code = old.code; code; code = code == old.code ? old.other : NULL) {
        code[0] = 1;
        code[1] = word(&code_type);
        code[9] = 7;
        code[14] = word(&old.file);
        code[16] = word(&old.name);
        code[17] = word(&old.lines);
    }
    old.function[6] = word(old.code);
    old.function[16] = number;
    old.frame[0] = word(old.function);
    old.frame[4] = word(old.code);
    old.frame[7] = word(&old.code[23]);
    old.holder[1] = word(old.frame);
    old.thread[7] = word(old.holder);
}

static uint64_t walk_numbered(struct python_known *known)
{
    return python_walk(old.thread, known, NULL, NULL);
}

Test(python, code_is_known_again_by_its_functions_number)
{
    static struct python_known known;
    trace_for_test(4 << 20);
    make_numbered(5);
    uint64_t plain = walk_numbered(NULL);
    cr_assert_eq(walk_numbered(&known), plain);
    old.lines.text[0]++;
    cr_assert_eq(walk_numbered(&known), plain, "it is not read again");
    uint64_t changed = walk_numbered(NULL);
    cr_assert_neq(changed, plain);
    for (uint32_t number = 0; number < 3 * PYTHON_KNOWN; number += PYTHON_KNOWN) {
        old.function[16] = number;
        cr_assert_eq(walk_numbered(&known), changed, "number %u is another one", number);
    }
    old.function[16] = 5;
    cr_assert_eq(walk_numbered(&known), plain);
    old.frame[7]++;
    cr_assert_neq(walk_numbered(&known), plain, "the place counts");
    old.frame[7]--;
    old.frame[4] = old.function[6] = word(old.other);
    old.frame[7] += word(old.other) - word(old.code);
    cr_assert_eq(walk_numbered(&known), walk_numbered(NULL), "code elsewhere is other code");
}

Test(python, a_number_tells_nothing_of_code_that_its_function_gave_up)
{
    static struct python_known known;
    trace_for_test(4 << 20);
    make_numbered(5);
    old.function[6] = word(old.other);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(walk_numbered(&known), walk_numbered(NULL));
        old.lines.text[0]++;
    }
    make_numbered(5);
    python.unnumbered = 1;
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(walk_numbered(&known), walk_numbered(NULL));
        old.lines.text[0]++;
    }
}

Test(python, owner_is_the_innermost_of_the_program)
{
    static const struct {
        const char *file[FRAMES];
        int owner;
    } cases[] = {
        {{"/usr/lib/python3.11/socket.py", "/usr/lib/python3/dist-packages/a/b.py", "/srv/x.py",
          "/srv/y.py", "/srv/z.py"},
         2},
        {{"/usr/lib/python3.11/ssl.py", "/v/lib/python3.9/site-packages/gevent/_s.py",
          "/v/lib/python3.9/site-packages/requests/a.py", "<frozen runpy>",
          "/usr/lib/python3.11/x"},
         2},
        {{"/v/site-packages/eventlet/hub.py", "/v/site-packages/greenlet/g.py", "<frozen a>",
          "/usr/lib/python3.11/threading.py", "/usr/lib/python3.11/threading.py"},
         2},
        {{"<string>", "/srv/y.py", "", "", ""}, 0},
    };
    trace_for_test(4 << 20);
    for (unsigned c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct python_chain chain;
        make_python(0);
        for (int i = 0; i < FRAMES; i++)
            set_text(&world->string[2 * i], cases[c].file[i]);
        python_intern(&chain);
        const struct trace_python_frame *f = record_of(chain.owner);
        cr_assert_eq(text_of(f->name)[8], 'a' + cases[c].owner);
    }
}

Test(python, long_chain_is_cut_and_a_ring_comes_to_an_end)
{
    trace_for_test(4 << 20);
    make_python(0);
    world->frame[FRAMES - 1].previous = &world->frame[0];
    struct python_stack stack;
    cr_assert_neq(python_walk(thread_state(), NULL, &stack, NULL), 0u);
    cr_assert_eq(stack.frames, PYTHON_FRAMES);
    cr_assert(stack.frame[PYTHON_FRAMES - 1].flags & PYTHON_CUT);
}

Test(python, code_that_is_being_freed_is_left_out)
{
    trace_for_test(4 << 20);
    make_python(0);
    world->code[0].head.references = 0;
    struct python_stack stack;
    python_walk(thread_state(), NULL, &stack, NULL);
    cr_assert_eq(stack.frames, FRAMES - 1);
}

static uint64_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Words that are no pointers, or pointers to somewhere else in it, or behind its end. */
static void break_world(uint64_t *state)
{
    uint64_t words = sizeof *world / sizeof(uint64_t);
    uint64_t *word = (uint64_t *)world + random_next(state) % words;
    switch (random_next(state) % 5) {
    case 0:
        *word = random_next(state);
        break;
    case 1:
        *word = random_next(state) << 33 | random_next(state);
        break;
    case 2:
        *word = (uint64_t)world + random_next(state) % (2 * sizeof *world);
        break;
    case 3:
        *word = 0;
        break;
    default:
        *word += random_next(state) % 64;
        break;
    }
}

/* Any crash fails the test. */
Test(python, broken_frames_are_refused)
{
    uint64_t state = 1;
    unsigned refused = 0;
    trace_for_test(16 << 20);
    for (int round = 0; round < 20000; round++) {
        struct python_chain chain;
        make_python(1000);
        for (uint64_t n = random_next(&state) % 4; n--;)
            break_world(&state);
        python_intern(&chain);
        refused += python.off;
    }
    cr_assert_gt(refused, 5000u);
    cr_assert_lt(refused, 19000u);
}

Test(python, wrong_layouts_are_refused)
{
    uint64_t state = 7;
    trace_for_test(16 << 20);
    for (int round = 0; round < 20000; round++) {
        struct python_chain chain;
        make_python(1000);
        int16_t *member = (int16_t *)(void *)&python.layout + 1;
        enum { MEMBERS = 16 };
        member[random_next(&state) % MEMBERS] = (int16_t)(random_next(&state) % 256);
        if (round % 2)
            member[random_next(&state) % MEMBERS] = (int16_t)(random_next(&state) % 256);
        python_intern(&chain);
    }
}
