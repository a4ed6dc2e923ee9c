/* SPDX-License-Identifier: MIT
 *
 * What is resident, in KB, of the mappings that are ours: the trace, by its name, and the private
 * ones that fork children find wiped (VmFlags "wf"), which nobody else in these tests has.
 */
#ifndef TESTS_MAPPINGS_H
#define TESTS_MAPPINGS_H

#include <stdio.h>
#include <string.h>

static inline long mappings_resident(void)
{
    char line[512];
    long sum = 0, resident = 0;
    int named = 0;
    FILE *file = fopen("/proc/self/smaps", "re");
    while (file && fgets(line, sizeof line, file)) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            named = strstr(line, ".shunt\n") != NULL;
        sscanf(line, "Rss: %ld", &resident);
        if (!strncmp(line, "VmFlags:", 8) && (named || strstr(line, " wf")))
            sum += resident;
    }
    if (file)
        fclose(file);
    return sum;
}

#endif
