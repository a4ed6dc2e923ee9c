/* SPDX-License-Identifier: MIT
 *
 * See pages.h.
 */
#include "pages.h"

static bool wants(const struct render_options *options, const struct report_process *process,
                  const struct report_process *shown)
{
    return options->all || (options->pid ? process->pid == options->pid : !shown);
}

const struct report_process *pages_each(struct page *page, const struct report *report,
                                        const struct render_options *options, pages_draw_fn *draw)
{
    const struct report_process *shown = NULL;
    for (unsigned i = 0; i < report->process_count; i++) {
        const struct report_process *process = report->processes[i];
        if (!wants(options, process, shown))
            continue;
        if (shown)
            fputs("\n\n", page->out);
        draw(page, report, process, options);
        shown = process;
    }
    return shown;
}

int pages_of(struct report *report, const struct render_options *options, FILE *out,
             pages_draw_fn *draw)
{
    struct page page = {.out = out, .arena = &report->arena, .color = options->color};
    const struct report_process *shown = pages_each(&page, report, options, draw);
    if (!shown)
        return 0;
    parts_report(&page, report);
    if (!options->all)
        parts_other_processes(&page, report, shown);
    return 0;
}
