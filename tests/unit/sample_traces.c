/* SPDX-License-Identifier: MIT
 *
 * sample_traces DIRECTORY [SAMPLE_APP]: writes the sample traces, for golden reports, the fuzzer's
 * corpus, and anyone who wants to look at a trace.
 */
#include "samples.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: sample_traces DIRECTORY [SAMPLE_APP]\n");
        return 2;
    }
    if (samples_open(argc > 2 ? argv[2] : SAMPLE_APP) < 0 || samples_write(argv[1]) < 0) {
        fprintf(stderr, "sample_traces: %s cannot be written\n", argv[1]);
        return 1;
    }
    return 0;
}
