/* SPDX-License-Identifier: MIT
 *
 * Why a call blocks a hub: one blocked call on the hub's thread, and the words for it.
 */
#include "built.h"
#include "samples.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define PACKAGES "/nowhere/python3/dist-packages/"
#define BINDING  PACKAGES "driver/_driver.cpython-311-x86_64-linux-gnu.so"

struct given {
    const char *runtime; /* "eventlet" or "gevent": where the hub's frame lies */
    enum call_id call;
    const char *library; /* native, between Python and the call; NULL none */
    const char *package; /* of Python, between the application and the call; NULL none */
    const char *target;
    const char *setting, *value;
    int on_thread; /* not on the hub's */
};

static struct report report;

static uint32_t frame(struct builder *b, const char *file, const char *name, uint32_t outer)
{
    return builder_python(b, file, name, 31, outer, outer ? 0 : PYTHON_FROM_C);
}

static const char *path(const char *package)
{
    static char text[256];
    snprintf(text, sizeof text, PACKAGES "%s", package);
    return text;
}

static void hub(struct builder *b, const struct given *given, uint32_t thread, uint32_t slot,
                uint64_t eval)
{
    int gevent = !strcmp(given->runtime, "gevent");
    uint32_t wait = builder_context(b, &eval, 1);
    builder_under_python(b, wait,
                         frame(b,
                               gevent ? PACKAGES "gevent/hub.py" : PACKAGES "eventlet/hubs/hub.py",
                               gevent ? "Hub.run" : "BaseHub.run", 0));
    samples_loop(b, thread, wait, slot, 200, 29 * MS);
}

/* The report's words, NULL none; ends with the test. */
static const char *why(struct given given)
{
    struct builder *b = builder_new(4200, 16, 1);
    uint16_t app = samples_module(b);
    uint64_t eval = samples_frame(app, "app_at_eval"), native[3] = {eval};
    uint16_t natives = 1;
    builder_process(b, 4200, 1, "/usr/bin/python3.11", "python3 app.py");
    if (given.library) {
        native[0] = TRACE_FRAME(builder_module(b, given.library, NULL, 0, 0), 0x20);
        native[1] = TRACE_FRAME(builder_module(b, BINDING, NULL, 0, 0), 0x30);
        native[2] = eval;
        natives = 3;
    }
    if (given.setting) {
        struct trace_setting *setting =
            builder_at(b, builder_meta(b, RECORD_SETTING, sizeof *setting));
        setting->pid = 4200;
        setting->name = builder_string(b, STRING_TEXT, given.setting);
        setting->value = builder_string(b, STRING_TEXT, given.value);
    }
    uint32_t python = frame(b, "/srv/app.py", "work", 0);
    if (given.package)
        python = frame(b, path(given.package), "call", python);
    uint32_t context = builder_context(b, native, natives);
    builder_under_python(b, context, python);
    uint32_t thread = builder_thread(b, 4200, 4200, "python3"), other = 0;
    if (given.on_thread) {
        hub(b, &given, thread, 0, eval);
        other = builder_thread(b, 4200, 4201, "worker");
    }
    uint32_t slot = samples_counted(b, given.call, context, 200, 8 * MS);
    if (given.target)
        ((struct trace_slot *)builder_at(b, slot))->target =
            builder_string(b, STRING_TARGET, given.target);
    if (!other) {
        samples_stalls(b, slot, 200);
        hub(b, &given, thread, slot, eval);
    }
    builder_finish(b, 10 * SECONDS);
    built_report(&report, b, NULL);
    const struct report_site *site = built_site(&report, call_infos[given.call].name, "work");
    cr_assert_not_null(site);
    return site->why;
}

static void open_samples(void)
{
    cr_assert_eq(samples_open(SAMPLE_APP), 0);
}

static void drop(void)
{
    report_free(&report);
}

TestSuite(why, .init = open_samples, .fini = drop);

#define SAID(text, ...)                                                 \
    do {                                                                \
        const char *said = why((struct given){__VA_ARGS__});            \
        cr_assert(said && !strcmp(said, text), "%s", said ? said : ""); \
    } while (0)

Test(why, a_setting_is_quoted)
{
    SAID("greendns is off: EVENTLET_NO_GREENDNS=yes", .runtime = "eventlet",
         .call = CALL_getaddrinfo, .setting = "EVENTLET_NO_GREENDNS", .value = "yes");
}

Test(why, a_setting_of_another_value_says_nothing)
{
    SAID("socket is not patched here, or greendns is missing (dnspython) (inferred)",
         .runtime = "eventlet", .call = CALL_getaddrinfo, .setting = "EVENTLET_NO_GREENDNS",
         .value = "no");
}

Test(why, a_setting_of_the_other_runtime_says_nothing)
{
    SAID("socket is not patched here (inferred)", .runtime = "gevent", .call = CALL_getaddrinfo,
         .setting = "EVENTLET_NO_GREENDNS", .value = "yes");
}

Test(why, a_resolver_of_gevent_is_quoted)
{
    SAID("the resolver blocks: GEVENT_RESOLVER=block", .runtime = "gevent",
         .call = CALL_getaddrinfo, .setting = "GEVENT_RESOLVER", .value = "block");
}

Test(why, names_looked_up_by_c_code_are_its_own)
{
    SAID("libpq.so.5 looks names up below Python, where no patch reaches", .runtime = "eventlet",
         .call = CALL_getaddrinfo, .library = "/nowhere/libpq.so.5",
         .setting = "EVENTLET_NO_GREENDNS", .value = "yes");
}

Test(why, mysqldb_is_inferred_not_to_be_patched)
{
    SAID("monkey_patch: MySQLdb is not patched (default); libmariadb.so.3 waits below Python "
         "(inferred)",
         .runtime = "eventlet", .call = CALL_poll, .library = "/nowhere/libmariadb.so.3",
         .package = "MySQLdb/connections.py");
}

Test(why, psycopg2_lacks_its_callback)
{
    SAID("psycopg2 has no wait callback: monkey_patch(psycopg=False), or it was replaced "
         "(inferred)",
         .runtime = "eventlet", .call = CALL_poll, .library = "/nowhere/libpq.so.5",
         .package = "psycopg2/extras.py");
}

Test(why, any_other_library_is_named)
{
    SAID("libvirt.so.0 waits below Python, where no patch reaches", .runtime = "gevent",
         .call = CALL_poll, .library = "/nowhere/libvirt.so.0", .package = "libvirt.py");
}

Test(why, files_and_disks_have_no_readiness)
{
    SAID("files are always ready for the kernel: no green runtime waits for them",
         .runtime = "eventlet", .call = CALL_read, .target = "file:/srv/data");
}

Test(why, a_disk_without_a_name_has_none_either)
{
    SAID("the disk has no readiness: no green runtime waits for it", .runtime = "eventlet",
         .call = CALL_fsync);
}

Test(why, what_was_not_patched_is_inferred_from_the_call)
{
    SAID("time is not patched here: this is time.sleep() itself (inferred)", .runtime = "eventlet",
         .call = CALL_clock_nanosleep);
}

Test(why, a_pipe_is_not_a_socket)
{
    SAID("os is not patched here, or the pipe is not green (inferred)", .runtime = "eventlet",
         .call = CALL_read, .target = "pipe");
}

Test(why, a_socket_may_be_older_than_the_patch)
{
    SAID("socket is not patched here, or the socket was made before it was (inferred)",
         .runtime = "gevent", .call = CALL_recv, .target = "tcp:10.0.0.7:80");
}

Test(why, what_the_runtime_passed_on_was_in_blocking_mode)
{
    SAID("the runtime passed it on: the descriptor is in blocking mode (inferred)",
         .runtime = "eventlet", .call = CALL_recv, .package = "eventlet/greenio/base.py");
}

Test(why, the_runtimes_own_waits_need_no_reason)
{
    cr_assert_null(why((struct given){
        .runtime = "eventlet", .call = CALL_poll, .package = "eventlet/green/select.py"}));
}

Test(why, a_call_on_a_thread_of_its_own_needs_none)
{
    cr_assert_null(why((struct given){
        .runtime = "eventlet", .call = CALL_recv, .target = "tcp:10.0.0.7:80", .on_thread = 1}));
}
