/* SPDX-License-Identifier: MIT
 *
 * See advise_rules.h. Sources: man-pages 6.03 for what calls wait for; redis.conf of redis 7.0
 * (appendfsync) and nginx's documentation of ngx_http_core_module (aio, sendfile) for settings.
 */
#include "advise_rules.h"

const struct advise_rule advise_rules[] = {
    {.place = PLACE_THREAD,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "It holds up its own thread only, and no loop runs there."},
    {.place = PLACE_NO_STALL,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "It runs on a loop and never took part in a stall."},
    {.place = PLACE_SMALL,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "Fine for now: under 1% of what the loop could not do."},
    {.place = PLACE_CALM,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "Fine for now: its loop is stalled for under 1% of the time, never for 10 ms."},
    {.place = PLACE_SHORT,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_FINE,
     .headline = "Its calls hardly ever wait: what adds up is the work they do."},

    {.place = PLACE_STALL,
     .blocks = BLOCKS_READY,
     .verdict = VERDICT_CHANGE,
     .headline = "A callback waits for readiness: nobody else is served meanwhile.",
     .source = "register the fd with the loop, go on in its callback"},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_TIMER,
     .verdict = VERDICT_CHANGE,
     .headline = "A callback sleeps: nobody else is served meanwhile.",
     .source = "use a timer of the loop instead of sleeping"},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_NAME,
     .verdict = VERDICT_CHANGE,
     .headline = "A name is looked up on the loop: a slow server stops everybody.",
     .source = "look it up in a thread, or with an asynchronous resolver"},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_CHILD,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for a child process.",
     .source = "let SIGCHLD or a pidfd wake the loop, then wait with WNOHANG"},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_LOCK,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for a lock that somebody else holds.",
     .source = "try without waiting and come back later, or lock in a thread"},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_CONDITION,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits until another thread tells it to go on.",
     .source = "let that thread wake the loop: an eventfd, a pipe"},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_DISK,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for the disk. No route mends this safely.",
     .source = "do it in a thread; go on when it is done"},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_DATA,
     .target = "file:",
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for the disk: a file is never \"not ready\".",
     .source = "read or write it in a thread; go on when it is done"},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_DATA,
     .verdict = VERDICT_CHANGE,
     .headline = "The loop waits for a peer inside a callback.",
     .source = "make the fd non-blocking, let the loop wait for it"},
    {.place = PLACE_STALL,
     .blocks = BLOCKS_ANY,
     .verdict = VERDICT_UNKNOWN,
     .headline = "It stalls the loop, though this call is not known to wait for anything."},
};
const unsigned advise_rule_count = sizeof advise_rules / sizeof *advise_rules;

#define REDIS_ROW(program_)                                                          \
    {                                                                                \
        .program = program_, .call = "fdatasync", .function = "flushAppendOnlyFile", \
        .target = ".aof", .setting = "appendfsync everysec",                         \
        .cost = "may lose about 1 s of writes in a crash",                           \
        .why = "known: with appendfsync always, replies leave only after this sync", \
        .source = "hold the replies, sync in a thread, then answer"                  \
    }

const struct advise_setting advise_settings[] = {
    REDIS_ROW("redis-server"),
    REDIS_ROW("valkey-server"),
    {.program = "nginx",
     .call = "pread",
     .target = "",
     .setting = "aio threads",
     .cost = "reads of files go to nginx's own thread pool",
     .why = "known: nginx reads files on its loop unless aio is set"},
    {.program = "nginx",
     .call = "sendfile",
     .target = "",
     .setting = "aio threads",
     .cost = "sending of files goes to nginx's own thread pool",
     .why = "known: nginx sends files on its loop unless aio is set"},
};
const unsigned advise_setting_count = sizeof advise_settings / sizeof *advise_settings;
