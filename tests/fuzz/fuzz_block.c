/* SPDX-License-Identifier: MIT
 *
 * The check of compiled policies on hostile bytes: a block is refused, or whatever is asked of it
 * stays within it. The checksum is mended first, or nothing would get past it.
 */
#include "fuzz.h"

#include "preload/policy_eval.h"

#include <stdlib.h>
#include <string.h>

/* Everything that a process would ask. */
static void ask(const struct policy_view *view)
{
    struct policy_loaded loaded[2] = {{.name = "app", .also = "redis", .kind = POLICY_IS_MAIN},
                                      {.name = "libother-0a1b2c3d.so"}};
    static const uint8_t nobody[20];
    bool known = view->count[POLICY_MODULES] != 0;
    policy_loaded_find(view, &loaded[0], known ? view->modules[0].build_id : nobody,
                       known ? view->modules[0].build_id_size : 20);
    policy_loaded_find(view, &loaded[1], nobody, sizeof nobody);
    struct policy_frame frames[16];
    for (unsigned i = 0; i < 16; i++)
        frames[i] = (struct policy_frame){
            i % 5 == 4 ? NULL : &loaded[i % 2],
            view->count[POLICY_RANGES]
                ? view->ranges[i * 7 % view->count[POLICY_RANGES]].start + 1 + i % 3
                : i};
    struct policy_call call = {.frames = frames,
                               .frame_count = 16,
                               .executable = "/usr/bin/app",
                               .python_file = "/srv/a.py",
                               .python_function = "f"};
    const struct policy_spawn spawns[] = {
        {.function = ""}, {.module = "/srv/a.py", .function = "f"}, {.frame = &frames[0]}};
    struct policy_moment moment = {.roles = 5, .target = "file:/a/b.aof", .fd = 3};
    policy_call_index(view, "read");
    for (uint32_t i = 0; i < 3; i++) {
        struct policy_steps steps;
        call.call = i < view->count[POLICY_CALLS] ? i : POLICY_NONE;
        call.spawn = spawns[i];
        policy_steps_find(view, &call, &steps);
        policy_steps_final(view, &steps);
        policy_decide(view, &steps, &moment);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t at = offsetof(struct policy_header, checksum);
    struct policy_view view;
    char *block = aligned_alloc(8, (size + 7) & ~(size_t)7);
    if (!block)
        return 0;
    memcpy(block, data, size);
    if (size >= sizeof(struct policy_header)) {
        uint64_t whole = size, checksum;
        memcpy(block + offsetof(struct policy_header, size), &whole, sizeof whole);
        checksum = policy_hash(block + at + sizeof checksum, size - at - sizeof checksum);
        memcpy(block + at, &checksum, sizeof checksum);
    }
    if (policy_blob_open(&view, block, size) == POLICY_FINE)
        ask(&view);
    free(block);
    return 0;
}
