/* SPDX-License-Identifier: MIT
 *
 * See policy_made.h.
 */
#include "policy_made.h"

#include <criterion/criterion.h>
#include <string.h>

void made_policy(struct policy *policy, struct arena *arena, const char *text)
{
    struct policy_notes notes = {.arena = arena};
    int result = policy_read_text(policy, "made.yaml", text, strlen(text), &notes);
    cr_assert_eq(result, 0, "line %d: %s\n%s", notes.items[0].at.line, notes.items[0].text, text);
}

void made_view(struct policy_view *view, struct arena *arena, const struct policy *policy,
               const struct policy_code *modules, unsigned count)
{
    struct policy_compiled compiled;
    struct error error = {""};
    cr_assert_eq(policy_compile(&compiled, arena, policy, modules, count, &error), 0, "%s",
                 error.text);
    cr_assert_eq(policy_blob_open(view, compiled.block, compiled.size), POLICY_FINE);
}

struct policy_code made_module(const char *name, uint8_t number, struct policy_code_range *ranges,
                               size_t count)
{
    return (struct policy_code){.name = name,
                                .path = name,
                                .build_id = {number, 1, 2, 3},
                                .build_id_size = 20,
                                .ranges = ranges,
                                .range_count = count};
}

struct policy_loaded made_loaded(const struct policy_view *view, const struct policy_code *module,
                                 uint32_t kind)
{
    struct policy_loaded loaded = {.name = module->name, .also = module->also, .kind = kind};
    policy_loaded_find(view, &loaded, module->build_id, module->build_id_size);
    return loaded;
}
