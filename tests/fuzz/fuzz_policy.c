/* SPDX-License-Identifier: MIT
 *
 * The policy language on hostile text: it is refused with notes, or it is compiled, and then the
 * block is taken by its own check and answers calls.
 */
#include "fuzz.h"

#include "policy_check.h"
#include "policy_compile.h"
#include "policy_show.h"
#include "preload/policy_eval.h"

#include <stdlib.h>
#include <string.h>

static struct symbol_frame names[] = {
    {.function = "f", .file = "/src/a.c", .line = 3},
    {.function = "_ZN3foo3barEv", .file = "/src/b.c", .line = 7},
    {.function = "main", .file = "/usr/include/bits/unistd.h", .line = 1},
};
static struct policy_code_range ranges[] = {{.start = 16, .size = 16, .frames = names, .count = 3},
                                            {.start = 64, .size = 8, .frames = names, .count = 1}};
static const struct policy_code modules[] = {
    {.name = "app",
     .also = "redis-server",
     .build_id = {1},
     .build_id_size = 20,
     .ranges = ranges,
     .range_count = 2},
    {.name = "libpq-0a1b2c3d.so.5", .build_id = {2}, .build_id_size = 20}};

static void ask(const struct policy_view *view)
{
    struct policy_loaded loaded[3] = {{.name = "app", .kind = POLICY_IS_MAIN},
                                      {.name = "libpq-0a1b2c3d.so.5"},
                                      {.name = "libother.so"}};
    static const uint8_t nobody[20];
    for (unsigned i = 0; i < 3; i++)
        policy_loaded_find(view, &loaded[i], i < 2 ? modules[i].build_id : nobody, 20);
    const struct policy_frame frames[] = {
        {&loaded[1], 20}, {&loaded[0], 70}, {&loaded[2], 1}, {NULL, 5}, {&loaded[0], 20}};
    struct policy_call call = {.frames = frames,
                               .frame_count = 5,
                               .executable = "/usr/bin/app",
                               .python_file = "/srv/a.py",
                               .python_function = "f"};
    struct policy_moment moment = {.roles = 1, .target = "tcp:10.0.0.1:5432", .fd = 3};
    for (call.call = 0; call.call < 4; call.call++) {
        struct policy_steps steps;
        policy_steps_find(view, &call, &steps);
        policy_decide(view, &steps, &moment);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct policy_notes notes = {.arena = &arena};
    struct policy policy;
    struct policy_compiled compiled;
    struct policy_view view;
    struct error error;
    if (policy_read_text(&policy, "fuzz.yaml", (const char *)data, size, &notes) == 0) {
        policy_check_expired(&policy, 20000, &notes);
        for (unsigned i = 0; i < policy.rule_count; i++) {
            policy_show_match(&arena, &policy.rules[i].match);
            policy_show_route(&arena, &policy, &policy.rules[i]);
        }
        if (policy_compile(&compiled, &arena, &policy, modules, 2, &error) == 0) {
            if (policy_blob_open(&view, compiled.block, compiled.size) != POLICY_FINE)
                abort();
            ask(&view);
        }
    }
    arena_release(&arena);
    return 0;
}
