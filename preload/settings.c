/* SPDX-License-Identifier: MIT
 *
 * See settings.h.
 */
#include "settings.h"

#include "raw.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MOST = 256 };

static const char *const names[] = {
    "EVENTLET_NO_GREENDNS", "EVENTLET_HUB",   "EVENTLET_THREADPOOL_SIZE", "GEVENT_RESOLVER",
    "GEVENT_LOOP",          "GEVENT_BACKEND", "GEVENT_THREADPOOL",        "GEVENT_THREADPOOL_SIZE",
    "GEVENT_FILE",
};

void settings_note(void)
{
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = secure_getenv(names[i]);
        struct trace_setting *s = value ? (void *)trace_meta_new(sizeof *s) : NULL;
        if (!s)
            continue;
        s->pid = raw_getpid();
        s->name = trace_string(STRING_TEXT, names[i], strlen(names[i]));
        s->value = trace_string(STRING_TEXT, value, strnlen(value, VALUE_MOST));
        trace_commit(&s->head, RECORD_SETTING);
    }
}
