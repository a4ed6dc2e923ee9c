/* SPDX-License-Identifier: MIT
 *
 * What doctor found, for programs: shunt.doctor/1.
 */
#include "doctor.h"

#include "json_values.h"

/* Names come from files: what is no UTF-8 is left out. */
static json_t *text(const char *value)
{
    json_t *string = value && *value ? json_string(value) : NULL;
    return string ? string : json_null();
}

static json_t *calls(const bool *these)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < CALL_COUNT; i++)
        if (these[i])
            json_array_append_new(array, json_string(call_infos[i].name));
    return array;
}

static json_t *libraries(const struct elf_survey *survey)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < survey->library_count; i++) {
        const struct elf_library *library = &survey->libraries[i];
        json_t *object = json_object();
        SET(object, "name", text(library->name));
        SET(object, "path", text(library->path));
        SET(object, "imports", json_integer(library->imports));
        SET(object, "syscall_instructions", json_integer((json_int_t)library->syscalls.count));
        SET(object, "unwind", json_boolean(!library->no_unwind));
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *findings_of(const struct examined *examined)
{
    struct finding findings[FINDINGS_MOST];
    unsigned count = findings_fill(findings, examined);
    json_t *array = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *object = json_object();
        SET(object, "id", json_string(findings[i].id));
        SET(object, "weight", json_string(findings[i].weight == WEIGHT_PART ? "partly" : "note"));
        SET(object, "text", text(findings[i].text));
        SET(object, "todo", text(findings[i].todo));
        json_array_append_new(array, object);
    }
    return array;
}

static void facts_json(json_t *object, const struct elf_facts *facts)
{
    static const char *const kinds[] = {[IMAGE_DYNAMIC] = "dynamic",
                                        [IMAGE_STATIC] = "static",
                                        [IMAGE_STATIC_PIE] = "static-pie",
                                        [IMAGE_LOADER] = "loader",
                                        [IMAGE_LIBRARY] = "library"};
    static const char *const libcs[] = {
        [LIBC_GLIBC] = "glibc", [LIBC_MUSL] = "musl", [LIBC_OTHER] = "other"};
    SET(object, "image", text(facts->path));
    SET(object, "scripts", json_integer(facts->scripts));
    SET(object, "kind", json_string(kinds[facts->kind]));
    SET(object, "libc", json_string(libcs[facts->libc]));
    SET(object, "loader", text(facts->loader));
    SET(object, "elf_machine", json_integer(facts->machine));
    SET(object, "bits", json_integer(facts->is_64 ? 64 : 32));
    SET(object, "go", json_boolean(facts->go));
    SET(object, "setuid", json_boolean(facts->setuid));
    SET(object, "setgid", json_boolean(facts->setgid));
    SET(object, "capabilities", json_boolean(facts->capabilities));
}

static void survey_json(json_t *object, const struct elf_survey *survey)
{
    static const char *const sources[] = {[DEBUG_NONE] = "none",
                                          [DEBUG_OWN] = "own",
                                          [DEBUG_BUILD_ID] = "build-id",
                                          [DEBUG_LINK] = "debuglink"};
    SET(object, "calls", calls(survey->imported));
    SET(object, "libraries", libraries(survey));
    SET(object, "debug", json_string(sources[survey->debug]));
    SET(object, "debug_path", text(survey->debug_path));
    SET(object, "symbols", json_boolean(survey->has_symtab));
    SET(object, "build_id", text(survey->build_id));
    SET(object, "syscall_instructions", json_integer((json_int_t)survey->syscalls.count));
    SET(object, "syscall_instructions_at_most", json_integer((json_int_t)survey->syscalls.looks));
    SET(object, "io_uring", json_boolean(survey->io_uring));
}

void doctor_json(const struct examined *examined, FILE *out)
{
    struct doctor_verdict verdict = doctor_judge(examined);
    json_t *root = json_object();
    SET(root, "schema", json_string("shunt.doctor/1"));
    SET(root, "shunt", json_string(SHUNT_VERSION));
    SET(root, "command", text(examined->command));
    SET(root, "pid", examined->pid ? json_integer(examined->pid) : json_null());
    facts_json(root, &examined->facts);
    survey_json(root, &examined->survey);
    SET(root, "interpreter", text(examined->interpreter.language));
    SET(root, "interpreter_version", text(examined->interpreter.version));
    SET(root, "findings", findings_of(examined));
    SET(root, "observable", json_boolean(verdict.observable));
    SET(root, "verdict", text(verdict.text));
    SET(root, "next", text(verdict.next));
    json_print(root, out);
}
