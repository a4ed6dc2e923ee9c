/* SPDX-License-Identifier: MIT
 *
 * See audit_origin.h. A stack is known again by the code addresses in its innermost words: two
 * stacks that agree there and differ above would be taken for one, which mixes up callers and no
 * counts. Of an ELF object only its own symbols are asked, so that the answer does not depend on
 * which debug packages are installed.
 */
#include "audit_origin.h"

#include "audit_call_site.h"
#include "calls.h"
#include "demangle.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <xxhash.h>

#define WORDS       64u
#define CHAINS_MOST 50000u /* then callers are no longer looked for: a chain takes up to 1 ms */

/* ---- names ---- */

static bool has_row(const char *name)
{
    for (unsigned i = 0; i < CALL_COUNT; i++)
        if (strcmp(call_infos[i].name, name) == 0)
            return true;
    for (unsigned i = 0; i < call_alias_count; i++)
        if (strcmp(call_aliases[i].twin, name) == 0)
            return true;
    return false;
}

/* What a program calls it: without libc's inner prefixes and a version. */
static const char *public_name(struct arena *arena, const char *name)
{
    static const char *const inner[] = {"__GI_", "__libc_", "__"};
    name = text_head(arena, name, strcspn(name, "@"));
    for (size_t i = 0; i < sizeof inner / sizeof *inner && !has_row(name); i++)
        if (text_starts(name, inner[i]))
            name += strlen(inner[i]);
    return name;
}

static bool starts_program(const char *name)
{
    return text_starts(name, "__libc_start");
}

static bool starts_thread(const char *name)
{
    return strcmp(name, "start_thread") == 0 || strstr(name, "clone");
}

static bool is_exit(const char *name)
{
    static const char *const names[] = {"exit", "_exit", "_Exit", "quick_exit", "abort"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* ---- the stack ---- */

/* Debug files would name libc's inner functions, too, and take long to read. */
static int
no_debug_file(Dwfl_Module *module __attribute__((unused)), void **data __attribute__((unused)),
              const char *name __attribute__((unused)), Dwarf_Addr base __attribute__((unused)),
              const char *file __attribute__((unused)), const char *link __attribute__((unused)),
              GElf_Word crc __attribute__((unused)), char **found __attribute__((unused)))
{
    return -1;
}

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = no_debug_file,
};

static bool report_modules(struct audit_image *image)
{
    image->dwfl_old = false;
    dwfl_report_begin(image->dwfl);
    bool fine = dwfl_linux_proc_report(image->dwfl, image->pid) == 0;
    return dwfl_report_end(image->dwfl, NULL, NULL) == 0 && fine;
}

static Dwfl *dwfl_of(struct audit_image *image)
{
    if (image->dwfl && image->dwfl_old)
        report_modules(image);
    if (image->dwfl || image->dwfl_failed)
        return image->dwfl;
    image->dwfl = dwfl_begin(&callbacks);
    if (image->dwfl && report_modules(image) &&
        dwfl_linux_proc_attach(image->dwfl, image->pid, true) == 0)
        return image->dwfl;
    dwfl_end(image->dwfl);
    image->dwfl = NULL;
    image->dwfl_failed = true;
    return NULL;
}

/* NULL: the object has no symbol there. */
static const char *find_symbol(Dwfl *dwfl, Dwarf_Addr pc, GElf_Sym *symbol)
{
    Dwfl_Module *module = dwfl ? dwfl_addrmodule(dwfl, pc) : NULL;
    GElf_Off offset = 0;
    if (!module)
        return NULL;
    const char *name = dwfl_module_addrinfo(module, pc, &offset, symbol, NULL, NULL, NULL);
    return name && (symbol->st_size == 0 || offset < symbol->st_size) ? name : NULL;
}

static const char *symbol_at(Dwfl *dwfl, Dwarf_Addr pc)
{
    GElf_Sym symbol;
    return find_symbol(dwfl, pc, &symbol);
}

struct walk {
    struct audit_image *image;
    const struct audit_place *place;
    pid_t tid;
    Dwfl *dwfl;
    const char *entry;  /* the outermost function of libc below the caller */
    const char *inner;  /* the same, but for what starts a thread */
    const char *caller; /* of libc; NULL unnamed */
    const struct audit_range *owner;
    const struct audit_range *libc;
    bool owned;
    bool lost;           /* a frame lay in no code */
    bool at_start;       /* the program's start lies between libc and the caller */
    const char *wrapper; /* of the library's, which called libc; NULL: none */
    bool shunt;          /* a function of the library's that is no wrapper lies above libc */
};

/* The library's wrappers are what it exports; its other functions work for itself. */
static void note_shunt(struct walk *walk, Dwarf_Addr pc)
{
    GElf_Sym symbol;
    const char *name = find_symbol(walk->dwfl, pc, &symbol);
    if (name && GELF_ST_BIND(symbol.st_info) != STB_LOCAL &&
        GELF_ST_VISIBILITY(symbol.st_other) == STV_DEFAULT)
        walk->wrapper = name;
    else
        walk->shunt = true;
}

/* Did the library call libc for itself? A wrapper calls the function of its own name, or for a
 * child's sake another of the exec family. */
static bool is_own(const struct walk *walk, const char *entry)
{
    if (!walk->wrapper || !*entry)
        return walk->shunt && !walk->wrapper;
    return strcmp(walk->wrapper, entry) != 0 && !text_starts(entry, "exec") &&
           !text_starts(entry, "posix_spawn");
}

/* The function of libc that the owner's code calls; NULL: it does not tell, or calls another
 * function of its own that jumps on. */
static const char *called(const struct walk *walk, Dwarf_Addr pc)
{
    uintptr_t target = audit_call_site_target(walk->tid, pc + 1);
    const struct audit_range *range =
        target ? audit_image_range(walk->image, walk->place, target) : NULL;
    return range && range->kind == AUDIT_OF_LIBC ? symbol_at(walk->dwfl, target) : NULL;
}

/* The caller's code names the function better than a frame: one that ended in a jump has none. Not
 * so where the program's start is the caller. */
static void note_owner(struct walk *walk, const struct audit_range *owner, Dwarf_Addr pc)
{
    walk->owned = true;
    walk->owner = owner;
    walk->caller = symbol_at(walk->dwfl, pc);
    bool asked = walk->libc && !walk->at_start && !walk->wrapper && !walk->shunt;
    const char *name = asked ? called(walk, pc) : NULL;
    if (name)
        walk->entry = name;
}

static int step(Dwfl_Frame *frame, void *data)
{
    struct walk *walk = data;
    Dwarf_Addr pc;
    bool activation;
    if (!dwfl_frame_pc(frame, &pc, &activation))
        return DWARF_CB_ABORT;
    pc -= activation ? 0 : 1;
    const struct audit_range *range = audit_image_range(walk->image, walk->place, pc);
    if (!range) { /* no code lies there: the stack was not followed rightly */
        walk->lost = true;
        return DWARF_CB_ABORT;
    }
    enum audit_kind kind = range->kind;
    if (kind == AUDIT_OF_SHUNT) {
        note_shunt(walk, pc);
        return DWARF_CB_OK;
    }
    if (kind == AUDIT_OF_PROGRAM) {
        note_owner(walk, range, pc);
        return DWARF_CB_ABORT;
    }
    const char *name = symbol_at(walk->dwfl, pc);
    walk->libc = range;
    walk->at_start |= name && starts_program(name);
    if (name && !starts_program(name)) {
        walk->entry = name;
        walk->inner = starts_thread(name) && walk->inner ? walk->inner : name;
    }
    return DWARF_CB_OK;
}

static enum audit_why judge(const struct walk *walk, bool loader, bool ended, const char *entry)
{
    if (is_own(walk, entry))
        return AUDIT_OWN;
    if (loader)
        return AUDIT_LOADER;
    if (!walk->owned)
        return ended ? AUDIT_LIBC : AUDIT_UNKNOWN;
    if (walk->at_start && !*entry)
        return AUDIT_LIBC;
    if (is_exit(entry))
        return AUDIT_EXIT;
    if (strcmp(entry, "syscall") == 0)
        return AUDIT_SYSCALL;
    return has_row(entry) ? AUDIT_PASSED : AUDIT_NO_ROW;
}

static uint32_t name_id(const struct audit_place *place, const char *name)
{
    return name ? audit_book_text(place->book, demangle(&place->book->arena, name)) : 0;
}

static struct audit_origin follow(struct audit_image *image, const struct audit_place *place,
                                  pid_t tid, bool loader)
{
    struct walk walk = {.image = image, .place = place, .tid = tid, .dwfl = dwfl_of(image)};
    int result = walk.dwfl ? dwfl_getthread_frames(walk.dwfl, tid, step, &walk) : -1;
    const char *entry = walk.owned ? walk.entry : walk.inner;
    entry = entry ? entry : walk.wrapper;
    entry = entry ? public_name(&place->book->arena, entry) : "";
    place->book->unwound++;
    struct audit_origin origin = {.why = judge(&walk, loader, result == 0 && !walk.lost, entry),
                                  .entry = audit_book_text(place->book, entry)};
    if (walk.owned) {
        origin.library = walk.owner->name;
        origin.caller = name_id(place, walk.caller);
    } else if (walk.libc) {
        origin.library = walk.libc->name;
    }
    return origin;
}

/* Known by the return addresses that lie in the innermost words of the stack. */
static uint64_t stack_key(struct audit_image *image, const struct audit_place *place, pid_t tid,
                          uintptr_t ip, uintptr_t sp)
{
    uintptr_t words[WORDS], code[WORDS + 1] = {ip};
    size_t bytes = sizeof words, count = 1;
    size_t got = audit_image_read(tid, sp, words, bytes);
    for (size_t i = 0; i < got / sizeof *words; i++)
        if (audit_image_range(image, place, words[i]))
            code[count++] = words[i];
    return XXH3_64bits(code, count * sizeof *code);
}

static struct audit_origin recall(struct audit_image *image, const struct audit_place *place,
                                  pid_t tid, uintptr_t ip, uintptr_t sp, bool loader)
{
    uint64_t key = stack_key(image, place, tid, ip, sp);
    uint32_t known = map_get(&image->origins, key);
    if (known != MAP_NONE)
        return image->known[known];
    if (place->book->unwound >= CHAINS_MOST) {
        place->book->untouched++;
        return (struct audit_origin){.why = loader ? AUDIT_LOADER : AUDIT_UNKNOWN};
    }
    image->known = arena_grow(&image->arena, image->known, sizeof *image->known, image->known_count,
                              &image->known_capacity);
    known = (uint32_t)image->known_count++;
    image->known[known] = follow(image, place, tid, loader);
    map_put(&image->origins, key, known);
    return image->known[known];
}

void audit_origin_find(struct audit_image *image, const struct audit_place *place, pid_t tid,
                       uintptr_t ip, uintptr_t sp, struct audit_key *key)
{
    const struct audit_range *range = audit_image_range(image, place, ip);
    enum audit_kind kind = range ? range->kind : AUDIT_OF_PROGRAM;
    key->library = range ? range->name : audit_book_text(place->book, "generated code");
    if (key->number == SYS_rt_sigreturn) {
        key->why = AUDIT_SIGNAL;
    } else if (kind == AUDIT_OF_SHUNT) { /* its exec wrappers end in the program's own exec */
        bool exec = key->number == SYS_execve || key->number == SYS_execveat;
        key->why = exec ? AUDIT_NO_ROW : AUDIT_OWN;
    } else if (kind == AUDIT_OF_PROGRAM) {
        key->why = AUDIT_RAW;
    } else {
        struct audit_origin origin = recall(image, place, tid, ip, sp, kind == AUDIT_OF_LOADER);
        key->why = origin.why;
        key->entry = origin.entry;
        key->library = origin.library ? origin.library : key->library;
        key->caller = origin.caller;
    }
}
