# SPDX-License-Identifier: MIT
# An audit counts what strace counts: a program without a library of ours in it makes the same calls
# every time.
. "$(dirname "$0")/lib.bash"
need strace

strace -f -c -o "$work/strace" "$PROGRAMS/audited_static"
[ $? -eq 4 ] || fail "strace: $(cat "$work/strace")"
"$SHUNT" run --audit -o "$work/trace" -- "$PROGRAMS/audited_static" 2>"$work/page"
[ $? -eq 4 ] || fail "audit: $(cat "$work/page")"
grep -q UNOBSERVED "$work/page" || fail "not said to be unobserved: $(cat "$work/page")"

/usr/bin/python3 - "$work/strace" "$work/trace/audit.json" <<'P' || fail "counts differ"
import collections, json, sys
strace = {}
for line in open(sys.argv[1]):
    part = line.split()
    if len(part) >= 5 and part[3].isdigit() and part[-1] != "total":
        strace[part[-1]] = int(part[3])
audit = collections.Counter()
for row in json.load(open(sys.argv[2]))["rows"]:
    audit[row["system_call"]] += row["calls"]
# strace counts a call when it returns. Which of the threads waits for which is chance.
for name in ("exit", "exit_group", "futex"):
    strace.pop(name, None)
    audit.pop(name, None)
print(sum(audit.values()), "calls compared")
for name in sorted(strace.keys() | audit.keys()):
    if strace.get(name) != audit.get(name):
        sys.exit(f"{name}: strace {strace.get(name)}, audit {audit.get(name)}")
P
