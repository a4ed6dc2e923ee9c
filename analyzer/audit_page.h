/* SPDX-License-Identifier: MIT
 *
 * The page of an audit: every system call that passed outside the recorded calls, with the reason.
 * `shunt run` shows it right after the run; the renderer (render.h) when the report is asked.
 */
#ifndef SHUNT_AUDIT_PAGE_H
#define SHUNT_AUDIT_PAGE_H

#include "audit_info.h"
#include "page.h"

void audit_page(struct page *page, const struct audit_info *info);

/* "98.4% of the 12.3 s in system calls, and 98.8% of 123,456 calls, were inside recorded calls" */
const char *audit_headline(struct arena *arena, const struct audit_info *info);

#endif
