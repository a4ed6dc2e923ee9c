# SPDX-License-Identifier: MIT
"""Holds the Python chains of traces against what a program said it did."""
import collections
import json
import re
import subprocess

FRAME = re.compile(r"^(.*):(\d+):([^:]*?)(\[c\])?(\[cut\])?$", re.S)
SLOT = re.compile(r"^slot (\d+)/(\d+) (\S+) count=(\d+) ")


def frame_of(text):
    file, line, name = FRAME.match(text).group(1, 2, 3)
    return file, int(line), name


def slots_of(dump):
    """(call, count, chain) of every slot in trace_dump's output."""
    for line in dump.splitlines():
        head = SLOT.match(line)
        if head:
            yield head.group(3), int(head.group(4)), tuple(map(frame_of, line.split("\t")[1:]))


def facts_of(dump, kind):
    return [line[len(kind) + 1:] for line in dump.splitlines() if line.startswith(kind + " ")]


def dump_of(tool, traces):
    return subprocess.run([tool, *traces], stdout=subprocess.PIPE, check=True, encoding="utf-8",
                          errors="surrogateescape").stdout


def expected_in(files):
    expected = collections.Counter()
    for name in files:
        with open(name, encoding="utf-8") as file:
            for call, chain, count in json.load(file):
                expected[call, tuple(map(tuple, chain))] += count
    return expected


def differences(dump, files, only_expected=False, gaps=True):
    """Sentences about what differs; none: the trace says what the programs wrote into the files.
    only_expected: there may be calls that were not written down."""
    expected = expected_in(files)
    calls = {call for call, _ in expected}
    seen = collections.Counter()
    for call, count, chain in slots_of(dump):
        if call in calls:
            seen[call, chain] += count
    said = [] if expected else ["nothing was written down"]
    for key in expected.keys() | (seen.keys() if not only_expected else set()):
        if expected[key] != seen[key]:
            call, chain = key
            where = " < ".join("%s:%d:%s" % frame for frame in chain[:6]) or "(no Python frames)"
            said.append(f"{call} at {where}: made {expected[key]}, in the trace {seen[key]}")
    said += ["lost " + fact for fact in facts_of(dump, "lost")]
    said += ["gap " + fact for fact in facts_of(dump, "gap") if gaps]
    said += ["thread " + fact for fact in facts_of(dump, "thread") if " wrong=0 " not in fact]
    return sorted(said)
