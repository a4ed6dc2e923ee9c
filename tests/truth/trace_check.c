/* SPDX-License-Identifier: MIT
 *
 * trace_check OUTPUT TRACE...: holds the traces of one observed run against what the program itself
 * said of it. The program writes its truth among its output (which is the same bare):
 *
 *   function NAME START END              a function of the program, offsets from its load base
 *   expect calls NAME == N               its invocations, in all processes and threads
 *   expect kept NAME == N                the same, with those counted as lost
 *   expect errors|again|interrupted NAME == N      outcomes
 *   expect chain NAME f<g<main == N      through these functions and libraries, innermost first
 *   expect slots NAME == N               records of its invocations: one a chain and thread
 *   expect children == N                 processes forked without exec
 *   expect child-calls NAME == N         invocations in each of those
 *   expect event NAME RESULT ERRNO TARGET >= MS    the longest event that ended so, on a target
 *                                        that contains the text (-: any)
 *   expect locks == N                    taken without waiting
 *   expect waited CALL FUNCTION HOLDER >= MS       all waits of the call for locks that the
 *                                        function took, while their holder was in a call (- none,
 *                                        ? unknown)
 *   expect held CALL FUNCTION >= MS      blocked calls while the thread held a lock that it took
 *   expect pending KIND CALL == N       of calls that would have blocked, all waits that are done,
 *                                        unfinished, live or never (the two before); their ms; the
 *                                        peak of any one record
 *   expect spawn KIND START == N         of threads that start in this function: born, ended,
 *                                        alive, peak, ms of their lives, calls
 *   expect spawner START FUNCTION        the call that made them has this function in its chain
 *   expect in-call NAME == N             threads that died in this call
 *   expect loop NAME FUNCTION            one loop, this wait, with this function in its chain
 *   expect no-loop
 *   expect turns|stalls == N             of the loop
 *   expect explained-ms|nested-ms == N   sums over the threads
 *   expect module|unloaded TEXT == N     modules whose path contains it; those of them that left
 *   expect losses|traces|finished|checked|learned|gaps == N      learned: chains unwound
 *   expect two-writers                   two tasks share counters: nothing is exact
 *
 * Comparisons are == >= <=. Nothing may be lost unless the program expects losses, no chain the
 * memo answered may differ from a real unwind, histograms hold what the slots count, and no thread
 * explains more time than it lived. Exit 0 if all holds, 1 with a line for what does not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"

#define WORDS 8

static struct facts facts;
static int failures;
static int losses_expected;
static int two_writers;

struct expectation {
    char *word[WORDS];
    unsigned words;
    char text[512];
};

static void fail(const struct expectation *e, const char *found)
{
    failures++;
    printf("expected %s, found %s\n", e->text, found);
}

/* The last two words are the comparison. */
static void compare(const struct expectation *e, double value)
{
    char found[64];
    const char *how = e->words >= 2 ? e->word[e->words - 2] : "";
    double wanted = e->words >= 2 ? strtod(e->word[e->words - 1], NULL) : 0;
    int holds = !strcmp(how, "==")   ? value == wanted
                : !strcmp(how, ">=") ? value >= wanted
                : !strcmp(how, "<=") ? value <= wanted
                                     : 0;
    snprintf(found, sizeof found, "%.17g", value);
    if (!holds)
        fail(e, found);
}

static uint64_t field(const struct slot_fact *slot, const char *kind)
{
    if (!strcmp(kind, "errors"))
        return slot->errors;
    if (!strcmp(kind, "again"))
        return slot->again;
    if (!strcmp(kind, "interrupted"))
        return slot->interrupted;
    return slot->count;
}

/* Over slots of the call; pid 0: of all processes; chain NULL: any. */
static uint64_t sum(const char *kind, const char *call, int pid, const char *chain)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < facts.slots; i++) {
        const struct slot_fact *slot = &facts.slot[i];
        if (!strcmp(slot->call, call) && (!pid || pid == slot->pid) &&
            (!chain || !strcmp(chain, slot->chain)))
            total += field(slot, kind);
    }
    return total;
}

static void check_slots(const struct expectation *e)
{
    uint64_t lost = !strcmp(e->word[0], "kept") ? facts.lost[TRACE_LOSS_CALLS] : 0;
    compare(e, (double)(sum(e->word[0], e->word[1], 0, NULL) + lost));
}

static void check_chain(const struct expectation *e)
{
    compare(e, (double)sum("count", e->word[1], 0, e->word[2]));
}

static void check_slot_records(const struct expectation *e)
{
    unsigned found = 0;
    for (unsigned i = 0; i < facts.slots; i++)
        found += !strcmp(facts.slot[i].call, e->word[1]);
    compare(e, found);
}

static void check_children(const struct expectation *e)
{
    compare(e, facts.children);
}

static void check_child_calls(const struct expectation *e)
{
    for (unsigned i = 0; i < facts.children; i++)
        compare(e, (double)sum("count", e->word[1], facts.child[i], NULL));
}

/* The longest one that fits. */
static void check_event(const struct expectation *e)
{
    double longest = -1;
    for (unsigned i = 0; i < facts.events; i++) {
        const struct event_fact *event = &facts.event[i];
        if (!strcmp(event->call, e->word[1]) && event->result == strtoll(e->word[2], NULL, 10) &&
            event->error == atoi(e->word[3]) &&
            (!strcmp(e->word[4], "-") || strstr(event->target, e->word[4])) && event->ms > longest)
            longest = event->ms;
    }
    compare(e, longest);
}

static void check_in_call(const struct expectation *e)
{
    unsigned found = 0;
    for (unsigned i = 0; i < facts.in_calls; i++)
        found += !strcmp(facts.in_call[i], e->word[1]);
    compare(e, found);
}

static void check_waited(const struct expectation *e)
{
    int waited = !strcmp(e->word[0], "waited");
    double ms = 0;
    for (unsigned i = 0; i < facts.lock_facts; i++) {
        const struct lock_fact *fact = &facts.lock[i];
        if ((fact->kind == LOCK_WAITED) == waited && !strcmp(fact->call, e->word[1]) &&
            !strcmp(fact->taken, e->word[2]) && (!waited || !strcmp(fact->holder, e->word[3])))
            ms += fact->ms;
    }
    compare(e, ms);
}

static double pending_field(const struct pending_fact *fact, const char *kind)
{
    return !strcmp(kind, "done")         ? (double)fact->done
           : !strcmp(kind, "unfinished") ? (double)fact->unfinished
           : !strcmp(kind, "live")       ? (double)fact->live
           : !strcmp(kind, "never")      ? (double)(fact->unfinished + fact->live)
           : !strcmp(kind, "peak")       ? (double)fact->peak
                                         : fact->ms;
}

static void check_pending(const struct expectation *e)
{
    int peak = !strcmp(e->word[1], "peak");
    double found = 0;
    for (unsigned i = 0; i < facts.pendings; i++) {
        if (strcmp(facts.pending[i].call, e->word[2]) != 0)
            continue;
        double value = pending_field(&facts.pending[i], e->word[1]);
        found = !peak ? found + value : value > found ? value : found;
    }
    compare(e, found);
}

static double spawn_field(const struct spawn_fact *fact, const char *kind)
{
    return !strcmp(kind, "born")    ? (double)fact->born
           : !strcmp(kind, "ended") ? (double)fact->ended
           : !strcmp(kind, "alive") ? (double)fact->alive
           : !strcmp(kind, "peak")  ? (double)fact->peak
           : !strcmp(kind, "calls") ? (double)fact->calls
                                    : fact->ms;
}

static void check_spawn(const struct expectation *e)
{
    double found = 0;
    for (unsigned i = 0; i < facts.spawns; i++)
        if (!strcmp(facts.spawn[i].start, e->word[2]))
            found += spawn_field(&facts.spawn[i], e->word[1]);
    compare(e, found);
}

static void check_spawner(const struct expectation *e)
{
    const char *found = "nobody";
    for (unsigned i = 0; i < facts.spawns; i++)
        if (!strcmp(facts.spawn[i].start, e->word[1]))
            found = facts.spawn[i].chain;
    if (!strstr(found, e->word[2]))
        fail(e, found);
}

static const struct wait_fact *the_loop(const struct expectation *e)
{
    const struct wait_fact *loop = NULL;
    for (unsigned i = 0; i < facts.waits; i++) {
        if (!facts.wait[i].chosen)
            continue;
        if (loop)
            fail(e, "two loops");
        loop = &facts.wait[i];
    }
    return loop;
}

static void check_loop(const struct expectation *e)
{
    const struct wait_fact *loop = the_loop(e);
    if (!loop)
        fail(e, "no loop");
    else if (strcmp(loop->call, e->word[1]) != 0)
        fail(e, loop->call);
    else if (!strstr(loop->chain, e->word[2]))
        fail(e, loop->chain);
    else if (!loop->named_by_thread)
        fail(e, "a thread record that names another loop");
}

static void check_no_loop(const struct expectation *e)
{
    const struct wait_fact *loop = the_loop(e);
    if (loop)
        fail(e, loop->call);
}

static void check_turns(const struct expectation *e)
{
    const struct wait_fact *loop = the_loop(e);
    uint64_t stalls = loop ? loop->stalls : 0;
    uint64_t turns = loop ? loop->turns : 0;
    compare(e, (double)(!strcmp(e->word[0], "stalls") ? stalls : turns));
}

static void check_modules(const struct expectation *e)
{
    unsigned found = 0;
    for (unsigned i = 0; i < facts.modules; i++)
        if (strstr(facts.module[i], e->word[1]))
            found += !strcmp(e->word[0], "module") || facts.unloaded[i];
    compare(e, found);
}

static void check_losses(const struct expectation *e)
{
    uint64_t lost = 0;
    for (unsigned i = 0; i < TRACE_LOSS_KINDS; i++)
        lost += facts.lost[i];
    losses_expected = 1;
    compare(e, (double)lost);
}

static void allow_two_writers(const struct expectation *e)
{
    (void)e;
    two_writers = 1;
}

static void check_number(const struct expectation *e)
{
    const char *kind = e->word[0];
    double value = !strcmp(kind, "explained-ms") ? facts.explained_ms
                   : !strcmp(kind, "nested-ms")  ? facts.nested_ms
                   : !strcmp(kind, "finished")   ? facts.finished
                   : !strcmp(kind, "checked")    ? (double)facts.checked
                   : !strcmp(kind, "learned")    ? (double)facts.learned
                   : !strcmp(kind, "locks")      ? (double)facts.locks
                   : !strcmp(kind, "gaps")       ? facts.gaps
                                                 : facts.traces;
    compare(e, value);
}

static const struct {
    const char *kind;
    unsigned words;
    void (*check)(const struct expectation *e);
} checks[] = {
    {"calls", 4, check_slots},         {"kept", 4, check_slots},
    {"errors", 4, check_slots},        {"again", 4, check_slots},
    {"interrupted", 4, check_slots},   {"chain", 5, check_chain},
    {"in-call", 4, check_in_call},     {"event", 7, check_event},
    {"children", 3, check_children},   {"child-calls", 4, check_child_calls},
    {"loop", 3, check_loop},           {"no-loop", 1, check_no_loop},
    {"turns", 3, check_turns},         {"stalls", 3, check_turns},
    {"module", 4, check_modules},      {"unloaded", 4, check_modules},
    {"losses", 3, check_losses},       {"two-writers", 1, allow_two_writers},
    {"explained-ms", 3, check_number}, {"nested-ms", 3, check_number},
    {"finished", 3, check_number},     {"checked", 3, check_number},
    {"traces", 3, check_number},       {"gaps", 3, check_number},
    {"locks", 3, check_number},        {"waited", 6, check_waited},
    {"held", 5, check_waited},         {"pending", 5, check_pending},
    {"spawn", 5, check_spawn},         {"spawner", 3, check_spawner},
    {"slots", 4, check_slot_records},  {"learned", 3, check_number},
};

static void check(struct expectation *e)
{
    char *rest = NULL;
    char copy[sizeof e->text];
    memcpy(copy, e->text, sizeof copy);
    for (char *word = strtok_r(copy, " ", &rest); word && e->words < WORDS;
         word = strtok_r(NULL, " ", &rest))
        e->word[e->words++] = word;
    for (unsigned i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (e->words == checks[i].words && !strcmp(e->word[0], checks[i].kind)) {
            checks[i].check(e);
            return;
        }
    }
    fail(e, "that this is no expectation trace_check knows");
}

/* Calls what for the rest of each line that starts with the word. */
static void each_line(const char *path, const char *start, void (*what)(const char *))
{
    char line[512];
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (!strncmp(line, start, strlen(start)))
            what(line + strlen(start));
    }
    fclose(file);
}

static void learn_function(const char *text)
{
    struct function *function = &facts.function[facts.functions];
    unsigned long long start = 0;
    unsigned long long end = 0;
    if (facts.functions == 64 || sscanf(text, "%31s %llx %llx", function->name, &start, &end) != 3)
        return;
    function->start = start;
    function->end = end;
    facts.functions++;
}

static void check_text(const char *text)
{
    struct expectation e = {.words = 0};
    snprintf(e.text, sizeof e.text, "%s", text);
    check(&e);
}

/* What the histograms hold is what the slots that have one counted. */
static void check_histograms(void)
{
    for (unsigned i = 0; i < facts.timeds; i++) {
        const struct timed_fact *timed = &facts.timed[i];
        uint64_t counted = 0;
        for (unsigned j = 0; j < facts.slots; j++)
            if (facts.slot[j].timed && !strcmp(facts.slot[j].call, timed->call))
                counted += facts.slot[j].count;
        if (counted == timed->count)
            continue;
        failures++;
        printf("expected %llu calls of %s in histograms, found %llu\n", (unsigned long long)counted,
               timed->call, (unsigned long long)timed->count);
    }
}

static void check_always(void)
{
    if (!two_writers)
        check_histograms();
    char text[64];
    struct expectation e = {.text = "no chain from the memo to differ from a real unwind"};
    snprintf(text, sizeof text, "%llu that do", (unsigned long long)facts.wrong);
    if (facts.wrong)
        fail(&e, text);
    if (!losses_expected)
        check_text("losses == 0");
    snprintf(e.text, sizeof e.text, "no thread to explain more time than it lived");
    snprintf(text, sizeof text, "%u that do", facts.overexplained);
    if (facts.overexplained && !two_writers)
        fail(&e, text);
    snprintf(e.text, sizeof e.text, "every call to find a slot");
    snprintf(text, sizeof text, "%llu without", (unsigned long long)facts.uncounted);
    if (facts.uncounted && !facts.lost[TRACE_LOSS_CALLS])
        fail(&e, text);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: trace_check OUTPUT TRACE...\n");
        return 2;
    }
    each_line(argv[1], "function ", learn_function);
    for (int i = 2; i < argc; i++)
        if (facts_add(&facts, argv[i]) < 0)
            failures++;
    each_line(argv[1], "expect ", check_text);
    check_always();
    free(facts.slot);
    return failures != 0;
}
