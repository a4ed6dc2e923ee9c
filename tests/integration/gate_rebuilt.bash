# SPDX-License-Identifier: MIT
# The same program built again, with other lines, addresses and build id, keeps its site ids and its
# rules: the gate passes, and the policy made for the first build takes the same calls. One more step
# that blocks fails the gate. A stripped build says what it cannot promise.
. "$(dirname "$0")/lib.bash"

build_id() { readelf -n "$PROGRAMS/gated_$1/gated" | sed -n 's/.*Build ID: //p'; }
[ "$(build_id plain)" != "$(build_id shifted)" ] || fail "both builds have one build id"

for variant in plain shifted new stripped; do
  "$SHUNT" run -o "$work/$variant" -- "$PROGRAMS/gated_$variant/gated" || fail "$variant: status $?"
done
cd "$work" || exit 1

line() { # VARIANT: where the loop's program saves
  "$SHUNT" report --json "$1" >"$1.json"
  json "$1.json" '[s["line"] for s in d["processes"][0]["sites"] if s["call"] == "nanosleep"][0]'
}
[ "$(line plain)" != "$(line shifted)" ] || fail "the lines are the same"

# the gate
"$SHUNT" gate --write-baseline known.json plain >said || fail "no baseline: $(cat said)"
[ "$(json known.json 'len(d["sites"])')" -eq 1 ] || fail "baseline: $(cat known.json)"
"$SHUNT" gate --baseline known.json shifted >said || fail "a rebuild trips the gate: $(cat said)"
"$SHUNT" gate --write-baseline again.json shifted >said
cmp known.json again.json || fail "the rebuilt program makes another baseline"
"$SHUNT" gate --baseline known.json --json new >new-gate.json
[ $? -eq 1 ] || fail "a new step passes: $(cat new-gate.json)"
found=$(json new-gate.json '[(f["class"], f["site"]["function"]) for f in d["findings"]]')
[ "$found" = "[('new', 'look_up')]" ] || fail "found: $found"

# the policy
"$SHUNT" policy init plain >plan.yaml || fail "no policy"
"$SHUNT" policy check plan.yaml "$PROGRAMS/gated_shifted/gated" >said 2>&1 || fail "$(cat said)"
grep -q warning said && fail "names are missing after a rebuild: $(cat said)"
site=$(json known.json 'd["sites"][0]["id"]')
sed -i 's/rollout: 0%/rollout: 100%/; /state: found/d' plan.yaml
for variant in plain shifted; do
  "$SHUNT" policy explain plan.yaml "$site" $variant >said || fail "$(cat said)"
  grep -q '^SO  all pool, by ' said || fail "$variant: $(cat said)"
  "$SHUNT" gate --policy plan.yaml $variant >said || fail "$variant: $(cat said)"
done

# ... and in force: each build's calls are moved by the same rules
"$SHUNT" report --json plain >report.json
calls=$(json report.json '[s["calls"] for s in d["processes"][0]["sites"] if s["id"] == "'"$site"'"][0]')
for variant in plain shifted; do
  "$SHUNT" run --policy plan.yaml -o "forced.$variant" -- "$PROGRAMS/gated_$variant/gated" ||
    fail "$variant: status $? under its policy"
  "$SHUNT" report --json "forced.$variant" >report.json
  moved=$(json report.json '[s["routed"]["moved"] for s in d["processes"][0]["sites"] if s["id"] == "'"$site"'"][0]')
  [ "$moved" -eq "$calls" ] || fail "$variant: $moved calls moved of $calls"
done
"$SHUNT" run --policy plan.yaml -o forced.stripped -- "$PROGRAMS/gated_stripped/gated" >said 2>&1 ||
  fail "stripped: $(cat said)"
grep -q 'takes nothing here.*stripped' said || fail "run does not say it of a stripped build: $(cat said)"
"$SHUNT" report --json forced.stripped >report.json
[ "$(json report.json 'sum(r["calls"] for r in d["processes"][0]["policy"]["rules"])')" -eq 0 ] ||
  fail "stripped: $(json report.json 'd["processes"][0]["policy"]')"

# stripped: its functions have no names
"$SHUNT" policy check plan.yaml "$PROGRAMS/gated_stripped/gated" >said 2>&1
grep -q 'takes nothing here.*stripped' said || fail "not said of a stripped build: $(cat said)"
"$SHUNT" gate --policy plan.yaml stripped >said && fail "a rule that takes nothing passes"
grep -q '^UNUSED .*nanosleep' said || fail "unused: $(cat said)"
"$SHUNT" policy init stripped >stripped.yaml
grep -q 'WILL NOT OUTLIVE A REBUILD' stripped.yaml || fail "$(cat stripped.yaml)"
"$SHUNT" policy check stripped.yaml stripped >said 2>&1 || fail "$(cat said)"
grep -q warning said && fail "its own names are not found: $(cat said)"
"$SHUNT" gate --write-baseline bare.json stripped >/dev/null
sed -i 's/"id": "\(.\)/"id": "f\1/; s/\("id": "f.\{15\}\)./\1/' bare.json # as another build's
"$SHUNT" gate --baseline bare.json stripped >said || fail "what may be known fails: $(cat said)"
grep -q '^unsure ' said || fail "$(cat said)"
