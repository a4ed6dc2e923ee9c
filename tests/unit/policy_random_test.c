/* SPDX-License-Identifier: MIT
 *
 * Compiled policies against the language itself: random policies and random calls, each answered
 * twice, by the block and by a reading of the rules that knows every name and takes its time. The
 * reading shares no code with the block's: its patterns are fnmatch's.
 */
#include "policy_made.h"

#include <criterion/criterion.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODULES   7u
#define RANGES    12u
#define RANGE     16u /* bytes */
#define CHAIN     6u
#define POLICIES  700
#define CALLS     60
#define RULES     8u
#define TEXT_MOST 20000u

/* ---- chance ---- */

static uint64_t state;

static unsigned chance(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 20) % below;
}

#define PICK(list) (list)[chance(sizeof(list) / sizeof *(list))]

static const char *const module_names[MODULES] = {
    "app",       "libdb.so.1", "libdb-0a1b2c3d.so.1", "libutil.so", "libpython3.so",
    "libc.so.6", "plug.so"};
static const char *const functions[] = {"f0", "f1", "f2", "g0", "g1", "xread"};
static const char *const files[] = {"/src/a.c", "/src/net/a.c", "b.c", NULL,
                                    "/usr/include/bits/unistd.h"};
static const char *const calls[] = {"read", "write", "poll", "fdatasync", "connect"};
static const char *const targets[] = {"tcp:10.0.0.1:5432", "tcp:[::1]:53", "file:/a/x.aof",
                                      "tty:/dev/pts/0",    "pipe",         NULL};
static const char *const python_files[] = {"/srv/app/wsgi.py", "/srv/lib/db.py", NULL};
static const char *const python_functions[] = {"Handler.get", "load", "main"};
static const char *const spawns[] = {"", "wsgi.py:app", "f1", NULL};
static const char *const executables[] = {"/usr/bin/app", "/opt/other"};

/* ---- a random policy, as text ---- */

struct writing {
    char text[TEXT_MOST];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void put(struct writing *writing, const char *format,
                                                      ...)
{
    va_list args;
    va_start(args, format);
    int count = vsnprintf(writing->text + writing->used, TEXT_MOST - writing->used, format, args);
    va_end(args);
    cr_assert_lt((size_t)count, TEXT_MOST - writing->used);
    writing->used += (size_t)count;
}

static const char *const patterns[][10] = {
    [MATCH_CALL] = {"read", "write", "poll", "p*", "fdatasync", "connect"},
    [MATCH_FAMILY] = {"file", "socket", "select"},
    [MATCH_ROLE] = {"loop", "hub", "main", "thread"},
    [MATCH_OWNER] = {"f0", "f*", "g?", "load", "Handler.*"},
    [MATCH_MODULE] = {"app", "lib*", "libdb.so.1", "libdb-0a1b2c3d.so.1", "plug.so"},
    [MATCH_FUNCTION] = {"f0", "f1", "f*", "g?", "*1"},
    [MATCH_SOURCE] = {"a.c", "net/a.c", "b.c:3", "a.c:2-5", "*.c"},
    [MATCH_VIA] = {"libdb.so*", "libutil.so", "plug*"},
    [MATCH_PYTHON_FILE] = {"wsgi.py", "app/*.py", "*db.py"},
    [MATCH_PYTHON_FUNCTION] = {"load", "Handler.*"},
    [MATCH_EXECUTABLE] = {"app", "/opt/*", "/usr/bin/app"},
    [MATCH_SPAWN] = {"wsgi.py:*", "f?", "app"},
    [MATCH_FRAMES] = {"f0", "f1", "g*", "...", "app:f1", "libdb.so.1:*", "app:*", "...",
                      "plug.so:f?"},
    [MATCH_FD] = {"tcp:*:5432", "tcp", "file:*.aof", "tty", "p?pe"},
};

static void put_pattern(struct writing *writing, unsigned matcher, unsigned used)
{
    unsigned count = 0;
    while (count < 10 && patterns[matcher][count])
        count++;
    const char *text = patterns[matcher][chance(count)];
    if (matcher == MATCH_FRAMES && used == 0)
        text = "f1"; /* one frame at least has a name */
    put(writing, "%s\"%s\"", used ? ", " : "", text);
}

static void put_rule(struct writing *writing, unsigned number)
{
    static const char *const routes[] = {"inplace", "deny", "pool", "green"};
    static const char *const rollouts[] = {"0%", "25%", "50%", "100%"};
    static const char *const ways[] = {"time", "thread", "fd"};
    put(writing, "  - id: r%u\n    match: { executable: \"*\"", number);
    for (unsigned matcher = MATCH_CALL; matcher < MATCHERS; matcher++) {
        unsigned often = matcher == MATCH_FUNCTION || matcher == MATCH_MODULE ? 3 : 6;
        if (matcher == MATCH_EXECUTABLE || matcher == MATCH_FAMILY || chance(often))
            continue;
        put(writing, ", %s: [", policy_matcher_name((enum policy_matcher)matcher));
        for (unsigned i = 0, count = 1 + chance(3); i < count; i++)
            put_pattern(writing, matcher, i);
        put(writing, "]");
    }
    unsigned route = chance(4);
    put(writing, " }\n    route: %s\n", routes[route]);
    if (route >= 2 && chance(2))
        put(writing, "    rollout: %s\n    rollout_by: %s\n", PICK(rollouts), PICK(ways));
}

static void put_policy(struct writing *writing)
{
    writing->used = 0;
    put(writing, "version: 1\nrules:\n");
    for (unsigned i = 0, count = 1 + chance(RULES); i < count; i++)
        put_rule(writing, i);
    if (chance(2))
        put(writing, "wrappers: [%s]\n",
            chance(2)   ? "xread"
            : chance(2) ? "\"libutil.so:*\""
                        : "\"plug.so:g?\"");
}

/* ---- random code ---- */

struct world {
    struct symbol_frame names[MODULES][RANGES][3];
    struct policy_code_range ranges[MODULES][RANGES];
    struct policy_code modules[MODULES];
    bool compiled[MODULES];
    uint32_t kind[MODULES];
};

static void make_world(struct world *world)
{
    for (unsigned m = 0; m < MODULES; m++) {
        for (unsigned r = 0; r < RANGES; r++) {
            unsigned count = 1 + chance(3);
            for (unsigned i = 0; i < count; i++)
                world->names[m][r][i] = (struct symbol_frame){
                    .function = PICK(functions), .file = PICK(files), .line = 1 + (int)chance(6)};
            /* gaps between them are nobody's */
            world->ranges[m][r] = (struct policy_code_range){.start = (uint64_t)r * 2 * RANGE,
                                                             .size = RANGE,
                                                             .frames = world->names[m][r],
                                                             .count = count};
        }
        world->modules[m] =
            made_module(module_names[m], (uint8_t)(m + 1), world->ranges[m], RANGES);
        world->compiled[m] = chance(5) != 0;
        world->kind[m] = m == 0 ? POLICY_IS_MAIN : m == 5 ? POLICY_IS_LIBC : 0;
    }
}

/* ---- the reading ---- */

enum answer { FALSE, TRUE, OPEN };

/* One function of the call's chain, as everybody knows it. */
struct named {
    unsigned module; /* MODULES: none */
    bool known;      /* false: the module was not compiled, so that nothing but its name is known */
    struct symbol_frame frame;
};

struct reading {
    const struct world *world;
    const struct policy *policy;
    struct named chain[CHAIN * 3];
    unsigned length;
    bool cut;
    bool dark; /* nothing is known of the chain, not even whether it is one of Python's */
    enum call_id call;
    const char *executable, *python_file, *python_function, *spawn;
};

static enum answer and_also(enum answer a, enum answer b)
{
    return a == FALSE || b == FALSE ? FALSE : a == OPEN || b == OPEN ? OPEN : TRUE;
}

static enum answer or_else(enum answer a, enum answer b)
{
    return a == TRUE || b == TRUE ? TRUE : a == OPEN || b == OPEN ? OPEN : FALSE;
}

static bool fits(const char *pattern, const char *text)
{
    return fnmatch(pattern, text, FNM_NOESCAPE) == 0;
}

static bool path_fits(const char *pattern, const char *path)
{
    char longer[200];
    snprintf(longer, sizeof longer, "*/%s", pattern);
    return fits(pattern, path) || fits(longer, path);
}

static bool module_fits(const char *pattern, unsigned module)
{
    if (module == MODULES)
        return false;
    return fits(pattern, module_names[module]) || (module == 2 && fits(pattern, "libdb.so.1"));
}

static bool target_fits(const char *pattern, const char *target)
{
    char kind[64];
    snprintf(kind, sizeof kind, "%.*s", (int)strcspn(target, ":"), target);
    return fits(pattern, target) || (!strchr(pattern, ':') && fits(pattern, kind));
}

static bool spawn_fits(const char *pattern, const char *spawn)
{
    const char *colon = strchr(spawn, ':');
    return strchr(pattern, ':') ? colon && path_fits(pattern, spawn)
                                : fits(pattern, colon ? colon + 1 : spawn);
}

/* "MODULE:FUNCTION", or the function alone. */
static struct policy_spawn made_spawn(const char *text)
{
    const char *colon = text ? strchr(text, ':') : NULL;
    static char module[64];
    snprintf(module, sizeof module, "%.*s", colon ? (int)(colon - text) : 0, text ? text : "");
    return (struct policy_spawn){.module = colon ? module : NULL,
                                 .function = colon ? colon + 1 : text};
}

static enum answer function_fits(const char *pattern, const struct named *named)
{
    if (named->module == MODULES)
        return FALSE;
    return named->known
               ? (enum answer)(named->frame.function && fits(pattern, named->frame.function))
               : OPEN;
}

static enum answer source_fits(const char *pattern, const struct named *named)
{
    char file[100];
    int first = 0, last = 0;
    if (named->module == MODULES)
        return FALSE;
    if (!named->known)
        return OPEN;
    int found = sscanf(pattern, "%99[^:]:%d-%d", file, &first, &last);
    if (found == 2)
        last = first;
    return named->frame.file && path_fits(file, named->frame.file) &&
           (found == 1 || (named->frame.line >= first && named->frame.line <= last));
}

static bool of_libc(const struct reading *reading, const struct named *named)
{
    return (named->module < MODULES && reading->world->kind[named->module] & POLICY_IS_LIBC) ||
           (named->known && named->frame.file && strstr(named->frame.file, "/bits/"));
}

static enum answer is_wrapper(const struct reading *reading, const struct named *named)
{
    enum answer answer = FALSE;
    for (size_t i = 0; i < reading->policy->wrappers.count; i++) {
        const struct wrapper *wrapper = &reading->policy->wrappers.items[i];
        if (named->module == MODULES ||
            (wrapper->module && !module_fits(wrapper->module, named->module)))
            continue;
        /* "*" takes them all, whatever their names */
        answer = or_else(answer, strcmp(wrapper->function, "*") == 0
                                     ? TRUE
                                     : function_fits(wrapper->function, named));
    }
    return answer;
}

static enum answer owner(const struct reading *reading, const struct named **found)
{
    *found = NULL;
    for (unsigned i = 0; i < reading->length; i++) {
        *found = &reading->chain[i];
        enum answer wrapper = of_libc(reading, *found) ? TRUE : is_wrapper(reading, *found);
        if (wrapper != TRUE)
            return wrapper == OPEN ? OPEN : TRUE;
    }
    return reading->cut ? OPEN : *found ? TRUE : FALSE;
}

static enum answer via_fits(const struct reading *reading, const struct policy_texts *texts)
{
    enum answer answer = FALSE;
    for (unsigned i = 0; i < reading->length; i++) {
        const struct named *named = &reading->chain[i];
        if (of_libc(reading, named))
            continue;
        if (named->module == MODULES || named->module == 4) /* generated code, or the runtime */
            return answer;
        if (named->module == 0) {
            enum answer wrapper = is_wrapper(reading, named);
            if (wrapper == FALSE)
                return answer;
            answer = or_else(answer, wrapper == OPEN ? OPEN : FALSE);
            continue;
        }
        for (unsigned j = 0; j < texts->count; j++)
            if (module_fits(texts->items[j], named->module))
                return TRUE;
    }
    return or_else(answer, reading->cut ? OPEN : FALSE);
}

/* Does the pattern from `entry` on take the chain from `frame` on, if what is open is `open`? */
static bool frames_from(const struct reading *reading, const struct policy_texts *texts,
                        unsigned entry, unsigned frame, bool open)
{
    if (entry == texts->count)
        return true;
    while (frame < reading->length && of_libc(reading, &reading->chain[frame]))
        frame++;
    const char *text = texts->items[entry];
    bool gap = strcmp(text, "...") == 0;
    if (gap && frames_from(reading, texts, entry + 1, frame, open))
        return true;
    if (frame == reading->length)
        return open && reading->cut;
    if (gap)
        return frames_from(reading, texts, entry, frame + 1, open);
    const struct named *named = &reading->chain[frame];
    const char *colon = strchr(text, ':');
    char module[64] = "*";
    if (colon)
        snprintf(module, sizeof module, "%.*s", (int)(colon - text), text);
    bool run = colon && strcmp(colon + 1, "*") == 0;
    enum answer fit = run ? TRUE : function_fits(colon ? colon + 1 : text, named);
    if (colon)
        fit = and_also(fit, module_fits(module, named->module) ? TRUE : FALSE);
    if (fit == FALSE || (fit == OPEN && !open))
        return false;
    return frames_from(reading, texts, entry + 1, frame + 1, open) ||
           (run && frames_from(reading, texts, entry, frame + 1, open));
}

static enum answer native_fits(const struct reading *reading, enum policy_matcher matcher,
                               const struct policy_texts *texts)
{
    const struct named *found;
    enum answer known = owner(reading, &found), answer = FALSE;
    if (known != TRUE)
        return known;
    for (unsigned i = 0; i < texts->count; i++)
        answer = or_else(answer, matcher == MATCH_MODULE
                                     ? (enum answer)module_fits(texts->items[i], found->module)
                                 : matcher == MATCH_SOURCE ? source_fits(texts->items[i], found)
                                                           : function_fits(texts->items[i], found));
    return answer;
}

static enum answer texts_fit(const struct policy_texts *texts, const char *text,
                             bool (*fit)(const char *, const char *))
{
    for (unsigned i = 0; text && i < texts->count; i++)
        if (fit(texts->items[i], text))
            return TRUE;
    return FALSE;
}

static enum answer matcher_fits(const struct reading *reading, enum policy_matcher matcher,
                                const struct policy_texts *texts,
                                const struct policy_moment *moment)
{
    switch (matcher) {
    case MATCH_OWNER:
        if (reading->python_function)
            return texts_fit(texts, reading->python_function, fits);
        return native_fits(reading, matcher, texts);
    case MATCH_MODULE:
    case MATCH_FUNCTION:
    case MATCH_SOURCE:
        return native_fits(reading, matcher, texts);
    case MATCH_VIA:
        return via_fits(reading, texts);
    case MATCH_FRAMES:
        return frames_from(reading, texts, 0, 0, false)  ? TRUE
               : frames_from(reading, texts, 0, 0, true) ? OPEN
                                                         : FALSE;
    case MATCH_PYTHON_FILE:
        return reading->dark ? OPEN : texts_fit(texts, reading->python_file, path_fits);
    case MATCH_PYTHON_FUNCTION:
        return reading->dark ? OPEN : texts_fit(texts, reading->python_function, fits);
    case MATCH_EXECUTABLE:
        return texts_fit(texts, reading->executable, path_fits);
    case MATCH_SPAWN:
        return reading->spawn ? texts_fit(texts, reading->spawn, spawn_fits) : OPEN;
    case MATCH_FD:
        return texts_fit(texts, moment->target, target_fits);
    default: /* calls and roles are asked elsewhere */
        return TRUE;
    }
}

static enum answer rule_fits(const struct reading *reading, const struct policy_rule *rule,
                             const struct policy_moment *moment)
{
    enum answer answer = rule->match.any_call || rule->match.calls[reading->call] ? TRUE : FALSE;
    if (rule->match.roles && !(rule->match.roles & moment->roles))
        answer = FALSE;
    for (unsigned i = 0; i < MATCHERS; i++)
        if (rule->match.by[i].count)
            answer = and_also(
                answer, matcher_fits(reading, (enum policy_matcher)i, &rule->match.by[i], moment));
    return answer;
}

static struct policy_answer read_rules(const struct reading *reading,
                                       const struct policy_view *view,
                                       const struct policy_moment *moment)
{
    for (unsigned i = 0; i < reading->policy->rule_count; i++) {
        const struct policy_rule *rule = &reading->policy->rules[i];
        enum answer answer = rule_fits(reading, rule, moment);
        if (answer == OPEN)
            return (struct policy_answer){i, POLICY_INPLACE, POLICY_WHY_UNKNOWN};
        if (answer == FALSE)
            continue;
        /* which calls a share takes is no matter of the language */
        if (!policy_rollout_takes(&view->rules[i], moment))
            return (struct policy_answer){i, POLICY_INPLACE, POLICY_WHY_ROLLOUT};
        return (struct policy_answer){i, rule->route, POLICY_WHY_RULE};
    }
    return (struct policy_answer){POLICY_NONE, POLICY_INPLACE, POLICY_WHY_NO_RULE};
}

/* ---- random calls ---- */

struct random_call {
    struct policy_loaded loaded[MODULES];
    struct policy_frame frames[CHAIN];
    struct policy_call call;
};

static void name_frame(struct reading *reading, unsigned module, uint64_t offset)
{
    const struct world *world = reading->world;
    struct named named = {.module = module};
    unsigned slot = (unsigned)((offset - 1) / RANGE);
    if (module == MODULES || !world->compiled[module] || slot % 2 || slot / 2 >= RANGES) {
        named.known = module < MODULES && world->compiled[module];
        reading->chain[reading->length++] = named;
        return;
    }
    named.known = true;
    const struct policy_code_range *range = &world->ranges[module][slot / 2];
    for (unsigned i = 0; i < range->count; i++) {
        named.frame = range->frames[i];
        reading->chain[reading->length++] = named;
    }
}

static void make_call(struct random_call *random, struct reading *reading,
                      const struct policy_view *view)
{
    const struct world *world = reading->world;
    reading->call = CALL_COUNT;
    const char *name = PICK(calls);
    for (unsigned id = 0; id < CALL_COUNT; id++)
        if (strcmp(call_infos[id].name, name) == 0)
            reading->call = (enum call_id)id;
    reading->length = 0;
    reading->cut = chance(6) == 0;
    reading->executable = PICK(executables);
    reading->python_file = PICK(python_files);
    reading->python_function = reading->python_file ? PICK(python_functions) : NULL;
    reading->spawn = PICK(spawns);
    for (unsigned m = 0; m < MODULES; m++)
        random->loaded[m] = made_loaded(view, &world->modules[m], world->kind[m]);
    unsigned length = chance(CHAIN + 1);
    reading->dark = reading->cut && !length && !reading->python_function;
    for (unsigned i = 0; i < length; i++) {
        unsigned module = chance(12) ? chance(MODULES) : MODULES;
        uint64_t offset = 1 + chance((2 * RANGES + 2) * RANGE);
        random->frames[i] = (struct policy_frame){
            .module = module < MODULES ? &random->loaded[module] : NULL, .offset = offset};
        name_frame(reading, module, offset);
    }
    random->call = (struct policy_call){.call = policy_call_index(view, name),
                                        .frames = random->frames,
                                        .frame_count = length,
                                        .cut = reading->cut,
                                        .executable = reading->executable,
                                        .python_file = reading->python_file,
                                        .python_function = reading->python_function,
                                        .spawn = made_spawn(reading->spawn)};
}

/* ---- the comparison ---- */

struct tally {
    unsigned by_why[POLICY_WHY_CROWDED + 1], final;
};

static void compare(const struct policy_view *view, const struct reading *reading,
                    const struct policy_call *call, const char *text, struct tally *tally)
{
    struct policy_steps steps;
    policy_steps_find(view, call, &steps);
    tally->final += policy_steps_final(view, &steps);
    for (unsigned i = 0; i < 4; i++) {
        struct policy_moment moment = {.roles = chance(1u << POLICY_ROLES),
                                       .target = PICK(targets),
                                       .fd = (int)chance(50),
                                       .thread = chance(100),
                                       .second = chance(1000)};
        struct policy_answer got = policy_decide(view, &steps, &moment);
        struct policy_answer want = read_rules(reading, view, &moment);
        cr_assert(got.rule == want.rule && got.route == want.route && got.why == want.why,
                  "block: rule %d route %d why %d; language: rule %d route %d why %d\n%s",
                  (int)got.rule, got.route, got.why, (int)want.rule, want.route, want.why, text);
        tally->by_why[got.why]++;
    }
}

/* Rules hide each other now and then, which is an error: such a policy is thrown away. */
static bool read_random(struct policy *policy, struct arena *arena, const char *text)
{
    struct policy_notes notes = {.arena = arena};
    if (policy_read_text(policy, "random.yaml", text, strlen(text), &notes) == 0)
        return true;
    for (unsigned i = 0; i < notes.count; i++)
        cr_assert(strstr(notes.items[i].text, "is never reached"), "%s\n%s", notes.items[i].text,
                  text);
    return false;
}

static bool compare_policy(struct world *world, struct tally *tally)
{
    static struct writing writing;
    struct arena arena = {0};
    struct policy policy;
    put_policy(&writing);
    bool fine = read_random(&policy, &arena, writing.text);
    if (fine) {
        struct policy_code compiled[MODULES];
        struct policy_view view;
        unsigned count = 0;
        make_world(world);
        for (unsigned m = 0; m < MODULES; m++)
            if (world->compiled[m])
                compiled[count++] = world->modules[m];
        made_view(&view, &arena, &policy, compiled, count);
        struct reading reading = {.world = world, .policy = &policy};
        for (unsigned i = 0; i < CALLS; i++) {
            struct random_call random;
            make_call(&random, &reading, &view);
            compare(&view, &reading, &random.call, writing.text, tally);
        }
    }
    arena_release(&arena);
    return fine;
}

Test(policy_random, the_block_answers_as_the_language_says)
{
    static struct world world;
    struct tally tally = {0};
    unsigned policies = 0;
    state = 88172645463325252ull;
    for (unsigned i = 0; i < POLICIES; i++)
        policies += compare_policy(&world, &tally);
    /* each kind of answer was met often */
    cr_expect_gt(policies, POLICIES / 2);
    cr_expect_gt(tally.by_why[POLICY_WHY_NO_RULE], 1000);
    cr_expect_gt(tally.by_why[POLICY_WHY_RULE], 1000);
    cr_expect_gt(tally.by_why[POLICY_WHY_ROLLOUT], 1000);
    cr_expect_gt(tally.by_why[POLICY_WHY_UNKNOWN], 1000);
    cr_expect_gt(tally.final, 1000);
}
