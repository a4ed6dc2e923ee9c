/* SPDX-License-Identifier: MIT
 *
 * What a service would do if what blocks its hub were routed to green, library after library.
 */
#ifndef SHUNT_FORECAST_H
#define SHUNT_FORECAST_H

#include "report.h"

/* Fills the process's forecast. After its groups and advice. Nothing where no WSGI server's
 * requests run on a green runtime's hub, or the hub has time to spare: then moving brings no
 * request more. */
void forecast_process(struct arena *arena, struct report_process *process);

#endif
