/* SPDX-License-Identifier: MIT
 *
 * The trace file, version 1: what the preload writes and the analyzer reads. One file per process
 * image (a fork child that does not exec goes on in its parent's file). docs/trace-format.md tells
 * the same in prose; change both together and raise TRACE_VERSION when a reader of the old layout
 * could be misled.
 *
 * The file is one sparse mapping. It holds a header, a control page and chunks of TRACE_CHUNK
 * bytes. A chunk belongs to the process's shared records (META), to one thread (THREAD) or to the
 * event ring (RING); a reader visits chunks 0 to next_chunk. META and THREAD chunks hold records,
 * each a whole number of 64-byte cells, so that
 *
 *   - a record's id is the number of its first cell, counted from the file's start; 0 is no record,
 *   - a reader steps over a record that it does not know, and over a hole of zero cells that a
 *     killed writer left, without losing its place.
 *
 * Writing: reserve cells, store the record's head with RECORD_PENDING (its size now stands), fill
 * it in, store the head again with its type (release). A reader loads the head (acquire) and
 * believes nothing before it is committed. Counters inside a committed record go on changing: each
 * is one aligned 64-bit word with one writer, read as it is. All numbers are little-endian.
 *
 * Times are ticks of the header's clock, 0 for never; convert with the clock triples.
 */
#ifndef SHUNT_TRACE_FORMAT_H
#define SHUNT_TRACE_FORMAT_H

#include "trace_event.h"
#include "trace_file.h"
#include "trace_histogram.h"
#include "trace_loop.h"
#include "trace_meta.h"
#include "trace_reasons.h"
#include "trace_record.h"
#include "trace_routed.h"
#include "trace_thread.h"

#endif
