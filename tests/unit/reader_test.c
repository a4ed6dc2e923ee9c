/* SPDX-License-Identifier: MIT
 *
 * The reader takes what is whole and refuses, in a sentence, what is not.
 */
#include "built.h"

#include "events.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct builder *small(void)
{
    struct builder *b = builder_new(77, 8, 1);
    builder_process(b, 77, 1, "/usr/bin/x", "x");
    builder_thread(b, 77, 77, "x");
    builder_finish(b, SECONDS);
    return b;
}

static void refuse(struct builder *b, size_t size, const char *word)
{
    struct reader *reader = NULL;
    struct error error = {""};
    cr_assert_eq(reader_open(&reader, built_cut(b, size), &error), -1);
    cr_assert(strstr(error.text, word), "\"%s\" does not speak of \"%s\"", error.text, word);
    cr_assert(!strchr(error.text, '\n'));
}

Test(reader, finds_the_records_it_was_given)
{
    struct reader *reader = built_reader(small());
    struct reader_cursor cursor = {0};
    unsigned calls = 0, processes = 0, threads = 0;
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));) {
        calls += record->type == RECORD_CALL;
        processes += record->type == RECORD_PROCESS;
        threads += record->type == RECORD_THREAD;
        cr_assert_eq(reader_record(reader, cursor.id, record->type), record);
    }
    cr_assert_eq(calls, CALL_COUNT);
    cr_assert_eq(processes, 1);
    cr_assert_eq(threads, 1);
    cr_assert_str_eq(reader_call(reader, CALL_read)->name, "read");
    reader_close(reader);
}

Test(reader, only_pid_passes_over_other_processes)
{
    struct builder *b = small();
    builder_thread(b, 78, 78, "child");
    struct reader *reader = built_reader(b);
    struct reader_cursor cursor = {.only_pid = 78};
    unsigned threads = 0;
    for (const struct trace_record *record; (record = reader_next(reader, &cursor));)
        threads += record->type == RECORD_THREAD;
    cr_assert_eq(threads, 1);
    reader_close(reader);
}

Test(reader, refuses_a_newer_version)
{
    struct builder *b = small();
    builder_header(b)->version = TRACE_VERSION + 1;
    refuse(b, 0, "newer shunt");
}

Test(reader, refuses_another_byte_order)
{
    struct builder *b = small();
    builder_header(b)->byte_order = 0x04030201;
    refuse(b, 0, "byte order");
}

Test(reader, refuses_zeros)
{
    struct builder *b = small();
    memset(b->bytes, 0, b->size);
    refuse(b, 0, "only zeros");
}

Test(reader, refuses_noise)
{
    struct builder *b = small();
    srand(1);
    for (size_t i = 0; i < b->size; i++)
        b->bytes[i] = (uint8_t)rand();
    refuse(b, 0, "not a shunt trace");
}

Test(reader, refuses_any_truncation_of_what_is_in_use)
{
    for (size_t size = 100; size < TRACE_FIRST_CHUNK + 3 * TRACE_CHUNK; size += 3001)
        refuse(small(), size, "cut short");
}

Test(reader, takes_a_file_cut_behind_what_is_in_use)
{
    struct builder *b = small();
    size_t used = TRACE_FIRST_CHUNK + builder_header(b)->next_chunk * TRACE_CHUNK;
    cr_assert_lt(used, b->size);
    struct reader *reader = NULL;
    struct error error;
    cr_assert_eq(reader_open(&reader, built_cut(b, used), &error), 0, "%s", error.text);
    reader_close(reader);
}

Test(reader, refuses_headers_that_contradict_themselves)
{
    struct builder *b = small();
    builder_header(b)->chunk_count = 4000000;
    refuse(b, 0, "number of chunks");
    b = small();
    builder_header(b)->ring_chunks = 3;
    refuse(b, 0, "size of the ring");
    b = small();
    builder_header(b)->ring_first = 100;
    refuse(b, 0, "place of the ring");
    b = small();
    builder_header(b)->chunk_size = 0;
    refuse(b, 0, "chunk size");
    b = small();
    memset(builder_header(b)->writer, 'x', sizeof builder_header(b)->writer);
    refuse(b, 0, "writer");
}

Test(reader, refuses_what_is_no_regular_file)
{
    struct reader *reader = NULL;
    struct error error;
    cr_assert_eq(reader_open(&reader, "/dev/zero", &error), -1);
    cr_assert(strstr(error.text, "not a regular file"));
    char name[] = "/tmp/shunt-unit-fifo-XXXXXX";
    cr_assert(mkdtemp(name));
    rmdir(name);
    cr_assert_eq(mkfifo(name, 0600), 0);
    cr_assert_eq(reader_open(&reader, name, &error), -1);
    unlink(name);
}

Test(reader, steps_over_holes_and_unfinished_records)
{
    struct builder *b = small();
    uint32_t hole = builder_string(b, STRING_TEXT, "gone");
    memset(builder_at(b, hole), 0, TRACE_CELL);
    uint32_t pending = builder_string(b, STRING_TEXT, "half");
    ((struct trace_record *)builder_at(b, pending))->type = RECORD_PENDING;
    uint32_t behind = builder_string(b, STRING_TEXT, "behind");
    struct reader *reader = built_reader(b);
    cr_assert_str_eq(reader_string(reader, behind), "behind");
    cr_assert_null(reader_string(reader, pending));
    cr_assert_eq(reader_health(reader)->holes, 1);
    cr_assert_eq(reader_health(reader)->unfinished, 1);
    cr_assert_eq(reader_health(reader)->damaged, 0);
    reader_close(reader);
}

Test(reader, steps_over_records_of_unknown_types)
{
    struct builder *b = small();
    builder_meta(b, 40, 200);
    uint32_t behind = builder_string(b, STRING_TEXT, "behind");
    struct reader *reader = built_reader(b);
    cr_assert_str_eq(reader_string(reader, behind), "behind");
    cr_assert_eq(reader_health(reader)->unknown, 1);
    reader_close(reader);
}

Test(reader, leaves_out_strings_without_an_end)
{
    struct builder *b = small();
    uint32_t id = builder_string(b, STRING_TEXT, "x");
    memset(((struct trace_string *)builder_at(b, id))->text, 'x', TRACE_CELL - 8);
    struct reader *reader = built_reader(b);
    cr_assert_null(reader_string(reader, id));
    cr_assert_eq(reader_health(reader)->damaged, 1);
    reader_close(reader);
}

Test(reader, leaves_out_records_that_claim_too_much)
{
    struct builder *b = small();
    uint64_t frames[2] = {1, 2};
    uint32_t context = builder_context(b, frames, 2);
    ((struct trace_context *)builder_at(b, context))->frames = 16;
    uint32_t last = builder_string(b, STRING_TEXT, "long");
    ((struct trace_record *)builder_at(b, last))->cells = 60000;
    struct reader *reader = built_reader(b);
    cr_assert_null(reader_record(reader, context, RECORD_CONTEXT));
    cr_assert_null(reader_string(reader, last));
    cr_assert_eq(reader_health(reader)->damaged, 2);
    reader_close(reader);
}

Test(reader, ids_lead_only_to_where_a_record_begins)
{
    struct builder *b = small();
    uint32_t id = builder_string(
        b, STRING_TEXT, "a text that is long enough to fill more than one cell of the file");
    struct reader *reader = built_reader(b);
    cr_assert_not_null(reader_string(reader, id));
    cr_assert_null(reader_string(reader, id + 1));
    cr_assert_null(reader_record(reader, id, RECORD_MODULE));
    cr_assert_null(reader_string(reader, 0));
    cr_assert_null(reader_string(reader, 1));
    cr_assert_null(reader_string(reader, UINT32_MAX));
    reader_close(reader);
}

Test(reader, survives_truncation_while_it_is_read)
{
    struct builder *b = small();
    uint32_t id = builder_string(b, STRING_TEXT, "kept");
    for (int i = 0; i < 100; i++)
        builder_event(b, 77, 77, CALL_read, 0, 0, 0, MS);
    struct reader *reader = built_reader(b);
    cr_assert_eq(truncate(reader_path(reader), 0), 0);
    cr_assert_str_eq(reader_string(reader, id), "kept");
    struct events_count count;
    struct error error;
    cr_assert_eq(events_read(reader, &count, NULL, NULL, &error), -1);
    reader_close(reader);
}

static void remember(void *context, const struct trace_event *event)
{
    uint64_t *sum = context;
    cr_assert_gt(event->start, sum[1], "oldest first");
    sum[0] += event->ticks;
    sum[1] = event->start;
}

Test(events, come_oldest_first_and_overwritten_ones_are_counted)
{
    struct builder *b = small();
    for (uint64_t i = 0; i < 600; i++)
        builder_event(b, 77, 77, CALL_read, 0, 0, (i + 1) * MS, 500);
    struct reader *reader = built_reader(b);
    uint64_t sum[2] = {0};
    struct events_count count;
    struct error error;
    cr_assert_eq(events_read(reader, &count, remember, sum, &error), 0, "%s", error.text);
    cr_assert_eq(count.written, 600);
    cr_assert_eq(count.read, 255);
    cr_assert_eq(count.overwritten, 345);
    cr_assert_eq(sum[0], 255 * BUILDER_TICKS(500));
    reader_close(reader);
}

Test(events, torn_ones_are_counted_and_left_out)
{
    struct builder *b = small();
    for (uint64_t i = 0; i < 10; i++)
        builder_event(b, 77, 77, CALL_read, 0, 0, (i + 1) * MS, 500);
    struct trace_event *event =
        (struct trace_event *)(b->bytes + TRACE_FIRST_CHUNK + TRACE_CELL) + 4;
    event->seq = 0;
    struct reader *reader = built_reader(b);
    uint64_t sum[2] = {0};
    struct events_count count;
    struct error error;
    cr_assert_eq(events_read(reader, &count, remember, sum, &error), 0);
    cr_assert_eq(count.torn, 1);
    cr_assert_eq(count.read, 9);
    reader_close(reader);
}
