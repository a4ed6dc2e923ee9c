# SPDX-License-Identifier: MIT
# tar calls the kernel through direct wrappers, sort through stdio: our counts of both against the
# kernel's, by the audit, and against strace of a bare run.
. "$(dirname "$0")/lib.bash"
need strace

lines=60000
seq $lines | awk '{ print ($1 * 7919) % 100003, $1 }' >"$work/numbers"
mkdir "$work/tree"
for i in $(seq 40); do head -c $((i * 997)) /dev/zero >"$work/tree/file.$i"; done
cd "$work" || fail "no $work"

audited() { # NAME COMMAND...
  strace -f -c -o "$work/$1.strace" "${@:2}" || fail "strace $1"
  "$SHUNT" run --audit -o "$work/$1" -- "${@:2}" 2>"$work/$1.page" || fail "$(cat "$work/$1.page")"
  report --json "$work/$1" >"$work/$1.json" || fail "report of $1"
}
# One thread: which of several waits for which would be chance.
audited tar tar --sort=name -cf out.tar tree
audited sort sort --parallel=1 -n numbers -o sorted

/usr/bin/python3 - "$work" $lines <<'P' || fail "counts differ"
import collections, json, sys
work, lines = sys.argv[1], int(sys.argv[2])

def load(program):
    ours, inside, kernel, strace = (collections.Counter() for _ in range(4))
    why = collections.Counter()
    with open(f"{work}/{program}.json") as file:
        for process in json.load(file)["processes"]:
            for site in process["sites"]:
                ours[site["call"]] += site["calls"] + site["idle_calls"]
    with open(f"{work}/{program}/audit.json") as file:
        for row in json.load(file)["rows"]:
            why[row["why"]] += row["calls"]
            if row["why"] == "inside":
                inside[row["function"], row["system_call"]] += row["calls"]
            if row["why"] not in ("start", "own"):
                kernel[row["system_call"]] += row["calls"]
    with open(f"{work}/{program}.strace") as file:
        for part in map(str.split, file):
            if len(part) >= 5 and part[3].isdigit():
                strace[part[-1]] = int(part[3])
    return ours, inside, kernel, strace, why

def equal(what, *counts):
    print(what, *counts)
    if len(set(counts)) != 1 or not counts[0]:
        sys.exit(f"{what}: not the same, or none")

# tar: each direct call of ours is one system call of the kernel's, and these are all there were.
ours, inside, kernel, strace, why = load("tar")
for call, system_call in ("read", "read"), ("write", "write"), ("fstatat", "newfstatat"), \
        ("__openat_2", "openat"), ("close", "close"):
    equal(f"tar {call}", ours[call], inside[call, system_call])
equal("tar write by strace", ours["write"], kernel["write"], strace["write"])
equal("tar reads of files", ours["fstatat"], ours["__openat_2"], 41)  # 40 files, a directory
if why["passed by"] or why["no row"] or why["raw"] or why["unknown"]:
    sys.exit(f"tar: system calls outside: {why}")

# sort: a line is one fwrite_unlocked, and all writes happen inside stdio's functions.
ours, inside, kernel, strace, why = load("sort")
equal("sort fwrite_unlocked", ours["fwrite_unlocked"], lines)
equal("sort write", inside["fwrite_unlocked", "write"] + inside["fflush_unlocked", "write"],
      kernel["write"], strace["write"])
equal("sort read", sum(n for (call, name), n in inside.items() if name == "read"), kernel["read"])
P
