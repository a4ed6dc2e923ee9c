# SPDX-License-Identifier: MIT
# A thread whose segment has ended, and which the kernel still has, is no other, silent one.
. "$(dirname "$0")/lib.bash"

observe "$PROGRAMS/lingers" || fail "status"
json "$trace/run.json" 'len(d["threads"]), len({t["tid"] for t in d["threads"]})' >"$work/threads"
[ "$(cat "$work/threads")" = "(3, 3)" ] || fail "threads, and ids: $(cat "$work/threads")"
