/* SPDX-License-Identifier: MIT
 *
 * See gap.h.
 */
#include "gap.h"

#include "clock.h"
#include "raw.h"
#include "trace.h"

#include <string.h>

static int32_t this_process(void)
{
    return trace_sealed() ? trace_file->pid : raw_getpid();
}

struct trace_gap *gap_say(struct trace_gap *gap, const char *text)
{
    uint32_t id = trace_string(STRING_TEXT, text, strlen(text));
    if (gap && gap->pid == this_process()) {
        if (id)
            __atomic_store_n(&gap->text, id, __ATOMIC_RELEASE);
        return gap;
    }
    gap = (void *)trace_meta_new(sizeof *gap);
    if (!gap)
        return NULL;
    gap->pid = this_process();
    gap->when = clock_now();
    gap->text = id;
    trace_commit(&gap->head, RECORD_GAP);
    return gap;
}

void gap_note(const char *text)
{
    gap_say(NULL, text);
}
