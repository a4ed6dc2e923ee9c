/* SPDX-License-Identifier: MIT
 *
 * GLib's main loop: glib HOW. Two ways more to hold it up or not:
 *   glib private     a turn runs another context's loop until that has its answer (as GDBus does
 * for synchronous calls): the same poll of the same place, and a stall of this loop glib dialog a
 * turn runs this context's loop until its answer is there (a modal dialog): the loop goes on
 * turning, no stall
 */
#include "feed.h"

#include <glib-unix.h>
#include <glib.h>

static GMainLoop *loop;
static int is_private, is_dialog;

static gboolean answered(gpointer inner)
{
    g_main_loop_quit(inner);
    return G_SOURCE_REMOVE;
}

/* Waits for a timer's answer in a loop of its own. */
static __attribute__((noinline)) void ask(GMainContext *context, unsigned ms)
{
    GMainLoop *inner = g_main_loop_new(context, FALSE);
    GSource *timer = g_timeout_source_new(ms);
    g_source_set_callback(timer, answered, inner, NULL);
    g_source_attach(timer, context);
    g_main_loop_run(inner);
    g_source_unref(timer);
    g_main_loop_unref(inner);
}

static gboolean readable(int fd, GIOCondition condition, gpointer unused)
{
    static int turn;
    (void)fd, (void)unused;
    feed_check(condition == G_IO_IN, "condition");
    if (++turn % 10 == 5 && (is_private || is_dialog)) {
        GMainContext *context = is_private ? g_main_context_new() : NULL;
        ask(context, FEED_STALL_MS);
        if (context)
            g_main_context_unref(context);
    }
    if (feed_take())
        return G_SOURCE_CONTINUE;
    g_main_loop_quit(loop);
    return G_SOURCE_REMOVE;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "sleep";
    is_private = strcmp(how, "private") == 0;
    is_dialog = strcmp(how, "dialog") == 0;
    loop = g_main_loop_new(NULL, FALSE);
    g_unix_fd_add(feed_start(is_private || is_dialog ? "none" : how), G_IO_IN, readable, NULL);
    g_main_loop_run(loop);
    g_main_loop_unref(loop);
    return 0;
}
