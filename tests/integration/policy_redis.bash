# SPDX-License-Identifier: MIT
# redis that syncs every write: a policy is made of what was recorded, is right, finds its names in
# the binary and takes all calls of its site; the gate tells a server that syncs from one that did not.
. "$(dirname "$0")/lib.bash"
need redis-server redis-benchmark
cd "$work" || exit 1

record() { # DIRECTORY OPTION...
  local into=$1 port
  shift
  port=$(free_port)
  mkdir "data.$into"
  "$SHUNT" run -o "$into" -- redis-server --bind 127.0.0.1 --port "$port" --save '' \
    --dir "$work/data.$into" "$@" >log 2>&1 &
  servers+=($!)
  wait_for 30 redis-cli -p "$port" ping || fail "no server: $(cat log)"
  redis-benchmark -p "$port" -t set -n 2000 -c 8 -q >/dev/null
  redis-cli -p "$port" shutdown nosave >/dev/null 2>&1
  wait "${servers[-1]}" || fail "status $?: $(cat log)"
}
record quiet --appendonly no
record synced --appendonly yes --appendfsync always

# a first policy: right, all names found, and all at 0 %
"$SHUNT" policy init synced >plan.yaml || fail "no policy"
"$SHUNT" policy check plan.yaml redis-server >said 2>&1 || fail "it is wrong: $(cat said)"
grep -q 'flushAppendOnlyFile-fdatasync: pool 0%' said || fail "no rule for the sync: $(cat said)"
grep -q warning said && fail "names are not found: $(cat said)"
"$SHUNT" report --json synced >report.json
site=$(json report.json '[s["id"] for s in d["processes"][0]["sites"]
                          if s["function"] == "flushAppendOnlyFile" and s["call"] == "fdatasync"][0]')
calls=$(json report.json '[s["calls"] for s in d["processes"][0]["sites"] if s["id"] == "'"$site"'"][0]')
[ "$calls" -gt 100 ] || fail "$calls calls of the sync"
"$SHUNT" policy explain plan.yaml "$site" synced >said || fail "$(cat said)"
grep -q 'in place: "flushAppendOnlyFile-fdatasync" stands at 0%' said || fail "$(cat said)"

# raised: exactly that site changes
sed 's/rollout: 0%/rollout: 25%/; /state: found/d' plan.yaml >raised.yaml
"$SHUNT" policy diff plan.yaml raised.yaml synced >said
[ $? -eq 1 ] || fail "nothing changes: $(cat said)"
rules=$(grep -c 'rollout: 25%' raised.yaml)
grep -q "^$rules of " said || fail "not as many sites as rules: $(cat said)"
"$SHUNT" policy explain raised.yaml "$site" synced | grep -q '^SO  all pool 25% by time' ||
  fail "$("$SHUNT" policy explain raised.yaml "$site" synced)"

# the gate, and the ledger
"$SHUNT" gate --write-baseline known.json quiet >/dev/null || fail "no baseline"
"$SHUNT" gate --baseline known.json --json synced >gate.json
[ $? -eq 1 ] || fail "a new sync passes"
found=$(json gate.json '[f["site"]["id"] for f in d["findings"] if f["class"] == "new"]')
[[ $found == *$site* ]] || fail "new: $found"
sed 's/rollout: 0%/rollout: 0%/; s/state: found/state: closed/' plan.yaml >closed.yaml
"$SHUNT" gate --policy closed.yaml synced >said && fail "what is closed came back, and passes"
grep -q "^BACK .*flushAppendOnlyFile" said || fail "$(cat said)"
"$SHUNT" progress --json --policy raised.yaml quiet synced >progress.json
[ "$(json progress.json 'd["states"]["canary"]')" -eq "$rules" ] || fail "$(cat progress.json)"
json progress.json '"'"$site"'" in d["recordings"][1]["sites_that_need_work"]' | grep -q True ||
  fail "the site needs no work: $(cat progress.json)"
