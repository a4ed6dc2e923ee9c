# SPDX-License-Identifier: MIT
# Under LD_AUDIT the program and the auditor see what they see bare, we count what we always do, and what
# an audit library hides is a gap.
. "$(dirname "$0")/lib.bash"

LD_AUDIT=$PROGRAMS/libauditor.so "$PROGRAMS/audited_by_library" 2>&1 | grep -qx 'poll: 20 begun, 20 ended' ||
  fail "the auditor does not work bare"
same env LD_AUDIT="$PROGRAMS/libauditor.so" "$PROGRAMS/audited_by_library"
[ "$(total "$trace" poll calls)" = 20 ] || fail "counted $(total "$trace" poll calls) of 20"
owners=$(json "$work/report.json" \
  'sorted(s["function"] for p in d["processes"] for s in p["sites"] if s["call"] == "poll")')
[ "$owners" = "['ten_polls']" ] || fail "who called: $owners"
gaps=$(json "$work/report.json" '"\n".join(gap for p in d["processes"] for gap in p["gaps"])')
[[ $gaps == *"/libauditor.so was opened in a namespace of its own, as LD_AUDIT does: its calls, and those"* ]] ||
  fail "no gap: $gaps"
