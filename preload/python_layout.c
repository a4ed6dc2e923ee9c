/* SPDX-License-Identifier: MIT
 *
 * See python_layout.h.
 */
#include "python_layout.h"

#include "dynsym.h"
#include "gap.h"
#include "modules.h"
#include "python.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLDEST = 8, NEWEST = 13, WALKS_PROVED = 32, OFFSET_MOST = 4096 };

/* x86-64. From the headers of 3.8.18, 3.9.18, 3.10.13, 3.11.7 and 3.12.1; final releases of one
 * minor version do not differ. In the order of struct python_layout: minor; thread_frame,
 * holder_frame, thread_id; previous, code, instruction, owner, entry; file, name, first_line,
 * lines, bytecode, first_traceable, version; function, function_code, function_version; ascii,
 * compact; scale. */
static const struct python_layout layouts[] = {
    {8, 24, -1, 176, 24, 32, 104, -1, -1, 104, 112, 40, 120, -1, -1, -1, -1, -1, -1, 48, 72, 1},
    {9, 24, -1, 176, 24, 32, 104, -1, -1, 104, 112, 40, 120, -1, -1, -1, -1, -1, -1, 48, 72, 1},
    {10, 24, -1, 176, 24, 32, 96, -1, -1, 104, 112, 40, 120, -1, -1, -1, -1, -1, -1, 48, 72, 2},
    PYTHON_LAYOUT_11,
    {12, 56, 0, 136, 8, 0, 56, 70, -1, 112, 128, 68, 136, 192, 176, 92, -1, -1, -1, 40, 56, 1},
};

/* From 3.13 on the interpreter says itself where things are: _PyRuntime begins with
 * _Py_DebugOffsets, all 64-bit words (3.13, Include/internal/pycore_runtime.h). */
enum { WORD_VERSION = 1, WORD_FREE_THREADED = 2, WORD_OBJECT_TYPE = 45, WORD_STRING_LENGTH = 69 };
enum { OBJECT_TYPE = 8, STRING_LENGTH = 16, COMPACT_MORE = 16 };
static const char offsets_cookie[] = "xdebugpy";
static const struct {
    uint8_t word;
    uint8_t member; /* in struct python_layout */
} offset_words[] = {
    {23, offsetof(struct python_layout, thread_frame)},
    {24, offsetof(struct python_layout, thread_id)},
    {29, offsetof(struct python_layout, previous)},
    {30, offsetof(struct python_layout, code)},
    {31, offsetof(struct python_layout, instruction)},
    {33, offsetof(struct python_layout, owner)},
    {35, offsetof(struct python_layout, file)},
    {37, offsetof(struct python_layout, name)},
    {38, offsetof(struct python_layout, lines)},
    {39, offsetof(struct python_layout, first_line)},
    {43, offsetof(struct python_layout, bytecode)},
    {70, offsetof(struct python_layout, ascii)},
};

/* Up to 3.11.0 a frame could be seen while it was torn down, its function gone (CPython's issue
 * 99729). */
enum { SHOWS_DYING = 0x030b00f0 };

struct python python;
uint32_t python_found HOT_DATA = 0;
static int unwanted;

void python_start(int wanted)
{
    unwanted = !wanted;
}

void python_refuse(const char *why)
{
    char text[256];
    if (__atomic_exchange_n(&python.off, PYTHON_REFUSED, __ATOMIC_ACQ_REL) == PYTHON_REFUSED)
        return;
    snprintf(text, sizeof text, "Python lines are not shown: %s", why);
    gap_note(text);
}

struct version {
    unsigned major;
    unsigned minor;
    unsigned hex; /* as PY_VERSION_HEX, where the library says so itself */
    int final;    /* a release, not a preview of one */
    char text[24];
};

/* Before 3.11 only as text: "3.9.18 (main, ...", "3.10.0rc2+ ...". */
static void version_of_text(struct version *v, const char *text)
{
    char *end;
    snprintf(v->text, sizeof v->text, "%.*s", (int)strcspn(text, " "), text);
    v->major = (unsigned)strtoul(text, &end, 10);
    if (*end != '.')
        return;
    v->minor = (unsigned)strtoul(end + 1, &end, 10);
    if (*end != '.')
        return;
    strtoul(end + 1, &end, 10);
    v->final = *end == ' ' || *end == '+';
}

static void find_version(struct version *v, const struct link_map *map)
{
    enum { LEVEL_FINAL = 0xf };
    const unsigned long *number = dynsym_find(map, "Py_Version");
    const char *(*text)(void);
    *v = (struct version){.text = "of unknown version"};
    *(void **)&text = dynsym_find(map, "Py_GetVersion");
    if (text)
        version_of_text(v, text());
    if (!number)
        return;
    v->hex = (unsigned)*number;
    v->major = v->hex >> 24;
    v->minor = v->hex >> 16 & 0xff;
    v->final = (v->hex >> 4 & 0xf) == LEVEL_FINAL;
}

/* 0 if what the interpreter says of itself is not what is known of 3.13. */
static int layout_said(struct python_layout *l, const uint64_t *word, const struct version *v)
{
    enum { BYTECODE = 200, FIRST_TRACEABLE = 184, VERSION = 92 };
    if (!word || memcmp(word, offsets_cookie, 8) != 0 || word[WORD_VERSION] != v->hex ||
        word[WORD_FREE_THREADED] || word[WORD_OBJECT_TYPE] != OBJECT_TYPE ||
        word[WORD_STRING_LENGTH] != STRING_LENGTH)
        return 0;
    *l = (struct python_layout){.minor = (int16_t)v->minor,
                                .holder_frame = -1,
                                .entry = -1,
                                .function = -1,
                                .function_code = -1,
                                .function_version = -1,
                                .scale = 1};
    for (unsigned i = 0; i < sizeof offset_words / sizeof *offset_words; i++) {
        uint64_t offset = word[offset_words[i].word];
        if (offset > OFFSET_MOST)
            return 0;
        *(int16_t *)((char *)l + offset_words[i].member) = (int16_t)offset;
    }
    l->compact = (int16_t)(l->ascii + COMPACT_MORE);
    /* Not said; from the headers of 3.13.0, with which the rest must agree. */
    int known = l->bytecode == BYTECODE;
    l->first_traceable = known ? FIRST_TRACEABLE : -1;
    l->version = known ? VERSION : -1;
    return 1;
}

static int find_layout(struct python_layout *l, const struct link_map *map, const struct version *v)
{
    if (v->major != 3 || v->minor < OLDEST || v->minor > NEWEST || !v->final)
        return 0;
    if (v->minor == NEWEST)
        return layout_said(l, dynsym_find(map, "_PyRuntime"), v);
    *l = layouts[v->minor - OLDEST];
    return 1;
}

static int find_functions(struct python *p, const struct link_map *map)
{
    *(void **)&p->thread_state = dynsym_find(map, "PyGILState_GetThisThreadState");
    *(void **)&p->finalizing = dynsym_find(map, "_Py_IsFinalizing");
    if (!p->finalizing)
        *(void **)&p->finalizing = dynsym_find(map, "Py_IsFinalizing");
    *(void **)&p->interpreter_head = dynsym_find(map, "PyInterpreterState_Head");
    *(void **)&p->interpreter_next = dynsym_find(map, "PyInterpreterState_Next");
    *(void **)&p->line_of = dynsym_find(map, "PyCode_Addr2Line");
    p->code_type = dynsym_find(map, "PyCode_Type");
    p->string_type = dynsym_find(map, "PyUnicode_Type");
    p->bytes_type = dynsym_find(map, "PyBytes_Type");
    p->function_type = dynsym_find(map, "PyFunction_Type");
    return p->finalizing && p->interpreter_head && p->interpreter_next && p->line_of &&
           p->code_type && p->string_type && p->bytes_type && p->function_type;
}

/* A program that exports the interpreter's functions has one of its own, and a module of it may
 * bring the library along, which then stays idle; or the other way round. The one that is alive
 * counts. */
static int is_settled(void)
{
    return python_found && python.interpreter_head() != NULL;
}

void python_meet(const struct link_map *map)
{
    /* Another library counts its functions anew. */
    struct python p = {.map = map, .unproved = WALKS_PROVED, .unnumbered = python_found};
    struct version version;
    char why[128];
    if (unwanted || python.off || !dynsym_find(map, "PyGILState_GetThisThreadState") ||
        is_settled())
        return;
    find_version(&version, map);
    if (version.hex <= SHOWS_DYING)
        p.unnumbered = 1;
    if (find_layout(&p.layout, map, &version) && find_functions(&p, map)) {
        python = p;
        __atomic_store_n(&python_found, 1, __ATOMIC_RELEASE);
        return;
    }
    snprintf(why, sizeof why, "this is CPython %s, and known are releases of 3.%d to 3.%d",
             version.text, OLDEST, NEWEST);
    python_refuse(why);
}

int python_contains(uintptr_t address)
{
    if (!__atomic_load_n(&python_found, __ATOMIC_ACQUIRE))
        return 0;
    const struct link_map *map = modules_map(address);
    return !map || map == python.map;
}

/* One that is alive is not unmapped, unless the handle is its own: then its program says so. */
int python_pause(const void *handle)
{
    uint32_t off = 0;
    return __atomic_load_n(&python_found, __ATOMIC_ACQUIRE) &&
           !__atomic_load_n(&python.off, __ATOMIC_ACQUIRE) &&
           (handle == python.map || !python.interpreter_head()) &&
           __atomic_compare_exchange_n(&python.off, &off, PYTHON_PAUSED, 0, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

void python_resume(int paused)
{
    uint32_t off = PYTHON_PAUSED;
    if (paused)
        __atomic_compare_exchange_n(&python.off, &off, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void python_part(const struct link_map *map)
{
    if (python_found && python.map == map)
        python_refuse("the interpreter's library was unloaded");
}
