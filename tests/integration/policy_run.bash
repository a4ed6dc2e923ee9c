# SPDX-License-Identifier: MIT
# shunt run --policy: the rules decide the route of each call in the running process, and the report
# counts by rule; a policy that is wrong is refused before anything starts, one that is damaged on its
# way by the process itself, which then runs in place.
. "$(dirname "$0")/lib.bash"
need sqlite3
cd "$work" || exit 1

{
  echo 'create table t (n integer primary key, text);'
  for i in $(seq 50); do echo "insert into t values ($i, 'row $i');"; done
} >script.sql
cat >plan.yaml <<'P'
version: 1
pools:
  disk: { max: 2 }
rules:
  - id: journal
    match: { call: "*sync", via: "libsqlite3.so*", fd: "file:*test.db-journal" }
    route: pool
    pool: disk
  - id: syncs
    match: { call: "*sync", module: "libsqlite3.so*" }
    route: pool
    rollout: 0%
  - id: greens
    match: { call: "unlink", module: "libsqlite3.so*" }
    route: green
  - id: elsewhere
    match: { call: "write*", module: "sqlite3" }
    route: inplace
P
run() { # POLICY DIRECTORY
  rm -f test.db
  "$SHUNT" run --policy "$1" -o "$2" -- sqlite3 -init script.sql test.db .quit >said 2>&1
}
rule() { json report.json "[r for r in d['processes'][0]['policy']['rules'] if r['id'] == '$1'][0]$2"; }
routed() { json report.json "sum(s['routed']['moved'] for s in d['processes'][0]['sites'] if 'routed' in s)"; }

run plan.yaml trace || fail "status $?: $(cat said)"
proven "$work/trace"
[ "$(stat -c %a trace/policy)" = 600 ] || fail "mode $(stat -c %a trace/policy)"
[ "$(sqlite3 test.db 'select count(*) from t')" -eq 50 ] || fail "rows are missing"
"$SHUNT" report --json trace >report.json || fail "no report"
syncs=$(json report.json "sum(s['calls'] for s in d['processes'][0]['sites'] if s['call'] == 'fdatasync')")
[ "$syncs" -ge 100 ] || fail "$syncs syncs"
moved=$(rule journal "['moved']")
[ "$moved" -ge 50 ] && [ "$moved" -eq "$(rule journal "['calls']")" ] || fail "journal: $(rule journal)"
[ "$(rule syncs "['moved']")" -eq 0 ] || fail "at 0 % and moved: $(rule syncs)"
[ $((moved + $(rule syncs "['in_place']['rollout']"))) -eq "$syncs" ] || fail "not all $syncs: $(rule syncs)"
[ "$(rule greens "['in_place']['no_runtime']")" -ge 50 ] || fail "$(rule greens)"
[ "$(routed)" -eq "$moved" ] || fail "$(routed) moved by site, $moved by rule"
[ "$(json report.json "[p['name'] for p in d['processes'][0]['pools'] if p['peak']]")" = "['disk']" ] ||
  fail "pools: $(json report.json "d['processes'][0]['pools']")"
"$SHUNT" report trace >page
grep -q '^POLICY *of 4 rules' page || fail "$(cat page)"
grep -q 'journal: pool, [0-9]* moved, 0 in place' page || fail "$(cat page)"

# Children have the policy, too: one that was not compiled for is known by its modules' names.
rm -f test.db
"$SHUNT" run --policy plan.yaml -o children -- sh -c 'sqlite3 -init script.sql test.db .quit; exit 3' \
  >said 2>&1
[ $? -eq 3 ] || fail "status of a child: $(cat said)"
"$SHUNT" report --json --all children >report.json || fail "no report"
[ "$(json report.json "sum(r['moved'] for p in d['processes'] if p['name'] == 'sqlite3'
                            for r in p['policy']['rules'] if r['id'] == 'journal')")" -ge 50 ] ||
  fail "a child does not move: $(json report.json "[p.get('policy') for p in d['processes']]")"

# A program that limits its memory while it runs has as much room as bare: a small policy is small.
cat >all.yaml <<'P'
version: 1
rules:
  - id: all
    match: { call: "*" }
    route: pool
P
limited=$(find "$BUILD/tests/parity" -name '*limits_set' -type f)
"$limited" data >bare.out || fail "bare"
"$SHUNT" run --policy all.yaml -o limited -- "$limited" data >limited.out 2>said || fail "$(cat said)"
cmp -s bare.out limited.out || fail "$(diff bare.out limited.out)"

# What cannot be used is refused, and nothing starts.
refused() { # NAME SENTENCE
  run "$1" "no.$1"
  [ $? -eq 125 ] || fail "$1: not refused"
  [ ! -e test.db ] || fail "$1: it was started"
  [ ! -e "no.$1" ] || fail "$1: left a directory"
  grep -q "$2" said || fail "$1: $(cat said)"
}
sed 's/"unlink"/close/; s/route: green/route: deny/' plan.yaml >deny.yaml
refused deny.yaml 'close cannot be denied'
sed 's/    pool: disk/    deadline: 1s/' plan.yaml >late.yaml
refused late.yaml 'fsync can have no deadline'
sed 's/module: "sqlite3"/modul: sqlite3/' plan.yaml >misspelt.yaml
refused misspelt.yaml 'modul'
refused missing.yaml 'missing.yaml'

# What was damaged, or is not ours alone, is refused by the process, which says so.
in_place() { # SENTENCE
  rm -f test.db
  rm -rf bad && mkdir bad
  env SHUNT_DIR="$work/bad" SHUNT_POLICY="$work/block" LD_PRELOAD="$LIBSHUNT" \
    sqlite3 -init script.sql test.db .quit >said 2>&1 || fail "$1: $(cat said)"
  [ "$(sqlite3 test.db 'select count(*) from t')" -eq 50 ] || fail "$1: rows are missing"
  "$SHUNT" report --json bad >report.json || fail "no report"
  [ "$(json report.json "'routed' in d['processes'][0]")" = False ] || fail "$1: routed"
  grep -q "the policy .*$1" report.json || fail "gaps: $(grep -i gap report.json), not: $1"
}
cp trace/policy block
printf x | dd of=block bs=1 seek=200 conv=notrunc status=none
in_place 'every call runs in place'
cp trace/policy block
printf '\x63' | dd of=block bs=1 seek=8 conv=notrunc status=none
in_place 'compiled by another version'
cp trace/policy block && chmod 666 block
in_place 'written to by others'
cp trace/policy block && chmod 600 block && mv block real && ln -s real block
in_place 'cannot be read'
rm block && : >block
in_place 'every call runs in place'
if [ "$(id -u)" -eq 0 ]; then
  cp trace/policy block && chown 12345 block
  in_place 'another user'
fi

# ... until it is given a right one.
: >block && chmod 600 block
chown "$(id -u)" block
cat >reads.yaml <<'P'
version: 1
rules:
  - id: reads
    match: { call: pread, module: policy_stress }
    route: pool
P
rm -rf bad && mkdir bad
env SHUNT_DIR="$work/bad" SHUNT_POLICY="$work/block" LD_PRELOAD="$LIBSHUNT" \
  "$PROGRAMS/policy_stress" bytes stop >said 2>&1 &
servers+=($!)
wait_for 20 test -s bytes
"$SHUNT" policy apply reads.yaml bad >applied 2>&1 || fail "$(cat applied)"
moves() { "$SHUNT" policy status bad | grep -q 'reads: pool, [1-9]'; }
wait_for 20 moves || fail "it is not mended: $(cat applied; "$SHUNT" policy status bad)"
: >stop
wait "${servers[-1]}" || fail "a read went wrong"
