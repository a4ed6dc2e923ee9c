/* SPDX-License-Identifier: MIT
 *
 * See why.h. Sources: Eventlet 0.33 (patcher.py: monkey_patch patches all but MySQLdb and builtins;
 * green/socket.py, support/greendns.py: EVENTLET_NO_GREENDNS), gevent 22.10 (monkey.py,
 * _config.py: GEVENT_RESOLVER).
 */
#include "why.h"

#include "owner.h"
#include "python.h"
#include "settings.h"
#include "text.h"

#include <string.h>
#include <strings.h>

/* What stands between the Python code that owns a call and the call. */
struct facts {
    const struct report_process *process;
    const struct report_site *site;
    const char *runtime;
    const char *library; /* C code of its own, below Python; NULL none */
    const char *package; /* of Python; NULL none */
};

/* The first rule that fits gives the words. {library} and {value} stand for what was found. What
 * follows from the frames, the descriptor or a setting is `seen`; what monkey_patch did to a module
 * is inferred, and said to be. */
struct rule {
    const char *runtime; /* NULL: any */
    int blocks;          /* enum call_blocks; ANY */
    const char *package; /* begins so; NULL: any, or none */
    const char *target;  /* begins so; NULL: any */
    enum { EITHER, BELOW_PYTHON, BY_PYTHON } code;
    const char *setting; /* is set ... */
    const char *is;      /* ... to this */
    bool seen;
    const char *text;
};

#define ANY (-1)

static const struct rule rules[] = {
    {"eventlet", BLOCKS_NAME, .code = BY_PYTHON, .setting = "EVENTLET_NO_GREENDNS", .is = "yes",
     .seen = true, .text = "greendns is off: EVENTLET_NO_GREENDNS={value}"},
    {"gevent", BLOCKS_NAME, .code = BY_PYTHON, .setting = "GEVENT_RESOLVER", .is = "block",
     .seen = true, .text = "the resolver blocks: GEVENT_RESOLVER={value}"},
    {NULL, BLOCKS_NAME, .code = BELOW_PYTHON, .seen = true,
     .text = "{library} looks names up below Python, where no patch reaches"},
    {"eventlet", BLOCKS_NAME,
     .text = "socket is not patched here, or greendns is missing (dnspython)"},
    {"gevent", BLOCKS_NAME, .text = "socket is not patched here"},
    {"eventlet", ANY, .package = "MySQLdb", .code = BELOW_PYTHON,
     .text = "monkey_patch: MySQLdb is not patched (default); {library} waits below Python"},
    {"eventlet", ANY, .package = "psycopg2", .code = BELOW_PYTHON,
     .text = "psycopg2 has no wait callback: monkey_patch(psycopg=False), or it was replaced"},
    {"gevent", ANY, .package = "psycopg2", .code = BELOW_PYTHON,
     .text = "psycopg2 has no wait callback: gevent sets none (psycogreen does)"},
    {NULL, ANY, .code = BELOW_PYTHON, .seen = true,
     .text = "{library} waits below Python, where no patch reaches"},
    {NULL, ANY, .target = "file:", .seen = true,
     .text = "files are always ready for the kernel: no green runtime waits for them"},
    {NULL, BLOCKS_DISK, .seen = true,
     .text = "the disk has no readiness: no green runtime waits for it"},
    {NULL, BLOCKS_TIMER, .text = "time is not patched here: this is time.sleep() itself"},
    {NULL, BLOCKS_CHILD, .text = "os or subprocess is not patched here"},
    {NULL, BLOCKS_READY, .text = "select is not patched here"},
    {NULL, BLOCKS_DATA, .target = "pipe",
     .text = "os is not patched here, or the pipe is not green"},
    {NULL, BLOCKS_DATA,
     .target = "fifo:", .text = "os is not patched here, or the pipe is not green"},
    {NULL, BLOCKS_DATA, .text = "socket is not patched here, or the socket was made before it was"},
    {NULL, BLOCKS_LOCK, .text = "thread is not patched here, or the lock was made before it was"},
    {NULL, BLOCKS_CONDITION,
     .text = "thread is not patched here, or the lock was made before it was"},
};

static bool is_set(const struct facts *facts, const struct rule *rule)
{
    const char *value = rule->setting ? settings_value(facts->process, rule->setting) : NULL;
    return value && rule->is && strcasecmp(value, rule->is) == 0;
}

static bool fits(const struct facts *facts, const struct rule *rule)
{
    const char *target = facts->site->pattern;
    return (!rule->runtime || strcmp(rule->runtime, facts->runtime) == 0) &&
           (rule->blocks == ANY || rule->blocks == facts->site->facts->blocks) &&
           (!rule->package || (facts->package && text_starts(facts->package, rule->package))) &&
           (!rule->target || (target && text_starts(target, rule->target))) &&
           (rule->code == EITHER || (rule->code == BELOW_PYTHON) == (facts->library != NULL)) &&
           (!rule->setting || is_set(facts, rule));
}

static const char *replaced(struct arena *arena, const char *text, const char *what,
                            const char *with)
{
    const char *at = strstr(text, what);
    return at && with
               ? arena_print(arena, "%.*s%s%s", (int)(at - text), text, with, at + strlen(what))
               : text;
}

static const char *words(struct arena *arena, const struct facts *facts, const struct rule *rule)
{
    const char *text = replaced(arena, rule->text, "{library}", facts->library);
    if (rule->setting)
        text = replaced(arena, text, "{value}", settings_value(facts->process, rule->setting));
    return rule->seen ? text : arena_print(arena, "%s (inferred)", text);
}

/* A frame of the runtime between the owner and the call: the call did go through it. */
static bool passes_green(const struct python_chain *chain)
{
    for (unsigned i = 0; i < chain->owner; i++)
        if (chain->frames[i].layer == PYTHON_GREEN)
            return true;
    return false;
}

static const char *why(const struct source *source, const struct report_site *site,
                       const char *runtime)
{
    struct python_chain chain;
    struct facts facts = {.process = source->process, .site = site, .runtime = runtime};
    python_chain_read(source, site->context, &chain);
    if (chain.count == 0)
        return NULL;
    struct owner owner = owner_find(source, site->context);
    facts.library = owner.library;
    facts.package = owner.package;
    if (passes_green(&chain))
        return site->facts->blocks == BLOCKS_DATA
                   ? "the runtime passed it on: the descriptor is in blocking mode (inferred)"
                   : NULL;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (fits(&facts, &rules[i]))
            return words(source->build->arena, &facts, &rules[i]);
    return NULL;
}

static bool is_green(const char *runtime)
{
    return runtime && (strcmp(runtime, "eventlet") == 0 || strcmp(runtime, "gevent") == 0);
}

/* The green runtime whose hub the thread is, known as a loop or not yet; NULL: none. */
static const char *runtime_on(const struct report_thread *thread)
{
    const char *runtime = thread->loop ? thread->loop->runtime : thread->hub;
    return is_green(runtime) ? runtime : NULL;
}

void why_fill(struct source *source)
{
    const struct report_process *process = source->process;
    for (unsigned i = 0; i < process->site_count; i++) {
        struct report_site *site = process->sites[i];
        for (const struct report_use *use = site->uses; use && !site->why; use = use->next) {
            const char *runtime = runtime_on(use->thread);
            if (runtime && site->facts && !use->noise && use->blocked)
                site->why = why(source, site, runtime);
        }
    }
}
