# SPDX-License-Identifier: MIT
# shunt run itself, with a hundred threads to watch, takes less than 1 % of a CPU, and its figures of
# a thread are the kernel's.
. "$(dirname "$0")/lib.bash"

cat >"$work/threads.py" <<'P'
import threading, time
t = [threading.Thread(target=time.sleep, args=(6,)) for _ in range(100)]
[x.start() for x in t]
end = time.thread_time() + 0.5
while time.thread_time() < end:
    pass
[x.join() for x in t]
P
observe /usr/bin/python3 "$work/threads.py" &
run=$!
sleep 5.5
read -r -a stat </proc/$run/stat
wait $run || fail "status"
trace=$work/trace.1
ticks=$((stat[13] + stat[14]))
echo "$ticks clock ticks in 5.5 s"
[ $ticks -le 5 ] || fail "shunt run took $ticks clock ticks (10 ms each) in 5.5 s"
json "$trace/run.json" 'len(d["threads"]), [t for t in d["threads"] if t["pid"] == t["tid"]]'
json "$trace/run.json" '("fine" if len(d["threads"]) == 101 and
  all(t["explained_ticks"] > 0 for t in d["threads"]) and
  [450e6 < t["run_ns"] < 900e6 for t in d["threads"] if t["pid"] == t["tid"]] == [True] and
  all(t["run_ns"] < 200e6 for t in d["threads"] if t["pid"] != t["tid"]) and
  all(t["sampled_monotonic_ns"] - t["started_monotonic_ns"] > 4e9 for t in d["threads"]) and
  all(d["started_monotonic_ns"] <= t["started_monotonic_ns"] for t in d["threads"]) and
  all(t["sampled_monotonic_ns"] <= d["ended_monotonic_ns"] + 1e8 for t in d["threads"])
  else d)' >"$work/verdict"
[ "$(cat "$work/verdict")" = fine ] || fail "run.json: $(head -c 3000 "$work/verdict")"
