/* SPDX-License-Identifier: MIT
 *
 * large_trace FILE SITES EVENTS [ELF START END]: writes a trace with that many call sites, at
 * offsets spread over START..END (hexadecimal) of an ELF file, and a ring full of that many events:
 * to see how fast a report of it is made.
 */
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t power_of_two(uint64_t at_least)
{
    uint32_t power = 1;
    while (power < at_least)
        power *= 2;
    return power;
}

int main(int argc, char **argv)
{
    if (argc != 4 && argc != 7) {
        fprintf(stderr, "usage: large_trace FILE SITES EVENTS [ELF START END]\n");
        return 2;
    }
    uint64_t sites = strtoull(argv[2], NULL, 10), events = strtoull(argv[3], NULL, 10);
    uint64_t start = argc > 4 ? strtoull(argv[5], NULL, 16) : 0x1000;
    uint64_t end = argc > 4 ? strtoull(argv[6], NULL, 16) : 0x1000000;
    uint32_t ring = power_of_two(events / 255 + 1);
    struct builder *b = builder_new(1, ring + 64 + (uint32_t)(sites / 8), ring);
    uint16_t module =
        builder_module(b, argc > 4 ? argv[4] : "/nowhere/large", NULL, 0, MODULE_MAIN);
    builder_process(b, 1, 0, "/usr/bin/large", "large");
    uint32_t target = builder_string(b, STRING_TARGET, "file:/srv/a.log");
    uint32_t other = builder_string(b, STRING_TARGET, "file:/srv/b.log");
    builder_thread(b, 1, 1, "large");
    uint32_t *slots = calloc(sites + 1, sizeof *slots);
    for (uint64_t i = 0; i < sites; i++) {
        uint64_t frame = TRACE_FRAME(module, start + (end - start) / sites * i);
        uint32_t context = builder_context(b, &frame, 1);
        uint32_t histogram = builder_histogram(b, CALL_read);
        slots[i] = builder_slot(b, CALL_read, context);
        ((struct trace_slot *)builder_at(b, slots[i]))->histogram = histogram;
        ((struct trace_slot *)builder_at(b, slots[i]))->target = target;
        builder_count(b, slots[i], 10, MS + i);
    }
    for (uint64_t i = 0; i < events && sites; i++)
        builder_event(b, 1, 1, CALL_read, slots[i * 7919 % sites], i & 1 ? target : other, i * US,
                      MS);
    builder_finish(b, 100 * SECONDS);
    int result = builder_write(b, argv[1], 0);
    builder_free(b);
    free(slots);
    return result < 0;
}
