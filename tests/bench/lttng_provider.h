/* SPDX-License-Identifier: MIT
 *
 * The LTTng-UST tracepoint that scripts/bench compares with: one event a call, with its duration.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER shunt_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./lttng_provider.h"

#if !defined(SHUNT_LTTNG_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define SHUNT_LTTNG_PROVIDER_H

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(shunt_bench, call, LTTNG_UST_TP_ARGS(int, fd, long, result),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int, fd, fd)
                                                   lttng_ust_field_integer(long, result, result)))

#endif

#include <lttng/tracepoint-event.h>
