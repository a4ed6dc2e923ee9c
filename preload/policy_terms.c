/* SPDX-License-Identifier: MIT
 *
 * See policy_eval.h: what a term of a rule asks of a call's frames and names. The answer is yes, no
 * or unknown, and unknown is never taken for either.
 */
#include "policy_eval.h"
#include "policy_glob.h"
#include "runtime_objects.h"

#define NO      POLICY_NO
#define YES     POLICY_YES
#define UNKNOWN POLICY_UNKNOWN

/* One function of a chain. */
struct logical {
    const struct policy_loaded *module;     /* NULL: generated code */
    const struct policy_frame_names *names; /* NULL: nothing that a rule speaks of, or unknown */
};

struct walk {
    const struct policy_view *view;
    const struct policy_call *call;
    uint32_t frame, inlined;
};

/* ---- modules ---- */

static bool begins(const char *text, const char *prefix)
{
    while (*prefix && *text == *prefix) {
        text++;
        prefix++;
    }
    return !*prefix;
}

void policy_loaded_find(const struct policy_view *view, struct policy_loaded *module,
                        const uint8_t *build_id, size_t build_id_size)
{
    static const char *const runtimes[] = {RUNTIME_OBJECTS};
    for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
        if (begins(module->name, runtimes[i]))
            module->kind |= POLICY_IS_RUNTIME;
    module->index = policy_blob_module(view, build_id, build_id_size);
}

/* Does a pattern mean the module? */
static bool is_named(const struct policy_view *view, uint32_t pattern,
                     const struct policy_loaded *module)
{
    const char *text = policy_text(view, pattern);
    return policy_glob_module(text, module->name) ||
           (module->also && policy_glob_module(text, module->also));
}

/* ---- frames ---- */

static bool next(struct walk *walk, struct logical *logical)
{
    if (walk->frame >= walk->call->frame_count)
        return false;
    const struct policy_frame *frame = &walk->call->frames[walk->frame];
    *logical = (struct logical){.module = frame->module};
    const struct policy_range *range =
        frame->module && frame->module->index != POLICY_NONE
            ? policy_blob_range(walk->view, frame->module->index, frame->offset)
            : NULL;
    if (range)
        logical->names = &walk->view->frames[range->frames.first + walk->inlined++];
    if (!range || walk->inlined == range->frames.count) {
        walk->frame++;
        walk->inlined = 0;
    }
    return true;
}

static bool in_set(const struct policy_view *view, struct policy_slice set, uint32_t atom)
{
    for (uint32_t i = 0; i < set.count && view->sets[set.first + i] <= atom; i++)
        if (view->sets[set.first + i] == atom)
            return true;
    return false;
}

static enum policy_truth atom_holds(const struct policy_view *view, const struct logical *logical,
                                    uint32_t index)
{
    const struct policy_atom *atom = &view->atoms[index];
    const struct policy_loaded *module = logical->module;
    if (!module)
        return NO;
    if (atom->kind == POLICY_ATOM_MODULE)
        return module->index != POLICY_NONE
                   ? in_set(view, view->modules[module->index].atoms, index)
                   : is_named(view, atom->text, module);
    if (module->index == POLICY_NONE)
        return UNKNOWN;
    return logical->names && in_set(view, logical->names->atoms, index);
}

static bool is_libc(const struct logical *logical)
{
    return (logical->module && logical->module->kind & POLICY_IS_LIBC) ||
           (logical->names && logical->names->flags & POLICY_FRAME_LIBC);
}

/* A whole library may be one; else the block knows its functions, if it knows the module. */
static enum policy_truth is_wrapper(const struct policy_view *view, const struct logical *logical)
{
    bool compiled = logical->module && logical->module->index != POLICY_NONE;
    enum policy_truth answer =
        compiled && logical->names && logical->names->flags & POLICY_FRAME_WRAPPER;
    for (uint32_t i = 0; logical->module && i < view->count[POLICY_WRAPPERS]; i++) {
        const struct policy_wrapper *wrapper = &view->wrappers[i];
        const char *function = policy_text(view, wrapper->function);
        if (wrapper->module != POLICY_NONE && !is_named(view, wrapper->module, logical->module))
            continue;
        if (function[0] == '*' && !function[1])
            return YES;
        answer = compiled ? answer : UNKNOWN;
    }
    return answer;
}

/* The native owner. NO: there is none; else it is in `logical`. */
static enum policy_truth find_owner(const struct policy_view *view, const struct policy_call *call,
                                    struct logical *logical)
{
    struct walk walk = {.view = view, .call = call};
    struct logical step;
    enum policy_truth found = NO;
    while (next(&walk, &step)) {
        *logical = step;
        found = YES; /* of a chain that is libc's own, or wrappers' only, the outermost */
        if (is_libc(&step))
            continue;
        enum policy_truth wrapper = is_wrapper(view, &step);
        if (wrapper == UNKNOWN)
            return UNKNOWN;
        if (wrapper == NO)
            return YES;
    }
    return call->cut ? UNKNOWN : found;
}

/* ---- terms ---- */

static enum policy_truth either(enum policy_truth a, enum policy_truth b)
{
    return a == YES || b == YES ? YES : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : NO;
}

static enum policy_truth any_atom(const struct policy_view *view, const struct policy_term *term,
                                  const struct logical *logical)
{
    enum policy_truth answer = NO;
    for (uint32_t i = 0; i < term->choices.count && answer != YES; i++)
        answer = either(answer, atom_holds(view, logical, view->choices[term->choices.first + i]));
    return answer;
}

/* Libraries up to the application's own code. */
static enum policy_truth via_holds(const struct policy_view *view, const struct policy_call *call,
                                   const struct policy_term *term)
{
    struct walk walk = {.view = view, .call = call};
    struct logical step;
    enum policy_truth answer = NO;
    while (next(&walk, &step)) {
        if (is_libc(&step))
            continue;
        if (!step.module || step.module->kind & POLICY_IS_RUNTIME)
            return answer;
        if (step.module->kind & POLICY_IS_MAIN) {
            enum policy_truth wrapper = is_wrapper(view, &step);
            if (wrapper == NO)
                return answer;
            if (wrapper == UNKNOWN)
                answer = either(answer, UNKNOWN);
            continue;
        }
        answer = either(answer, any_atom(view, term, &step));
        if (answer == YES)
            return YES;
    }
    return call->cut ? either(answer, UNKNOWN) : answer;
}

static enum policy_truth pair_holds(const struct policy_view *view, const uint32_t *pair,
                                    const struct logical *logical)
{
    enum policy_truth module = pair[0] == POLICY_NONE ? YES : atom_holds(view, logical, pair[0]);
    enum policy_truth function = pair[1] == POLICY_NONE ? YES : atom_holds(view, logical, pair[1]);
    return module == NO || function == NO ? NO : module == YES && function == YES ? YES : UNKNOWN;
}

/* `...` takes no frame, too. */
static uint64_t pass_gaps(const uint32_t *pairs, uint32_t count, uint64_t at)
{
    for (uint32_t i = 0; i < count; i++)
        if (at >> i & 1 && pairs[(size_t)2 * i] == POLICY_NONE &&
            pairs[(size_t)2 * i + 1] == POLICY_NONE)
            at |= 2ull << i;
    return at;
}

/* All places in the pattern that may be reached after one more frame. */
static uint64_t advance(const struct policy_view *view, const uint32_t *pairs, uint32_t count,
                        uint64_t at, const struct logical *logical, bool lenient)
{
    uint64_t reached = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t *pair = pairs + (size_t)2 * i;
        bool gap = pair[0] == POLICY_NONE && pair[1] == POLICY_NONE;
        enum policy_truth holds = at >> i & 1 ? pair_holds(view, pair, logical) : NO;
        if (holds == NO || (holds == UNKNOWN && !lenient))
            continue;
        if (!gap)
            reached |= 2ull << i;
        if (gap || pair[1] == POLICY_NONE) /* a module's frames are one or more */
            reached |= 1ull << i;
    }
    return pass_gaps(pairs, count, reached);
}

static bool frames_match(const struct policy_view *view, const struct policy_call *call,
                         const struct policy_term *term, bool lenient)
{
    const uint32_t *pairs = view->choices + term->choices.first;
    uint32_t count = term->choices.count / 2;
    uint64_t at = pass_gaps(pairs, count, 1), end = 1ull << count;
    struct walk walk = {.view = view, .call = call};
    struct logical step;
    while (!(at & end) && at && next(&walk, &step))
        if (!is_libc(&step))
            at = advance(view, pairs, count, at, &step, lenient);
    return at & end || (lenient && at && call->cut);
}

static enum policy_truth frames_hold(const struct policy_view *view, const struct policy_call *call,
                                     const struct policy_term *term)
{
    if (frames_match(view, call, term, false))
        return YES;
    return frames_match(view, call, term, true) ? UNKNOWN : NO;
}

static enum policy_truth any_text(const struct policy_view *view, const struct policy_term *term,
                                  bool (*matches)(const char *pattern, const char *text),
                                  const char *text)
{
    for (uint32_t i = 0; text && i < term->choices.count; i++)
        if (matches(policy_text(view, view->choices[term->choices.first + i]), text))
            return YES;
    return NO;
}

/* Nothing is known of the chain, so that it may be one of Python's. */
static bool is_dark(const struct policy_call *call)
{
    return call->cut && !call->frame_count && !call->python_function;
}

static enum policy_truth owner_atom(const struct policy_view *view, const struct policy_call *call,
                                    const struct policy_term *term)
{
    struct logical owner;
    enum policy_truth found = find_owner(view, call, &owner);
    return found == YES ? any_atom(view, term, &owner) : found;
}

/* The Python function is the owner where there is one. */
static enum policy_truth owner_holds(const struct policy_view *view, const struct policy_call *call,
                                     const struct policy_term *term)
{
    if (!call->python_function)
        return owner_atom(view, call, term);
    for (uint32_t i = 0; i < term->choices.count; i++) {
        uint32_t atom = view->choices[term->choices.first + i];
        if (policy_glob(policy_text(view, view->atoms[atom].text), call->python_function))
            return YES;
    }
    return NO;
}

static bool named_spawn_fits(const struct policy_view *view, const uint32_t *pair,
                             const struct policy_spawn *spawn)
{
    if (pair[0] != POLICY_NONE) {
        const char *pattern = policy_text(view, view->atoms[pair[0]].text);
        if (!spawn->module || !(policy_glob_module(pattern, spawn->module) ||
                                policy_glob_path(pattern, spawn->module)))
            return false;
    }
    return pair[1] == POLICY_NONE ||
           policy_glob(policy_text(view, view->atoms[pair[1]].text), spawn->function);
}

/* Of functions that are inlined where a routine begins the last is the routine itself. */
static void find_routine(const struct policy_view *view, const struct policy_frame *frame,
                         struct logical *routine)
{
    const struct policy_call start = {.frames = frame, .frame_count = 1};
    struct walk walk = {.view = view, .call = &start};
    while (next(&walk, routine))
        ;
}

static enum policy_truth spawn_holds(const struct policy_view *view, const struct policy_call *call,
                                     const struct policy_term *term)
{
    const struct policy_spawn *spawn = &call->spawn;
    struct logical routine = {0};
    enum policy_truth answer = NO;
    if (!spawn->function && !spawn->frame)
        return UNKNOWN;
    if (spawn->function && !*spawn->function)
        return NO;
    if (!spawn->function)
        find_routine(view, spawn->frame, &routine);
    for (uint32_t i = 0; i < term->choices.count && answer != YES; i += 2) {
        const uint32_t *pair = &view->choices[term->choices.first + i];
        answer = either(answer, spawn->function ? named_spawn_fits(view, pair, spawn)
                                                : pair_holds(view, pair, &routine));
    }
    return answer;
}

enum policy_truth policy_term_holds(const struct policy_view *view, const struct policy_call *call,
                                    const struct policy_term *term)
{
    switch ((enum policy_term_kind)term->kind) {
    case POLICY_TERM_OWNER:
        return owner_holds(view, call, term);
    case POLICY_TERM_MODULE:
    case POLICY_TERM_FUNCTION:
    case POLICY_TERM_SOURCE:
        return owner_atom(view, call, term);
    case POLICY_TERM_VIA:
        return via_holds(view, call, term);
    case POLICY_TERM_FRAMES:
        return frames_hold(view, call, term);
    case POLICY_TERM_PYTHON_FILE:
        return is_dark(call) ? UNKNOWN : any_text(view, term, policy_glob_path, call->python_file);
    case POLICY_TERM_PYTHON_FUNCTION:
        return is_dark(call) ? UNKNOWN : any_text(view, term, policy_glob, call->python_function);
    case POLICY_TERM_EXECUTABLE:
        return any_text(view, term, policy_glob_path, call->executable);
    case POLICY_TERM_SPAWN:
        return spawn_holds(view, call, term);
    case POLICY_TERM_FD: /* the moment's */
    case POLICY_TERM_KINDS:
        break;
    }
    return YES;
}

bool policy_fd_fits(const struct policy_view *view, const struct policy_term *term,
                    const struct policy_moment *moment)
{
    return any_text(view, term, policy_glob_target, moment->target) == YES;
}
