# SPDX-License-Identifier: MIT
# A policy replaced 10,000 times under load: no read goes wrong, none is torn or refused, every tenth
# at the least is taken over, every call is counted by a rule, and memory does not grow.
. "$(dirname "$0")/lib.bash"
cd "$work" || exit 1

for share in 0 50 100; do
  cat >plan.$share.yaml <<P
version: 1
rules:
  - id: reads
    match: { call: pread, module: policy_stress }
    route: pool
    rollout: $share%
    rollout_by: thread
P
  "$SHUNT" policy compile -o block.$share plan.$share.yaml "$PROGRAMS/policy_stress" >said 2>&1 ||
    fail "$(cat said)"
done
"$SHUNT" run --policy plan.0.yaml -o trace -- "$PROGRAMS/policy_stress" bytes stop >out 2>said &
servers+=($!)
ready() { compgen -G 'trace/policy_stress*.shunt' && [ -s bytes ]; }
wait_for 20 ready || fail "it did not start: $(cat said)"
# Two by the command, so that the trace has room for both slots; the rest at the control page.
"$SHUNT" policy apply plan.50.yaml trace >said || fail "$(cat said)"
"$SHUNT" policy apply plan.100.yaml trace >said || fail "$(cat said)"
size() { awk '/^VmSize/ { print $2 }' "/proc/$program/status"; }
program=$(basename trace/policy_stress*.shunt .shunt)
program=${program##*.}
before=$(size)
/usr/bin/python3 - trace/policy_stress*.shunt block.50 block.100 <<'P' || fail "not all were taken over"
import mmap, struct, sys, time
with open(sys.argv[1], "r+b") as file:
    trace = mmap.mmap(file.fileno(), 0)
blocks = [open(name, "rb").read() for name in sys.argv[2:]]
CONTROL, SLOTS, SEEN, FAULT = 4096, 4096 + 40, 4096 + 40 + 48, 4096 + 8
def word(at):
    return struct.unpack_from("<Q", trace, at)[0]
for i in range(10000):
    generation = word(CONTROL) + 1
    slot = SLOTS + 24 * (generation & 1)
    block = blocks[generation & 1]
    chunk = struct.unpack_from("<I", trace, slot + 12)[0]
    assert len(block) <= 16320 and chunk, "the block needs one chunk"
    at = 16384 + (chunk - 1) * 16384 + 64
    trace[at:at + len(block)] = block
    struct.pack_into("<QI", trace, slot, struct.unpack_from("<Q", block, 24)[0], len(block))
    struct.pack_into("<Q", trace, CONTROL, generation)
    until = time.monotonic() + 30
    while i % 10 == 9 and word(SEEN) < generation:
        assert time.monotonic() < until, f"{i} was not taken over"
    assert struct.unpack_from("<I", trace, FAULT)[0] == 0, f"{i} was refused"
P
after=$(size)
[ $((after - before)) -lt 65536 ] || fail "from $before to $after kB"
: >stop
wait "${servers[-1]}" || fail "status $?: $(cat said)"
proven "$work/trace"
"$SHUNT" report --json trace >report.json || fail "no report"
made=$(cat out)
counted=$(json report.json "sum(r['calls'] for r in d['processes'][0]['policy']['rules'])")
site=$(json report.json "sum(s['calls'] for s in d['processes'][0]['sites'] if s['call'] == 'pread')")
moved=$(json report.json "sum(r['moved'] for r in d['processes'][0]['policy']['rules'])")
[ "$site" -eq "$made" ] && [ "$counted" -eq "$made" ] || fail "$made made, $site recorded, $counted by rules"
[ "$moved" -gt 0 ] || fail "none of $made moved"
[ "$(json report.json "d['processes'][0]['policy']['refused']")" -eq 0 ] || fail "refused"
[ "$(json report.json "d['processes'][0]['policy']['in_force']")" -ge 1000 ] ||
  fail "taken over $(json report.json "d['processes'][0]['policy']['in_force']") times"
