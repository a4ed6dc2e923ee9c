/* SPDX-License-Identifier: MIT
 *
 * The parts of the page: what render_text puts one below the other.
 */
#ifndef SHUNT_RENDER_PARTS_H
#define SHUNT_RENDER_PARTS_H

#include "page.h"
#include "render.h"

/* Whose page it is, which part of the run, how much was seen and what was not. */
void parts_head(struct page *page, const struct report *report,
                const struct report_process *process);

/* The libraries that explain most of the stall, as a table. */
void parts_libraries(struct page *page, const struct report_process *process);

/* What concerns all processes: wrappers in force, files left out. */
void parts_report(struct page *page, const struct report *report);

/* Loops, their sites and verdicts, or only a line for each; sites and calls on loops that need
 * nobody. */
void parts_loops(struct page *page, const struct report_process *process, unsigned top);
void parts_loop_lines(struct page *page, const struct report_process *process);
void parts_nothing_to_do(struct page *page, const struct report_process *process);
void parts_left_out(struct page *page, const struct report_process *process);

/* Waits for locks and who held them; one of these facts, after a label. */
void parts_locks(struct page *page, const struct report_process *process);
void parts_lock(struct page *page, const struct report_lock *lock, const char *label);

/* What became of a site's calls that a rule asked to move. */
void parts_site_routes(struct page *page, const struct report_moved *moved);

/* Calls that were moved, and for how long the process was switched off. */
void parts_routes(struct page *page, const struct report_process *process);

/* Pending waits of the sites; one such sum in words. */
void parts_waits(struct page *page, const struct report_process *process);
const char *parts_pending(struct page *page, const struct report_pending *pending);

/* What the plan is for, where a program has a choice; and under goal threads what the page is
 * about: the sites that will hold a thread, and the work there is, in order. */
void parts_goal(struct page *page, const struct report *report,
                const struct report_process *process);
void parts_on_threads(struct page *page, const struct report_process *process, unsigned top);
void parts_plan(struct page *page, const struct report_process *process);

/* What a request costs, for at most `most` servers and applications. */
void parts_requests(struct page *page, const struct report_process *process, unsigned most);

/* What a service would do with its libraries moved to green. */
void parts_forecast(struct page *page, const struct report_process *process);

/* Threads that are no loops; calls in progress when the trace was read or its process died. */
void parts_other_threads(struct page *page, const struct report_process *process);
void parts_in_progress(struct page *page, const struct report_process *process);

/* Processes that have no page here, and the commands that lead on from the one shown. */
void parts_other_processes(struct page *page, const struct report *report,
                           const struct report_process *shown);
void parts_next_commands(struct page *page, enum goal goal, const struct report_process *process,
                         const struct render_options *options);

#endif
