/* SPDX-License-Identifier: MIT
 *
 * The parts of a page that speak of sites: tables and verdicts. Shared by render_text and
 * render_site.
 */
#ifndef SHUNT_RENDER_TABLE_H
#define SHUNT_RENDER_TABLE_H

#include "page.h"
#include "report.h"

/* Sites of a loop by stall, or of other threads by blocked time (loop NULL). `uses` may hold
 * several of one site. */
void table_loop(struct page *page, const struct report_loop *loop, unsigned top);
void table_threads(struct page *page, const struct report_process *process, unsigned top);

/* One row of such a table, with columns of the caller's choosing, and what stands below it. */
void table_site_row(struct page *page, int ids, const struct report_site *site,
                    const char *const columns[3], const char *below);
void table_site_head(struct page *page, int ids, const char *const columns[3]);
int table_id_width(struct report_site *const *sites, unsigned count);

/* The verdict on a site, its reasons and routes. */
void table_verdict(struct page *page, const struct report_site *site);

/* "fdatasync > *.aof", at most `width` columns. */
const char *table_call(struct page *page, const struct report_site *site, size_t width);

/* The function as a page shows it: a place in a stripped binary without the build id, and with the
 * module's name as a page shows that. */
const char *table_function(struct page *page, const char *function, const char *shown_module);

/* Where a Python function was: "wsgi.py:31 lookup()", as much of it as fits; `layer` PYTHON_PACKAGE
 * and above show the whole name of the module. Where a site was, of any language. */
const char *table_python(struct page *page, const struct report_frame *frame, size_t width);
const char *table_where(struct page *page, const struct report_site *site, size_t width);

/* Of a Python function, what the column WHERE had no room for; "" nothing. */
const char *table_place(struct page *page, const struct report_site *site);

/* "a < .. < b": callers without those that have no name; "" if none has, or NULL. */
const char *table_callers(struct page *page, const char *callers);

#endif
