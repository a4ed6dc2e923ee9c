/* SPDX-License-Identifier: MIT
 *
 * See modules.h. The table is append-only: an entry is filled in, then published by its end
 * address. A fork child goes on with its parent's entries, whose records its frames share.
 */
#include "modules.h"

#include "clock.h"
#include "greenlet.h"
#include "libc_objects.h"
#include "lookup.h"
#include "python_layout.h"
#include "raw.h"
#include "trace.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>

enum { MODULES_MOST = 2048, PATH_SIZE = 4096, PATIENCE = 100000 };

struct module {
    uintptr_t start;
    uintptr_t end; /* 0: not published yet, or gone; release store */
    uintptr_t base;
    const struct link_map *map;
    struct trace_module *record;
    uint16_t id;
    uint16_t libc;
};

static struct module modules[MODULES_MOST];
static uint32_t module_count;
static uintptr_t adding; /* the thread that is at it, or at a sweep; 0: none */
static int (*find_object)(void *, struct dl_find_object *);

/* glibc 2.35; before it, frames carry bare addresses. */
static void find_finder(void)
{
    *(void **)&find_object = lookup_in(RTLD_DEFAULT, "_dl_find_object");
}

/* Objects that are there at start are recorded now: nobody has to find them at once, on a small
 * stack. */
void modules_start(void)
{
    int libc;
    find_finder();
    for (const struct link_map *map = _r_debug.r_map; find_object && map; map = map->l_next)
        if (map->l_ld)
            modules_frame((uintptr_t)map->l_ld + 1, &libc);
}

int modules_is_libc(const struct link_map *map)
{
    static const char *const names[] = {LIBC_OBJECTS};
    const char *path = map->l_name ? map->l_name : "";
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(base, names[i], strlen(names[i])))
            return 1;
    return 0;
}

static void build_id_from_notes(struct trace_module *record, const char *note, const char *end)
{
    while (note + sizeof(ElfW(Nhdr)) <= end) {
        const ElfW(Nhdr) *head = (const void *)note;
        const char *name = note + sizeof *head;
        const char *desc = name + ((head->n_namesz + 3u) & ~3u);
        if (desc + head->n_descsz > end)
            return;
        if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4 && !memcmp(name, "GNU", 4)) {
            record->build_id_size = head->n_descsz < 32 ? (uint16_t)head->n_descsz : 32;
            memcpy(record->build_id, desc, record->build_id_size);
            return;
        }
        note = desc + ((head->n_descsz + 3u) & ~3u);
    }
}

/* The ELF head is mapped at the object's start when its first segment begins at offset 0, as every
 * linker makes it. Notes are read only where a loaded segment holds them. */
static void build_id(struct trace_module *record, const struct module *m)
{
    const ElfW(Ehdr) *ehdr = (const void *)m->start;
    if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0 || ehdr->e_phentsize != sizeof(ElfW(Phdr)))
        return;
    const ElfW(Phdr) *phdr = (const void *)(m->start + ehdr->e_phoff);
    const ElfW(Phdr) *first = NULL;
    for (unsigned i = 0; i < ehdr->e_phnum && !first; i++)
        if (phdr[i].p_type == PT_LOAD && phdr[i].p_offset == 0)
            first = &phdr[i];
    if (!first || ehdr->e_phoff + ehdr->e_phnum * sizeof *phdr > first->p_filesz)
        return;
    for (unsigned i = 0; i < ehdr->e_phnum && !record->build_id_size; i++) {
        uintptr_t at = m->base + phdr[i].p_vaddr;
        if (phdr[i].p_type == PT_NOTE && phdr[i].p_offset + phdr[i].p_filesz <= first->p_filesz &&
            at >= m->start && at + phdr[i].p_memsz <= m->end)
            build_id_from_notes(record, (const char *)at, (const char *)at + phdr[i].p_memsz);
    }
}

/* Apart, for its stack: the executable is recorded in the constructor, on the main thread's. */
__attribute__((noinline)) static uint32_t executable_path(void)
{
    char path[PATH_SIZE];
    long n = trace_sealed() ? 0 : raw_readlink("/proc/self/exe", path, sizeof path);
    return trace_string(STRING_PATH, path, n > 0 ? (size_t)n : 0);
}

static void module_record(struct module *m)
{
    struct trace_module *record = (void *)trace_meta_new(sizeof *record);
    if (!record) {
        trace_lose(TRACE_LOSS_STRINGS, 1);
        return;
    }
    const char *path = m->map->l_name ? m->map->l_name : "";
    int main_program = !*path;
    record->path = main_program ? executable_path() : trace_string(STRING_PATH, path, strlen(path));
    m->libc = (uint16_t)modules_is_libc(m->map);
    record->flags = (main_program ? MODULE_MAIN : 0) | (m->libc ? MODULE_LIBC : 0) |
                    (strstr(path, "/libshunt.so") ? MODULE_SHUNT : 0);
    record->id = m->id;
    record->pid = trace_sealed() ? trace_file->pid : raw_getpid();
    record->base = m->base;
    record->start = m->start;
    record->end = m->end;
    record->loaded = clock_now();
    build_id(record, m);
    m->record = record;
    trace_commit(&record->head, RECORD_MODULE);
    python_meet(m->map);
    greenlet_meet(m->map, m->start, m->end);
}

/* Ids are handed out by the file, which fork children share; 0, no module, when they are used up.
 */
static uint16_t module_id(void)
{
    uint32_t id = __atomic_add_fetch(&trace_file->module_count, 1, __ATOMIC_RELAXED);
    return id <= UINT16_MAX ? (uint16_t)id : 0;
}

static struct module *entry_free(void)
{
    for (uint32_t i = 0; i < module_count; i++)
        if (!modules[i].end)
            return &modules[i];
    if (module_count >= MODULES_MOST)
        return NULL;
    __atomic_fetch_add(&module_count, 1, __ATOMIC_ACQ_REL);
    return &modules[module_count - 1];
}

static const struct module *module_add(const struct dl_find_object *found)
{
    struct module *m = entry_free();
    if (!m) {
        trace_lose(TRACE_LOSS_MODULES, 1);
        return NULL;
    }
    struct module fresh = {.start = (uintptr_t)found->dlfo_map_start,
                           .end = (uintptr_t)found->dlfo_map_end,
                           .base = found->dlfo_link_map->l_addr,
                           .map = found->dlfo_link_map,
                           .id = module_id()};
    module_record(&fresh);
    uintptr_t end = fresh.end;
    fresh.end = 0;
    *m = fresh;
    __atomic_store_n(&m->end, end, __ATOMIC_RELEASE);
    return m;
}

/* Another module may have taken the entry between the two ends. */
static int module_holds(const struct module *m, uintptr_t address)
{
    uintptr_t end = __atomic_load_n(&m->end, __ATOMIC_ACQUIRE);
    return address < end && address >= __atomic_load_n(&m->start, __ATOMIC_ACQUIRE) &&
           __atomic_load_n(&m->end, __ATOMIC_ACQUIRE) == end;
}

static const struct module *module_known(uintptr_t address)
{
    uint32_t count = __atomic_load_n(&module_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++)
        if (module_holds(&modules[i], address))
            return &modules[i];
    return NULL;
}

static uintptr_t this_thread(void)
{
    return (uintptr_t)__builtin_thread_pointer();
}

/* Who is at it; 0: now the calling thread. */
static uintptr_t enter(void)
{
    uintptr_t owner = 0;
    __atomic_compare_exchange_n(&adding, &owner, this_thread(), 0, __ATOMIC_ACQUIRE,
                                __ATOMIC_RELAXED);
    return owner;
}

static void leave(void)
{
    __atomic_store_n(&adding, 0, __ATOMIC_RELEASE);
}

/* One thread adds at a time, so that an object has one id. Who finds another at it waits for its
 * entry, but not for good, and not in a signal handler of that very thread. Then the object is not
 * named this once. */
static const struct module *module_met(const struct dl_find_object *found, uintptr_t address)
{
    const struct module *m = NULL;
    for (int i = 0; i < PATIENCE && !(m = module_known(address)); i++) {
        uintptr_t owner = enter();
        if (owner == this_thread())
            break;
        if (owner)
            continue;
        if (!(m = module_known(address)))
            m = module_add(found);
        leave();
        return m;
    }
    return m;
}

static const struct module *module_find(uintptr_t address)
{
    struct dl_find_object found;
    const struct module *m = module_known(address);
    if (m || !find_object || find_object((void *)address, &found) != 0 || !found.dlfo_link_map)
        return m;
    return module_met(&found, address);
}

const struct link_map *modules_map(uintptr_t address)
{
    struct dl_find_object found;
    if (!find_object)
        find_finder();
    return find_object && find_object((void *)address, &found) == 0 ? found.dlfo_link_map : NULL;
}

uint64_t modules_frame(uintptr_t address, int *libc)
{
    /* A return address may be one past its function's, and so its module's, last byte. */
    const struct module *m = module_find(address - 1);
    *libc = m && m->libc;
    return m ? TRACE_FRAME(m->id, address - m->base) : TRACE_FRAME(0, address);
}

const struct trace_module *modules_record(uint16_t id)
{
    uint32_t count = __atomic_load_n(&module_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++)
        if (modules[i].id == id && __atomic_load_n(&modules[i].end, __ATOMIC_ACQUIRE))
            return modules[i].record;
    return NULL;
}

void modules_forget(void)
{
    leave();
}

static int sweep(void)
{
    int gone = 0;
    uint32_t count = __atomic_load_n(&module_count, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < count; i++) {
        struct module *m = &modules[i];
        struct dl_find_object found;
        if (!__atomic_load_n(&m->end, __ATOMIC_ACQUIRE))
            continue;
        if (find_object((void *)m->start, &found) == 0 && found.dlfo_link_map == m->map &&
            (uintptr_t)found.dlfo_map_end == m->end)
            continue;
        __atomic_store_n(&m->end, 0, __ATOMIC_RELEASE);
        if (m->record && m->record->pid == raw_getpid())
            m->record->unloaded = clock_now();
        python_part(m->map);
        greenlet_part(m->map);
        gone++;
    }
    return gone;
}

/* Nobody adds meanwhile: what was asked of one module could be answered of the next. */
int modules_sweep(void)
{
    for (int i = 0; i < PATIENCE; i++) {
        uintptr_t owner = enter();
        if (!owner) {
            int gone = sweep();
            leave();
            return gone;
        }
        if (owner == this_thread())
            return 0;
        if (!trace_sealed())
            arch_syscall(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    }
    return 0;
}
