/* SPDX-License-Identifier: MIT
 *
 * See gap.h.
 */
#include "gap.h"

#include "clock.h"
#include "raw.h"
#include "trace.h"

#include <string.h>

void gap_note(const char *text)
{
    struct trace_gap *gap = (void *)trace_meta_new(sizeof *gap);
    if (!gap)
        return;
    gap->pid = trace_sealed() ? trace_file->pid : raw_getpid();
    gap->when = clock_now();
    gap->text = trace_string(STRING_TEXT, text, strlen(text));
    trace_commit(&gap->head, RECORD_GAP);
}
