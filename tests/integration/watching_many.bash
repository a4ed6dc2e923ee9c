# SPDX-License-Identifier: MIT
# Threads that come and go are watched, however many there were: only those that are there at a time
# count against what shunt run can hold open.
. "$(dirname "$0")/lib.bash"

cat >"$work/generations.py" <<'P'
import threading, time
for generation in range(10):
    threads = [threading.Thread(target=time.sleep, args=(0.6,)) for _ in range(40)]
    [t.start() for t in threads]
    [t.join() for t in threads]
P
observe /usr/bin/python3 "$work/generations.py" || fail "status"
json "$work/trace.1/run.json" \
  '"fine" if not d["gaps"] and len(d["threads"]) > 256 else (len(d["threads"]), d["gaps"])' >"$work/verdict"
[ "$(cat "$work/verdict")" = fine ] || fail "threads and gaps: $(cat "$work/verdict")"
