# SPDX-License-Identifier: MIT
# A wait of known length for a lock whose holder sleeps: its site, its holder, and what blocked while
# holding, in the report as in the page of the site. The holder also looks at its sibling in /proc (open, read,
# close), which on a busy machine may count as blocked.
. "$(dirname "$0")/lib.bash"

program=$BUILD/tests/truth/truth_locks
observe "$program" mutex >"$work/out" || fail "status"
trace=$work/trace.1
"$SHUNT" report "$trace" --json >"$work/report.json" || fail "report"
json "$work/report.json" '[(p["locks"]["free"], len(p["locks"]["waits"]), len(p["locks"]["held"]))
  for p in d["processes"]]'
json "$work/report.json" '("fine" if [
  (sites[w["site"]]["call"], sites[w["site"]]["function"], w["waits"], w["total_ns"] >= 60e6,
   w["taken_by"]["function"] in ("holds", "take"), w["holder_in"][0]["call"],
   [(sites[h["site"]]["call"], h["total_ns"] >= 120e6, h["wanted"]) for h in p["locks"]["held"]
    if sites[h["site"]]["call"] not in ("open", "read", "close")],
   [s["holding_ns"] >= 120e6 for s in p["sites"] if s["call"] == "nanosleep"])
  for p in d["processes"] for sites in [{s["id"]: s for s in p["sites"]}] for w in p["locks"]["waits"]
  ] == [("pthread_mutex_lock", "wants", 1, True, True, "nanosleep", [("nanosleep", True, True)], [True])]
  else d["processes"][0]["locks"])' >"$work/verdict"
[ "$(cat "$work/verdict")" = fine ] || fail "report: $(cat "$work/verdict")"
id=$(json "$work/report.json" '[s["short_id"] for s in d["processes"][0]["sites"]
  if s["call"] == "nanosleep"][0]')
"$SHUNT" report "$trace" >"$work/page" || fail "page"
grep -q '^LOCKS  1 wait for ' "$work/page" || fail "the page does not tell: $(cat "$work/page")"
"$SHUNT" site "$id" "$trace" | grep -q 'while it held a lock taken' || fail "nor does that of the site"
