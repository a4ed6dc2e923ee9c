# SPDX-License-Identifier: MIT
# liburing enters the kernel by itself, so its waits are not seen: the program runs as ever, what it
# calls through libc is counted, no loop is made up, and the report says what it could not see.
. "$(dirname "$0")/lib.bash"
program=$BUILD/tests/loops/loop_uring
[ -x "$program" ] || skip "liburing-dev was not there when this was built"
"$program" sleep >"$work/bare"
[ $? -ne 77 ] || skip "$(cat "$work/bare")"
observe "$program" sleep || fail "exit status $?"
report --json "$trace" >"$work/report.json" || fail "no report"
/usr/bin/python3 - "$work/report.json" <<'P' || fail "$(report "$trace")"
import json, sys
with open(sys.argv[1]) as file:
    process = json.load(file)["processes"][0]
assert any("liburing" in gap for gap in process["gaps"]), process["gaps"]
assert not process["loops"], process["loops"]
takes = [site for site in process["sites"] if (site["call"], site["function"]) == ("read", "feed_take")]
assert sum(site["calls"] for site in takes) == 60, takes
P
report "$trace" | grep -q '^UNSEEN .*liburing' || fail "the page does not say it"
