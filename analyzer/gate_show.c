/* SPDX-License-Identifier: MIT
 *
 * See gate.h: the lines, and JSON as docs/schema/shunt.gate-1.schema.json says.
 */
#include "format.h"
#include "gate.h"
#include "json_values.h"
#include "page.h"
#include "text.h"

#include <ctype.h>
#include <inttypes.h>

static const char *site_text(struct arena *arena, const struct ledger_site *site)
{
    return arena_print(arena, "%08" PRIx64 " %s in %s of %s", site->id >> 32, site->site->call,
                       site->site->function, site->site->shown_module);
}

static int line_of(const struct gate *gate, uint32_t item)
{
    return item < gate->policy.rule_count
               ? gate->policy.rules[item].at.line
               : gate->policy.groups[item - gate->policy.rule_count].at.line;
}

static void show_finding(struct page *page, const struct gate *gate,
                         const struct gate_finding *finding)
{
    struct arena *arena = page->arena;
    const char *about;
    if (finding->item == LEDGER_NO_ITEM)
        about = site_text(arena, finding->site);
    else
        about =
            arena_print(arena, "%s:%d %s \"%s\"%s%s", text_basename(gate->policy.path),
                        line_of(gate, finding->item),
                        finding->item < gate->policy.rule_count ? "rule" : "group",
                        ledger_item_name(&gate->policy, finding->item), finding->site ? ", " : "",
                        finding->site ? site_text(arena, finding->site) : "");
    char label[16];
    snprintf(label, sizeof label, "%-9s", gate_class_name(finding->class));
    for (char *at = label; finding->fails && *at; at++)
        *at = (char)toupper((unsigned char)*at);
    page_wrap(page, finding->fails ? PAGE_RED : PAGE_YELLOW, label, 9,
              arena_print(arena, "%s: %s", about, finding->text));
}

static const char *counts(const struct gate *gate)
{
    const char *text = "";
    for (unsigned class = 0; class < GATE_CLASSES; class ++) {
        unsigned count = 0;
        for (size_t i = 0; i < gate->count; i++)
            count += gate->findings[i].class == class && gate->findings[i].fails;
        if (count)
            text = arena_print(gate->arena, "%s%s%u %s", text, *text ? ", " : "", count,
                               gate_class_name((enum gate_class) class));
    }
    return text;
}

void gate_show(const struct gate *gate, FILE *out, bool color)
{
    struct arena *arena = gate->arena;
    struct page page = {.out = out, .arena = arena, .color = color};
    for (size_t i = 0; i < gate->count; i++)
        show_finding(&page, gate, &gate->findings[i]);
    if (gate->stale)
        page_wrap(&page, PAGE_DIM, "", 2,
                  arena_print(arena,
                              "%s of the baseline %s not seen; --prune takes them out, if "
                              "these recordings are of everything",
                              format_plural(arena, gate->stale, "site", "sites"),
                              gate->stale == 1 ? "was" : "were"));
    page_wrap(
        &page, gate->failing ? PAGE_RED : PAGE_GREEN, "", 2,
        arena_print(arena, "gate: %s%s%s (%s on loops%s%s)", gate->failing ? "FAILED" : "passed",
                    gate->failing ? ": " : "", counts(gate),
                    format_plural(arena, gate->blocking, "site blocks", "sites block"),
                    gate->options.baseline ? arena_print(arena, ", %zu known", gate->known.count)
                                           : ", no baseline",
                    gate->has_policy ? "" : ", no policy"));
}

/* ---- for programs ---- */

static json_t *site_json(const struct ledger_site *site)
{
    json_t *object = json_object();
    SET(object, "id", json_site_id(site->id));
    SET(object, "call", json_string(site->site->call));
    SET(object, "function", json_string(site->site->function));
    SET(object, "module", json_string(site->site->module));
    SET(object, "stable", json_boolean(site->site->stable));
    SET(object, "calls", json_count(site->sums.calls));
    SET(object, "blocked", json_count(site->sums.blocked));
    SET(object, "stall_ns", json_count(site->sums.stall_ns));
    return object;
}

static json_t *item_json(const struct gate *gate, uint32_t item)
{
    json_t *object = json_object();
    SET(object, "name", json_string(ledger_item_name(&gate->policy, item)));
    SET(object, "kind", json_string(item < gate->policy.rule_count ? "rule" : "group"));
    SET(object, "line", json_integer(line_of(gate, item)));
    return object;
}

static json_t *finding_json(const struct gate *gate, const struct gate_finding *finding)
{
    json_t *object = json_object();
    SET(object, "class", json_string(gate_class_name(finding->class)));
    SET(object, "fails", json_boolean(finding->fails));
    SET(object, "text", json_string(finding->text));
    SET(object, "site", finding->site ? site_json(finding->site) : json_null());
    SET(object, "item",
        finding->item == LEDGER_NO_ITEM ? json_null() : item_json(gate, finding->item));
    return object;
}

void gate_show_json(const struct gate *gate, FILE *out)
{
    json_t *root = json_object(), *findings = json_array();
    for (size_t i = 0; i < gate->count; i++)
        json_array_append_new(findings, finding_json(gate, &gate->findings[i]));
    SET(root, "schema", json_string("shunt.gate/1"));
    SET(root, "passed", json_boolean(gate->failing == 0));
    SET(root, "baseline", json_text_or_null(gate->options.baseline));
    SET(root, "policy", json_text_or_null(gate->options.policy));
    SET(root, "sites_on_loops", json_count(gate->blocking));
    SET(root, "not_seen", json_count(gate->stale));
    SET(root, "findings", findings);
    json_print(root, out);
}
