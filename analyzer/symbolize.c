/* SPDX-License-Identifier: MIT
 *
 * See symbolize.h. One Dwfl a file: traces of several processes map the same file at different
 * addresses, and offsets from the load bias are all we are asked about.
 */
#include "symbolize.h"

#include "inline_frames.h"
#include "map.h"
#include "text.h"

#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct module {
    struct symbol_module key;
    const char *name;
    const char *trouble; /* why the file is not believed */
    bool opened;
    bool lines; /* it has line information */
    Dwfl *dwfl; /* NULL: nothing to ask */
    Dwfl_Module *file;
    GElf_Addr bias;     /* between our addresses and the file's */
    struct map symbols; /* offset -> index */
    struct inline_units units;
};

struct symbolizer {
    struct arena *arena;
    struct module *modules;
    size_t count, capacity;
    struct symbol *symbols;
    size_t symbol_count, symbol_capacity;
};

/* Found where libdwfl's standard places say: build id and debug link. Not from the network: the
 * command clears the variable that would allow it. */
static char *debug_path = NULL;
static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = &debug_path,
};

struct symbolizer *symbolizer_new(struct arena *arena)
{
    struct symbolizer *symbolizer = ARENA_NEW(arena, struct symbolizer);
    symbolizer->arena = arena;
    return symbolizer;
}

void symbolizer_free(struct symbolizer *symbolizer)
{
    if (!symbolizer)
        return;
    for (size_t i = 0; i < symbolizer->count; i++)
        if (symbolizer->modules[i].dwfl)
            dwfl_end(symbolizer->modules[i].dwfl);
}

static bool same_module(const struct symbol_module *a, const struct symbol_module *b)
{
    return a->build_id_size == b->build_id_size &&
           memcmp(a->build_id, b->build_id, a->build_id_size) == 0 &&
           (a->path == b->path || (a->path && b->path && strcmp(a->path, b->path) == 0));
}

uint32_t symbolizer_module(struct symbolizer *symbolizer, const struct symbol_module *module)
{
    for (size_t i = 0; i < symbolizer->count; i++)
        if (same_module(&symbolizer->modules[i].key, module))
            return (uint32_t)i;
    symbolizer->modules = arena_grow(symbolizer->arena, symbolizer->modules, sizeof(struct module),
                                     symbolizer->count, &symbolizer->capacity);
    struct module *added = &symbolizer->modules[symbolizer->count];
    *added = (struct module){
        .key = *module,
        .symbols.arena = symbolizer->arena,
        .units = {.arena = symbolizer->arena, .by_offset.arena = symbolizer->arena}};
    uint8_t *build_id = arena_alloc(symbolizer->arena, module->build_id_size + 1u);
    memcpy(build_id, module->build_id, module->build_id_size);
    added->key.build_id = build_id;
    added->key.path = module->path ? arena_copy(symbolizer->arena, module->path) : NULL;
    added->name = module->path ? text_clean(symbolizer->arena, text_basename(module->path))
                               : "unknown module";
    return (uint32_t)symbolizer->count++;
}

/* ---- the file behind a module ---- */

static int open_regular(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat status;
    if (fd >= 0 && (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

static bool build_id_fits(const struct module *module)
{
    const unsigned char *bits;
    GElf_Addr where;
    int size = dwfl_module_build_id(module->file, &bits, &where);
    if (module->key.build_id_size == 0)
        return true;
    return size == module->key.build_id_size &&
           memcmp(bits, module->key.build_id, (size_t)size) == 0;
}

static const char *open_module(struct symbolizer *symbolizer, struct module *module)
{
    if (!module->key.path || module->key.path[0] != '/')
        return "the trace does not tell its file";
    int fd = open_regular(module->key.path);
    if (fd < 0)
        return arena_print(symbolizer->arena, "its file %s is not here (%s)",
                           text_clean(symbolizer->arena, module->key.path), strerror(errno));
    module->dwfl = dwfl_begin(&callbacks);
    if (!module->dwfl) {
        close(fd);
        return "libdwfl did not start";
    }
    dwfl_report_begin(module->dwfl);
    module->file =
        dwfl_report_elf(module->dwfl, module->name, module->key.path, fd, 0x10000000, false);
    dwfl_report_end(module->dwfl, NULL, NULL);
    if (!module->file) {
        close(fd); /* libdwfl takes the descriptor only when it succeeds */
        return arena_print(symbolizer->arena, "its file %s is not one that can be read",
                           text_clean(symbolizer->arena, module->key.path));
    }
    if (!dwfl_module_getelf(module->file, &module->bias))
        return "its file cannot be read";
    if (!build_id_fits(module))
        return arena_print(symbolizer->arena, "the file %s is another build than the one that ran",
                           text_clean(symbolizer->arena, module->key.path));
    Dwarf_Addr bias;
    module->lines = dwfl_module_getdwarf(module->file, &bias) != NULL;
    return NULL;
}

static void module_ready(struct symbolizer *symbolizer, struct module *module)
{
    if (module->opened)
        return;
    module->opened = true;
    module->trouble = open_module(symbolizer, module);
    if (module->trouble && module->dwfl) {
        dwfl_end(module->dwfl);
        module->dwfl = NULL;
        module->file = NULL;
    }
}

/* ---- one address ---- */

/* "name.part.0.isra.0" -> "name": what the compiler appends differs from build to build. */
static const char *without_suffix(struct arena *arena, const char *name)
{
    static const char *const suffixes[] = {".part.", ".isra.", ".constprop.", ".cold",
                                           ".lto_priv."};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        const char *at = strstr(name + (*name == '.'), suffixes[i]);
        if (at && at > name && (size_t)(at - name) < length)
            length = (size_t)(at - name);
    }
    return arena_print(arena, "%.*s", (int)length, name);
}

static bool from_dwarf(struct symbolizer *symbolizer, struct module *module, uint64_t address,
                       struct symbol *symbol)
{
    struct symbol_frame frames[INLINE_FRAMES_MAX];
    unsigned count =
        inline_frames(&module->units, module->file, address, frames, INLINE_FRAMES_MAX);
    if (count == 0)
        return false;
    struct symbol_frame *kept = ARENA_ARRAY(symbolizer->arena, struct symbol_frame, count);
    for (unsigned i = 0; i < count; i++) {
        const char *function = text_clean(symbolizer->arena, frames[i].function);
        kept[i].function = without_suffix(symbolizer->arena, function);
        kept[i].file = text_clean(symbolizer->arena, frames[i].file);
        kept[i].line = frames[i].line;
    }
    symbol->frames = kept;
    symbol->count = count;
    return true;
}

static bool from_symbols(struct symbolizer *symbolizer, const struct module *module,
                         uint64_t address, struct symbol *symbol)
{
    GElf_Off distance;
    GElf_Sym entry;
    const char *name =
        dwfl_module_addrinfo(module->file, address, &distance, &entry, NULL, NULL, NULL);
    /* a neighbour's name would be worse than none: the address must lie inside a sized symbol */
    if (!name || !*name || entry.st_size == 0 || distance >= entry.st_size)
        return false;
    struct symbol_frame *frame = ARENA_NEW(symbolizer->arena, struct symbol_frame);
    frame->function = without_suffix(symbolizer->arena, text_clean(symbolizer->arena, name));
    symbol->frames = frame;
    symbol->count = 1;
    return true;
}

/* Module, build id and offset: all there is to say. */
static void from_offset(struct symbolizer *symbolizer, const struct module *module, uint64_t offset,
                        struct symbol *symbol)
{
    char id[2 * 8 + 1] = "";
    for (unsigned i = 0; i < 8 && i < module->key.build_id_size; i++)
        snprintf(id + (size_t)2 * i, 3, "%02x", module->key.build_id[i]);
    struct symbol_frame *frame = ARENA_NEW(symbolizer->arena, struct symbol_frame);
    frame->function = arena_print(symbolizer->arena, "%s!%s%s+0x%llx", module->name, id,
                                  id[0] ? "" : "no-build-id", (unsigned long long)offset);
    symbol->frames = frame;
    symbol->count = 1;
    symbol->stable = false;
    symbol->unstable = module->trouble ? module->trouble : SYMBOL_STRIPPED;
}

static void look_up(struct symbolizer *symbolizer, struct module *module, uint64_t offset,
                    struct symbol *symbol)
{
    *symbol = (struct symbol){.module = module->name, .stable = true};
    module_ready(symbolizer, module);
    /* the call lies before the address it returns to, perhaps in another line or function */
    uint64_t address = (offset ? offset - 1 : 0) + module->bias;
    if (module->file && (from_dwarf(symbolizer, module, address, symbol) ||
                         from_symbols(symbolizer, module, address, symbol)))
        return;
    from_offset(symbolizer, module, offset, symbol);
}

const struct symbol *symbolize(struct symbolizer *symbolizer, uint32_t index, uint64_t offset)
{
    struct module *module = &symbolizer->modules[index];
    uint32_t at = map_get(&module->symbols, offset);
    if (at != MAP_NONE)
        return (const struct symbol *)(symbolizer->symbols + at);
    symbolizer->symbols = arena_grow(symbolizer->arena, symbolizer->symbols, sizeof(struct symbol),
                                     symbolizer->symbol_count, &symbolizer->symbol_capacity);
    at = (uint32_t)symbolizer->symbol_count++;
    look_up(symbolizer, module, offset, &symbolizer->symbols[at]);
    map_put(&module->symbols, offset, at);
    return &symbolizer->symbols[at];
}

struct Dwfl_Module *symbolizer_file(struct symbolizer *symbolizer, uint32_t index, uint64_t *bias,
                                    const char **trouble)
{
    struct module *module = &symbolizer->modules[index];
    module_ready(symbolizer, module);
    *bias = module->bias;
    *trouble = module->trouble;
    return module->file;
}
